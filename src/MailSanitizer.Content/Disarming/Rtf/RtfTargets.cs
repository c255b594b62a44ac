using System.Buffers;
using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Rtf;

namespace MailSanitizer.Content.Disarming.Rtf;

/// <summary>Paths and links as RTF writes them.</summary>
internal static class RtfTargets
{
    private static readonly SearchValues<char> InPaths = SearchValues.Create("/\\:%\uFFFC\uFFFF");

    /// <summary>True for a link that opens a web page, a mail or a place in the document. A path without a scheme is a file beside the document, not one of these.</summary>
    public static bool IsPassive(string target) => !target.AsSpan().ContainsAny(RtfText.Cut, RtfText.InnerField) && FieldInstruction.MayLink(target);

    /// <summary>True for a name that is looked for in the reader's own folders (<c>Normal.dotm</c>): no path, no drive, no scheme.</summary>
    public static bool IsBareName(string target) => !target.AsSpan().ContainsAny(InPaths);

    /// <summary>True for what is loaded from the network or by a scheme; a path on the writer's own disk is a mere name.</summary>
    public static bool IsElsewhere(string target) =>
        target.Contains(RtfText.Cut, StringComparison.Ordinal) || target.Contains("//", StringComparison.Ordinal) || target.Contains(@"\\", StringComparison.Ordinal)
        || UrlJudge.Judge(target) is { Kind: not (UrlKind.Empty or UrlKind.Relative), Scheme.Length: > 1 };
}
