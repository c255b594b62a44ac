namespace MailSanitizer.Content.Identification;

/// <summary>One row of the format table.</summary>
/// <param name="Id">Stable id, used by handlers, rules and reports; mostly the usual extension.</param>
/// <param name="Family">What it is for: <c>document</c>, <c>spreadsheet</c>, <c>presentation</c>, <c>text</c>, <c>web</c>, <c>image</c>, <c>audio</c>, <c>video</c>, <c>archive</c>, <c>disk-image</c>, <c>message</c>,
/// <c>calendar</c>, <c>program</c>, <c>installer</c>, <c>script</c>, <c>shortcut</c>, <c>help</c>, <c>macro-only</c>, <c>font</c>, <c>drawing</c>, <c>database</c>, <c>crypto</c>, <c>package</c>, <c>other</c>.</param>
/// <param name="Bases">Formats that every file of this one also is (<c>docx</c> is a <c>zip</c>).</param>
/// <param name="MediaTypes">Media types that declare it, lower case.</param>
/// <param name="Extensions">Extensions that name it, lower case, without the dot.</param>
/// <param name="IsPassive">True when nothing in such a file can act: it needs no disarmer (DESIGN.md, "Passive formats are a list").</param>
public sealed record FileFormat(
    string Id, string Family, IReadOnlyList<string> Bases, IReadOnlyList<string> MediaTypes, IReadOnlyList<string> Extensions, bool IsPassive)
{
    /// <summary>True for what has no passive form at all: programs, scripts, shortcuts, installers, disk images, help files, macro-only formats (issue "Disarm PDF, web content", last list).</summary>
    public bool HasNoPassiveForm => Family is "program" or "installer" or "script" or "shortcut" or "disk-image" or "help" or "macro-only";
}
