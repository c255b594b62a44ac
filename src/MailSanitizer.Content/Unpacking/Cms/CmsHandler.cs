using System.IO.Compression;

namespace MailSanitizer.Content.Unpacking.Cms;

/// <summary>
/// CMS (RFC 5652): opaque signed content and compressed content (RFC 3274) are taken out of their wrapping and walked; what is encrypted for a key is
/// a finding. A signature beside its content holds nothing to walk. DER and BER, also as PEM or bare base64.
/// </summary>
public sealed class CmsHandler : ArchiveHandler
{
    private const string SignedData = "1.2.840.113549.1.7.2";
    private const string CompressedData = "1.2.840.113549.1.9.16.1.9";
    private static readonly string[] Encrypted = ["1.2.840.113549.1.7.3", "1.2.840.113549.1.7.6", "1.2.840.113549.1.9.16.1.23", "1.2.840.113549.1.7.4"];

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["p7m", "p7s"];

    /// <summary>The content takes the place of its wrapping: a signature over something else would be worth nothing.</summary>
    public override RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        ArchiveReading reading = new(part, context);
        foreach (ArchiveMember member in Guarded(reading))
        {
            ChildDecision decision = context.Child(member.Description, member.Open!);
            switch (decision.Kind)
            {
                case ChildDecisionKind.Keep: return RebuildOutcome.Unchanged;
                case ChildDecisionKind.Strip: return RebuildOutcome.Failed("its only content is left out");
            }

            using Stream content = decision.Content!.OpenRead();
            content.CopyTo(new PartOutputStream(output));
            bool message = member.Description.DeclaredType == "message/rfc822";
            return new RebuildOutcome(RebuildKind.Rewritten, decision.Name ?? member.Name, decision.MediaType ?? (message ? "message/rfc822" : null));
        }

        return RebuildOutcome.Unchanged;
    }

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        byte[] first = reading.Take(0, 1) ?? [];
        if (first is not [0x30])
        {
            // PEM or base64: decoded, it is a child that comes here again.
            if (CmsText.Decode(reading) is { } decoded) yield return new ArchiveMember(new ChildDescription(new PartName("derived", "smime.p7m")) { PackedSize = reading.Bytes.Length }) { Open = () => decoded };
            else throw new InvalidDataException("neither BER nor base64");
            yield break;
        }

        BerReader ber = new(reading);
        BerElement outer = ber.Read(0, reading.Bytes.Length);
        List<BerElement> info = [.. ber.Inside(outer).Take(2)];
        if (info.Count == 0) throw new InvalidDataException("an empty ContentInfo");
        string type = ber.Oid(info[0]);
        if (Extra.Find(reading.Bytes, outer.Next) is { } extra) reading.Report(ArchiveFindings.ExtraBytes, $"offset {extra}", "data behind the CMS object");
        if (Encrypted.Contains(type))
        {
            reading.Report(WalkFindings.EncryptedMessage, "", type == Encrypted[2] ? "authenticated-enveloped data" : "enveloped data");
            yield break;
        }

        if (type is not (SignedData or CompressedData) || info.Count < 2)
        {
            reading.Report(ArchiveFindings.UnsupportedArchive, "", $"content type {type}");
            yield break;
        }

        if (Encapsulated(ber, info[1]) is not { } octets) yield break;
        List<(long Offset, long Length)> ranges = ber.Octets(octets);
        Func<Stream> open = ranges is [var only] ? () => reading.Bytes.OpenRead(only.Offset, only.Length) : () => new JoinedRanges(reading.Bytes, ranges);
        if (type == CompressedData)
        {
            Func<Stream> packed = open;
            open = () => new SalvagingStream(() => new ZLibStream(packed(), CompressionMode.Decompress));
        }

        yield return new ArchiveMember(Describe(reading, open, ranges.Sum(range => range.Length))) { Open = open };
    }

    // EncapsulatedContentInfo: the first SEQUENCE that begins with an object identifier and holds [0]; null when the content stands elsewhere.
    private static BerElement? Encapsulated(BerReader ber, BerElement wrapper)
    {
        BerElement data = ber.Inside(wrapper).FirstOrDefault();
        if (data.Tag != 0x30) throw new InvalidDataException("no content where it must stand");
        foreach (BerElement field in ber.Inside(data))
        {
            if (field.Tag != 0x30) continue;
            List<BerElement> inner = [.. ber.Inside(field).Take(2)];
            if (inner is not [{ Tag: 6 }, { Tag: 0xA0 }]) continue;
            BerElement content = ber.Inside(inner[1]).FirstOrDefault();
            return (content.Tag & 0x1F) == 4 ? content : throw new InvalidDataException("a content that is no octet string");
        }

        return null;
    }

    // S/MIME wraps a MIME entity; other signed files are what their name says.
    private static ChildDescription Describe(ArchiveReading reading, Func<Stream> open, long packed)
    {
        string name = reading.Part.Name;
        bool smime = name.Length == 0 || name.StartsWith("smime", StringComparison.OrdinalIgnoreCase);
        using Stream stream = open();
        byte[] head = new byte[512];
        int got;
        try
        {
            got = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException)
        {
            got = 0;
        }

        bool entity = System.Text.Encoding.Latin1.GetString(head, 0, got).Split('\n').Take(16).Any(line => line.StartsWith("content-type:", StringComparison.OrdinalIgnoreCase));
        if (entity || smime) return new ChildDescription(new PartName("derived", "smime.eml")) { DeclaredType = "message/rfc822", PackedSize = packed };
        string inner = name.EndsWith(".p7m", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".p7s", StringComparison.OrdinalIgnoreCase) ? name[..^4] : name;
        return new ChildDescription(new PartName("derived", inner)) { PackedSize = packed };
    }
}

/// <summary>CMS in text form: PEM lines or bare base64.</summary>
internal static class CmsText
{
    private const int Max = 64 * 1024 * 1024;

    /// <summary>The decoded bytes, or null when the text is no base64.</summary>
    public static Stream? Decode(ArchiveReading reading)
    {
        if (reading.Bytes.Length > Max) return null;
        MemoryStream text = new();
        foreach (TextLine line in TextLines.From(reading.Bytes, 0))
        {
            if (line.Text.AsSpan().StartsWith("-----"u8)) continue;
            foreach (byte value in line.Text)
            {
                if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'+' or (byte)'/') text.WriteByte(value);
                else if (value is not ((byte)'=' or (byte)' ' or (byte)'\t' or (byte)'\r')) return null;
            }
        }

        if (text.Length < 16) return null;
        while (text.Length % 4 != 0) text.WriteByte(text.Length % 4 == 1 ? (byte)'A' : (byte)'=');
        byte[] decoded = new byte[text.Length];
        return System.Buffers.Text.Base64.DecodeFromUtf8(text.ToArray(), decoded, out _, out int count) == System.Buffers.OperationStatus.Done ? new MemoryStream(decoded, 0, count, writable: false) : null;
    }
}
