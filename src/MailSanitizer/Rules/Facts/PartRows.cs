using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Rules.Facts;

/// <summary>Facts of one part.</summary>
internal static class PartRows
{
    // PartFact's texts are cut there: a cut name may have lost the extension that Windows goes by.
    private static readonly int CutAt = Limits.Default.FactText;

    public static IReadOnlyList<Fact> All { get; } =
    [
        new("part.path", FactType.Text, FactScope.Part, "Where the part lies: 1.2/report.zip/inner.doc.")
        {
            Example = "part.path: { glob: \"*/*.zip/*\" }",
            Read = (view, _) => Values.One(view.Part!.Path),
        },
        new("part.name", FactType.Text, FactScope.Part, "Every name of the part: file name, name parameter, every RFC 2231 and archive variant.")
        {
            Trust = FactTrust.Claimed,
            Example = "part.name: { regex: \"invoice[-_ ]?[0-9]{3,}\" }",
            Read = (view, _) => Names(view.Part!, name => name),
        },
        new("part.extension", FactType.Text, FactScope.Part, "What stands behind the last dot of each name, without trailing dots and spaces, lower case; a name without a dot has none.")
        {
            Trust = FactTrust.Claimed,
            Example = "part.extension: [exe, scr, js]",
            Read = (view, _) => Names(view.Part!, Extension),
        },
        new("part.declared-type", FactType.Text, FactScope.Part, "Media type that the sender declared.")
        {
            Trust = FactTrust.Claimed,
            Example = "part.declared-type: application/octet-stream",
            Read = (view, _) => Values.One(view.Part!.DeclaredType?.ToLowerInvariant()),
        },
        new("part.format", FactType.Text, FactScope.Part, "Format by content: an id of the table of formats.")
        {
            Example = "part.format: pdf",
            Read = (view, _) => Values.One(view.Part!.Format),
        },
        new("part.formats", FactType.Text, FactScope.Part, "Every format that the part is by content, by any name or by declaration.")
        {
            Trust = FactTrust.Claimed,
            Example = "part.formats: [docm, xlsm]",
            Read = (view, _) => Values.Many(view.Part!.Formats.Count > 0 ? view.Part!.Formats : [view.Part!.Format]),
        },
        new("part.size", FactType.Size, FactScope.Part, "Bytes.")
        {
            Example = "part.size: { between: [1KB, 10MB] }",
            Read = (view, _) => Values.One(view.Part!.Size),
        },
        new("part.depth", FactType.Number, FactScope.Part, "Containers above the part.")
        {
            Example = "part.depth: { over: 3 }",
            Read = (view, _) => Values.One(view.Part!.Depth),
        },
        new("part.sha256", FactType.Hash, FactScope.Part, "SHA-256 of its bytes.")
        {
            Example = "part.sha256: { list: known-bad-files }",
            Read = (view, _) => Values.One(view.Part!.Sha256),
        },
        new("part.encrypted", FactType.Flag, FactScope.Part, "A lock stood on it or on one of its members, opened or not.")
        {
            Example = "part.encrypted: true",
            Read = (view, _) => Values.One(view.Part!.Encrypted),
        },
        new("part.opened-with", FactType.Text, FactScope.Part, "Where the password came from that opened it (message, rule, correspondence, operator); missing when nothing was opened.")
        {
            Example = "part.opened-with: { contains: correspondence }",
            Read = (view, _) => Values.One(view.Part!.OpenedWith),
        },
        new("part.is-body", FactType.Flag, FactScope.Part, "A body that a mail reader shows.")
        {
            Example = "part.is-body: true",
            Read = (view, _) => Values.One(view.Part!.IsBody),
        },
        new("part.is-attachment", FactType.Flag, FactScope.Part, "A part that the message carries itself, neither body nor multipart; members of containers are none.")
        {
            Example = "part.is-attachment: true",
            Read = (view, _) => Values.One(IsAttachment(view.Index, view.Part!)),
        },
        new("part.container", FactType.Text, FactScope.Part, "Format of each container above it, the message included.")
        {
            Example = "part.container: [zip, 7z]",
            Read = (view, _) => Values.Many(view.Index.ContainersOf(view.Part!).Select(container => container.Format)),
        },
        new("part.finding", FactType.Finding, FactScope.Part, "Each finding on the part. A rule that names kinds here, and hits, decides those findings instead of their floor.")
        {
            Example = "part.finding: [vba-project, xlm-macro]",
            Read = (view, _) => [.. view.Index.FindingsOf(view.Part!).Select(Finding)],
        },
        new("part.scan", FactType.Scan, FactScope.Part, "Each engine's word on the part.")
        {
            Example = "part.scan: { engine: clamd, outcome: infected, name: { prefix: \"Heuristics.\" } }",
            Read = (view, _) => [.. view.Index.ScansOf(view.Part!).Select(Scan)],
        },
        new("part.sandbox", FactType.Scan, FactScope.Part, "Verdict of a sandbox on the part; missing without one.")
        {
            Example = "part.sandbox: { outcome: infected }",
            Read = (view, _) => [.. view.Index.SandboxOf(view.Part!).Select(Scan)],
        },
        new("part.link", FactType.Link, FactScope.Part, "Each link of the part that a reader can follow.")
        {
            Trust = FactTrust.Claimed,
            Example = "part.link: { mismatch: true }",
            Read = (view, _) => [.. view.Index.LinksOf(view.Part!).Select(Link)],
        },
    ];

    public static FactValue Finding(FindingFact finding) => new($"{finding.Kind}{(finding.Location.Length > 0 ? $" at {finding.Location}" : "")}") { Item = finding };

    public static FactValue Scan(ScanFact scan) => new($"{scan.Engine} {scan.Outcome} {scan.Name}".TrimEnd()) { Item = scan };

    public static FactValue Link(LinkFact link) => new(link.Url) { Item = link, IsUnclear = link.Url.Length >= CutAt };

    /// <summary>Carried by the message itself, neither body nor multipart.</summary>
    public static bool IsAttachment(MessageIndex index, PartFact part)
    {
        if (part.Path.Length == 0 || part.IsBody || part.AlternativeReading || IsMultipart(part)) return false;
        return index.ContainersOf(part).All(container => container.Path.Length == 0 || IsMultipart(container));
    }

    private static bool IsMultipart(PartFact part) => part.DeclaredType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) is true;

    private static IReadOnlyList<FactValue> Names(PartFact part, Func<string, string?> read)
    {
        IReadOnlyList<string> names = part.Names.Count > 0 ? part.Names : part.Name.Length > 0 ? [part.Name] : [];
        List<FactValue> values = [];
        foreach (string name in names)
        {
            if (read(name) is { } text) values.Add(new FactValue(text) { IsUnclear = name.Length >= CutAt });
        }

        return values;
    }

    // Windows drops trailing dots and spaces: "run.exe . " is run.exe.
    private static string? Extension(string name)
    {
        string trimmed = name.TrimEnd('.', ' ');
        int dot = trimmed.LastIndexOf('.');
        return dot >= 0 && dot + 1 < trimmed.Length && trimmed.IndexOfAny(['/', '\\'], dot) < 0 ? trimmed[(dot + 1)..].ToLowerInvariant() : null;
    }
}
