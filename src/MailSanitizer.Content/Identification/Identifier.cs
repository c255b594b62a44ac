using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Identification;

/// <summary>What a part is.</summary>
/// <param name="Format">By content; <c>unknown</c> when nothing fits.</param>
/// <param name="Formats">By content, any name and declared type together.</param>
/// <param name="Findings">Kind and detail: mismatch, double extension, polyglot, …</param>
public sealed record Identified(string Format, IReadOnlySet<string> Formats, IReadOnlyList<(FindingKind Kind, string Detail)> Findings);

/// <summary>Tells the formats of a part from its content, its names and its declared type.</summary>
public static class Identifier
{
    private const int Head = 64 * 1024;
    private const string Unknown = "unknown";

    /// <summary>Identifies; reads a bounded number of bytes at the beginning and the end (of ZIP and compound files the directory).</summary>
    public static Identified Identify(ChildDescription description, PartBytes bytes, Limits limits)
    {
        List<(FindingKind, string)> findings = [];
        List<FileFormat> named = [.. description.Names.SelectMany(name => NameKinds.Of(name.Text)).DistinctBy(format => format.Id)];
        List<FileFormat> declared = description.DeclaredType is { } type ? [.. FormatTable.OfMediaType(type)] : [];
        foreach (PartName name in description.Names)
        {
            if (NameKinds.IsDouble(name.Text)) findings.Add((IdentificationFindings.DoubleExtension, name.Text));
            if (name.Text.Any(IsBidi)) findings.Add((IdentificationFindings.Bidi, name.Text));
        }

        bool plainText = description.IsBody || (named.Count > 0 && named.TrueForAll(format => format.IsPassive && FormatTable.Is(format.Id, "text")));
        List<string> content = Content(bytes, limits, scripts: !plainText, findings);
        if (description.IsBody) content = Body(content, declared);
        return Join(content, named, declared, findings, description);
    }

    private static bool IsBidi(char c) => c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    // A body is shown as what it is declared as; only markup and things that are no text at all are told from its content.
    private static List<string> Body(List<string> content, List<FileFormat> declared)
    {
        if (content.Count != 1 || !FormatTable.Is(content[0], "text")) return content;
        return declared.Exists(format => FormatTable.Is(format.Id, "html")) ? ["html"] : declared.Exists(format => FormatTable.Is(format.Id, content[0])) || content[0] is "html" ? content : ["txt"];
    }

    private static Identified Join(List<string> content, List<FileFormat> named, List<FileFormat> declared, List<(FindingKind, string)> findings, ChildDescription description)
    {
        HashSet<string> all = new(content, StringComparer.Ordinal);
        FileFormat? main = FormatTable.Find(content[0]);
        List<string> misfits = [];
        foreach (FileFormat claimed in named.Concat(declared))
        {
            all.Add(claimed.Id);
            if (main is not null && main.Id != "empty" && !content.Exists(id => FormatTable.Find(id) is { } format && Reconciliation.Fits(format, claimed))) misfits.Add(claimed.Id);
        }

        // An extension can stand for several formats (.ts, .pot): one that fits is enough. So can a media type.
        misfits.RemoveAll(id => Siblings(id, named, declared).Exists(other => !misfits.Contains(other)));
        if (misfits.Count > 0) findings.Add((IdentificationFindings.Mismatch, $"content {content[0]}, claimed {string.Join(", ", misfits.Distinct())}"));
        if (content[0] == Unknown && !description.IsBody && !named.Concat(declared).Any(format => !format.IsPassive)) findings.Add((IdentificationFindings.Unknown, ""));

        // What is only a step to something more special says nothing of its own.
        all.RemoveWhere(id => (id is "txt" or "text" && all.Any(other => other != id && FormatTable.Is(other, "text") && other is not ("txt" or "text")))
            || (id is Unknown or "ole2" or "opc" or "ooxml" or "odf" or "riff" or "iso-media" && all.Any(other => other != id && (id == Unknown || FormatTable.Is(other, id)))));
        return new Identified(content[0], all, findings);
    }

    private static List<string> Siblings(string id, List<FileFormat> named, List<FileFormat> declared)
    {
        FileFormat format = FormatTable.Find(id)!;
        return [.. (named.Contains(format) ? named : declared).Where(other => other.Id != id && (other.Extensions.Intersect(format.Extensions).Any() || other.MediaTypes.Intersect(format.MediaTypes).Any())).Select(other => other.Id)];
    }

    private static List<string> Content(PartBytes bytes, Limits limits, bool scripts, List<(FindingKind, string)> findings)
    {
        if (bytes.Length == 0) return ["empty"];
        byte[] buffer = new byte[(int)Math.Min(Head, bytes.Length)];
        ReadOnlySpan<byte> head = buffer.AsSpan(0, bytes.Read(0, buffer));
        List<string> found = Primary(head, bytes, limits, scripts);
        Second(found, head, bytes, limits, findings);
        return found;
    }

    private static List<string> Primary(ReadOnlySpan<byte> head, PartBytes bytes, Limits limits, bool scripts)
    {
        if (head.StartsWith("PK"u8) && ZipReader.Read(bytes, limits) is { } zip) return ContainerKinds.OfZip(zip, limits);
        if (CfbFile.IsCfb(bytes)) return CfbFile.Open(bytes, limits, out _) is { } cfb ? ContainerKinds.OfCfb(cfb) : ["ole2"];
        if (Signatures.Match(head, bytes.Length) is { } signed) return [signed switch { "bplist" => Bplist(head), "cab" => BinaryKinds.Cabinet(head), "xar" => BinaryKinds.Xar(head), _ => signed }];
        if (DerKinds.Match(head) is { } der) return [der];
        if (head.StartsWith("%PDF-"u8) || head.StartsWith("%FDF-"u8)) return ["pdf"];
        if (BinaryKinds.Match(head, bytes) is { } structured) return [structured];
        string? text = TextKinds.Decode(head);
        if (head[..Math.Min(head.Length, 1_024)].IndexOf("%PDF-"u8) is > 0 && (text is null || HasPdfEnd(bytes))) return ["pdf"];
        if (head[..Math.Min(head.Length, 1_024)].IndexOf(" 0 obj"u8) > 0 && HasPdfEnd(bytes)) return ["pdf"];
        if (text is not null) return [TextKinds.Match(text, scripts)];
        return PgpKinds.IsBinary(head, bytes.Length) ? ["pgp-message"] : [Unknown];
    }

    private static string Bplist(ReadOnlySpan<byte> head) => head.IndexOf("URL"u8) >= 0 && head.Length < 4_096 ? "webloc" : "bplist";

    // Other formats that the same bytes are.
    private static void Second(List<string> found, ReadOnlySpan<byte> head, PartBytes bytes, Limits limits, List<(FindingKind, string)> findings)
    {
        string main = found[0];
        bool program = FormatTable.Find(main) is { Family: "program" };
        if (program && Embedded(bytes, limits) is { } archive)
        {
            found.Add(archive);
            findings.Add((IdentificationFindings.SelfExtracting, archive));
        }

        List<string> others = [];
        if (!FormatTable.Is(main, "zip") && !found.Contains("zip") && main is not "crx" && !head.StartsWith("PK"u8) && EndsAsZip(bytes, limits) is { } zip)
        {
            if (zip.Find("__main__.py") is not null)
            {
                found.Add("pyz");
            }
            else if (program)
            {
                found.Add("zip");
                findings.Add((IdentificationFindings.SelfExtracting, "zip"));
            }
            else
            {
                others.Add("zip");
            }
        }

        if (main != "pdf" && !IsText(main) && main is not (Unknown or "ps") && head[..Math.Min(head.Length, 1_024)].IndexOf("%PDF-"u8) >= 0 && HasPdfEnd(bytes)) others.Add("pdf");
        if (main is not ("iso" or "udf" or Unknown) && FormatTable.Find(main)?.Family != "disk-image" && IsIso(bytes)) others.Add("iso");
        if (main != "tar" && FormatTable.Find(main) is { Family: "image" or "program" or "document" } && head.Length >= 512 && BinaryKinds.Match(head[..512], bytes) == "tar") others.Add("tar");
        if (main is "gif" or "bmp" or "jpeg" or "png" && head[..Math.Min(head.Length, 512)].IndexOf("<script"u8) >= 0) others.Add("html");
        foreach (string other in others)
        {
            found.Add(other);
            findings.Add((IdentificationFindings.Polyglot, $"{main} and {other}"));
        }
    }

    private static bool IsText(string id) => id == "txt" || FormatTable.Is(id, "text");

    private static bool IsIso(PartBytes bytes)
    {
        Span<byte> mark = stackalloc byte[5];
        return bytes.Length > 34_816 && bytes.Read(32_769, mark) == 5 && mark.SequenceEqual("CD001"u8);
    }

    private static bool HasPdfEnd(PartBytes bytes)
    {
        byte[] tail = new byte[(int)Math.Min(2_048, bytes.Length)];
        int got = bytes.Read(bytes.Length - tail.Length, tail);
        return tail.AsSpan(0, got).IndexOf("startxref"u8) >= 0 || tail.AsSpan(0, got).IndexOf("%%EOF"u8) >= 0;
    }

    // Documents hold packages whose end records stand somewhere inside; two formats at once is only what ends as a ZIP does.
    private static ZipContents? EndsAsZip(PartBytes bytes, Limits limits)
    {
        byte[] tail = new byte[(int)Math.Min(66_000, bytes.Length)];
        int got = bytes.Read(bytes.Length - tail.Length, tail);
        int at = tail.AsSpan(0, got).LastIndexOf("PK\u0005\u0006"u8);
        if (at < 0 || at + 22 > got) return null;
        int end = at + 22 + BitConverter.ToUInt16(tail, at + 20);
        if (end > got || tail.AsSpan(end, got - end).ContainsAnyExcept((byte)0, (byte)'\r', (byte)'\n') || got - end > 64) return null;
        return ZipReader.Read(bytes, limits) is { Entries.Count: > 0 } zip && zip.Entries.Any(entry => entry.Local is not null) ? zip : null;
    }

    // A self-extracting program carries its archive behind the code; 8 MB are more than any stub.
    private static string? Embedded(PartBytes bytes, Limits limits)
    {
        _ = limits;
        byte[] window = new byte[256 * 1024];
        long most = Math.Min(bytes.Length, 8L * 1024 * 1024);
        for (long at = 0; at < most; at += window.Length - 16)
        {
            int got = bytes.Read(at, window);
            ReadOnlySpan<byte> span = window.AsSpan(0, got);
            if (span.IndexOf<byte>([0x52, 0x61, 0x72, 0x21, 0x1A, 0x07, 0x00]) >= 0 || span.IndexOf<byte>([0x52, 0x61, 0x72, 0x21, 0x1A, 0x07, 0x01, 0x00]) >= 0) return "rar";
            if (span.IndexOf<byte>([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0x00]) >= 0) return "7z";
            int cab = span.IndexOf<byte>([(byte)'M', (byte)'S', (byte)'C', (byte)'F', 0, 0, 0, 0]);
            if (cab >= 0 && cab + 28 <= got && span[cab + 25] == 1 && span[cab + 24] == 3) return "cab";
            if (got < window.Length) break;
        }

        return null;
    }
}
