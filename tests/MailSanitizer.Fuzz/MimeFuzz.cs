using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.Charsets;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Content.Mime;

namespace MailSanitizer.Fuzz;

/// <summary>Messages and what stands in them: never an exception, never bytes lost.</summary>
public static class MimeFuzz
{
    private static readonly Limits Small = Limits.Default with { Depth = 6, Parts = 200, MimeDepth = 12 };

    private static readonly PartWalker Walker = new([new MimeHandler()], new NoScratch());

    private static readonly byte[][] Messages =
    [
        Bytes("From: a@b.example\r\nSubject: =?UTF-8?B?5pel?= =?iso-2022-jp?B?GyRCRnwbKEI=?=\r\nContent-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\npreamble\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nbody\r\n--b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename*0*=UTF-8''%E6%97; filename*1*=%A5.pdf\r\n\r\nJVBERi0xLjQ=\r\n--b--\r\nepilogue\r\n"),
        Bytes("Content-Type: multipart/signed; boundary=o; micalg=x\n\n--o\nContent-Type: multipart/alternative; boundary=oo\n\n--oo\nContent-Type: text/html; charset=shift_jis\nContent-Transfer-Encoding: quoted-printable\n\n<meta charset=3Dutf-8>=93=FA\n--oo--\n--o\nContent-Type: application/pgp-signature\n\nx\n--o--\n"),
        Bytes("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=c\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n--c\r\n\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n--c--\r\n"),
        Bytes("Subject: x\r\nno field\r\n \r\nContent-Type : text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD!RA==\r\nQQ\r\n"),
    ];

    /// <summary>Header blocks, with everything that is read of a field.</summary>
    public static FuzzTarget HeaderFields { get; } = new("header-fields", [.. Messages, Bytes("To: Group: a@b.example, \"x, y\" <c@d.example>;, <@r:e@f>\r\n (comment (nested)) g@h\r\n\r\n")], input =>
    {
        HeaderBlock block = HeaderBlock.Read(input, Limits.Default);
        if (block.BodyOffset > input.Length || block.FieldsEnd > input.Length) throw new InvalidOperationException("outside the input");
        int at = 0;
        foreach (HeaderField field in block.Fields)
        {
            if (field.Offset < at) throw new InvalidOperationException("fields overlap");
            at = field.Offset + field.Raw.Length;
            _ = field.Text + field.Value + field.Name;
            AddressList list = AddressList.Read(field.RawValue.Span, Limits.Default);
            if (list.Addresses.Any(address => address.Domain.Any(char.IsWhiteSpace)) && !list.IsOdd) throw new InvalidOperationException("a blank in a domain is not odd");
            ParameterField parameters = ParameterField.Read(field.RawValue.Span, Limits.Default);
            _ = parameters.Names("filename").Count + parameters.Names("name").Count;
        }

        using MemoryStream stream = new(input);
        if (HeaderBlock.Read(stream, Limits.Default).BodyOffset != block.BodyOffset) throw new InvalidOperationException("stream and bytes differ");
    });

    /// <summary>RFC 2047 and RFC 2231 names.</summary>
    public static FuzzTarget Names { get; } = new("mime-names", [Bytes("attachment; filename*0*=iso-2022-jp'ja'%1B$BF|; filename*1=x; name=\"=?utf-8?Q?a=20b?= =?utf-8?B?5pel?=\"; filename=\"\\\"\"")], input =>
    {
        ParameterField field = ParameterField.Read(input, Limits.Default);
        foreach (FieldParameter parameter in field.Parameters) _ = field.Get(parameter.Name);
        string text = EncodedWords.Decode(input, Limits.Default);
        string written = EncodedWords.Encode(text);
        if (written.Replace("\r\n ", "", StringComparison.Ordinal).AsSpan().IndexOfAny('\r', '\n') >= 0) throw new InvalidOperationException("a line end got out");
    });

    /// <summary>Charsets by any name, over any bytes.</summary>
    public static FuzzTarget Charsets { get; } = new("charsets", [Bytes("\u001b$(QF|\u001b(B"), Bytes("\u0093\u00fa\u0096{"), Bytes("utf-8")], input =>
    {
        string name = input.Length == 0 ? "" : new[] { "iso-2022-jp", "shift_jis", "euc-jp", "utf-8", "gb18030", "big5", "hz-gb-2312", "euc-kr", "utf-16", Encoding.Latin1.GetString(input) }[input[0] % 10];
        _ = Charset.Find(Encoding.Latin1.GetString(input));
        string text = Charset.Decode(name, input);
        _ = NameCharset.Decode(input);
        if (Charset.Find(name) is { } encoding) _ = Charset.CanExpress(encoding, text);
    });

    /// <summary>A walk: facts, never an exception; rebuilt without treatments, the same bytes.</summary>
    public static FuzzTarget Walk { get; } = new("mime-walk", Messages, input =>
    {
        Sink sink = new();
        Walker.Walk(new MemoryPartBytes(input), new WalkJob { Limits = Small }, sink);
        if (sink.Findings.Any(finding => finding.Kind == WalkFindings.ParseError.Id)) throw new InvalidOperationException("a parse error: " + sink.Findings.First(finding => finding.Kind == WalkFindings.ParseError.Id));
        Output output = new(input);
        RebuildReport report = Walker.Rebuild(new MemoryPartBytes(input), new RebuildJob { Limits = Small }, output);
        if (report.Failure is not null || !output.Bytes.AsSpan().SequenceEqual(input)) throw new InvalidOperationException("not the same bytes");
    });

    /// <summary>A splice: any part replaced, the others stay, and what was written has no active disagreement at that part.</summary>
    public static FuzzTarget Splice { get; } = new("mime-splice", Messages, input =>
    {
        Sink before = new();
        Walker.Walk(new MemoryPartBytes(input), new WalkJob { Limits = Small }, before);
        List<PartFact> leaves = [.. before.Parts.Where(part => part.Parent == "" && !part.AlternativeReading)];
        if (leaves.Count == 0) return;
        PartFact leaf = leaves[input.Length % leaves.Count];
        Output output = new(input);
        RebuildReport report = Walker.Rebuild(new MemoryPartBytes(input), new RebuildJob { Limits = Small, Treatments = [new Treatment(leaf.Path, leaf.Sha256, TreatmentKind.Replace) { Notice = "taken out", NoticeName = "n.txt" }] }, output);
        if (report.Failure is not null) throw new InvalidOperationException(report.Failure);
        bool special = before.Findings.Any(finding => FindingKinds.Find(finding.Kind)!.Class is FindingClass.Ambiguous or FindingClass.Limit) || before.Findings.Any(finding => finding.Kind is "signed-message" or "mime-unclosed");
        if (special || leaf.Path.Contains("amble", StringComparison.Ordinal) || leaf.Path.Contains("epilogue", StringComparison.Ordinal)) return;
        Sink after = new();
        Walker.Walk(new MemoryPartBytes(output.Bytes), new WalkJob { Limits = Small }, after);
        string index = leaf.Path.Split('/')[0];
        IEnumerable<string> Rest(Sink sink) => sink.Parts.Where(part => part.Path.Length > 0 && part.Path.Split('/')[0] != index && !part.AlternativeReading).Select(part => part.Sha256);
        if (!Rest(before).SequenceEqual(Rest(after))) throw new InvalidOperationException($"another part changed when {leaf.Path} was replaced");
    });

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private sealed class NoScratch : IScratch
    {
        public FileStream CreateUnlinked() => throw new IOException("no scratch in fuzzing");
    }

    private sealed class Sink : IWalkSink
    {
        public List<PartFact> Parts { get; } = [];

        public List<FindingFact> Findings { get; } = [];

        public void Part(PartFact fact) => Parts.Add(fact);

        public void Finding(FindingFact fact) => Findings.Add(fact);

        public void Candidate(CandidateFact fact)
        {
        }

        public void Link(LinkFact fact)
        {
        }

        public void Leaf(string path, string sha256, string view, PartBytes bytes)
        {
            byte[] all = bytes.ToArray(int.MaxValue)!;
            if (Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(all)) != sha256) throw new InvalidOperationException("hash and bytes differ");
        }
    }

    private sealed class Output(byte[] source) : IPartOutput
    {
        private readonly MemoryStream _written = new();

        public byte[] Bytes => _written.ToArray();

        public void Copy(long offset, long length) => _written.Write(source, (int)offset, (int)length);

        public void Write(ReadOnlySpan<byte> bytes) => _written.Write(bytes);
    }
}
