using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Mime;

/// <summary>What a child is to the message.</summary>
internal enum MimeRole
{
    /// <summary>A part.</summary>
    Leaf,

    /// <summary>Text in front of the first boundary.</summary>
    Preamble,

    /// <summary>Text behind the final boundary.</summary>
    Epilogue,

    /// <summary>The same bytes, read otherwise.</summary>
    Reading,
}

/// <summary>One child of a message, as walk and rebuild both see it.</summary>
internal sealed record MimeChild(MimeEntity Entity, MimeRole Role, ChildDescription Description, Func<Stream> Open)
{
    /// <summary>The decoded text when it was small enough to be decoded for its charset; saves decoding it twice.</summary>
    public byte[]? Decoded { get; init; }
}

/// <summary>Lists the children of a message in a fixed order: each part in its place, other readings behind the part they belong to.</summary>
internal sealed class MimeChildren(PartBytes message, MimeStructure structure, Limits limits, CancellationToken cancellation)
{
    // What mailers write in front of the first boundary, for readers from before MIME. Anything else there is a child of its own.
    private static readonly HashSet<string> UsualPreambles = new(StringComparer.OrdinalIgnoreCase)
    {
        "This is a multi-part message in MIME format.", "This is a multi-part message in MIME format", "This is a MIME-encapsulated message.", "This is a MIME-encapsulated message",
        "This is an OpenPGP/MIME signed message (RFC 4880 and 3156)", "This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)", "This is a cryptographically signed message in MIME format.",
        "This is an S/MIME signed message",
    };

    public IEnumerable<MimeChild> List() => Of(structure.Root);

    // An explicit stack: nesting is the sender's to choose.
    private IEnumerable<MimeChild> Of(MimeEntity root)
    {
        Stack<(MimeEntity Entity, bool Behind)> left = new([(root, false)]);
        while (left.TryPop(out (MimeEntity Entity, bool Behind) next))
        {
            cancellation.ThrowIfCancellationRequested();
            MimeEntity entity = next.Entity;
            if (next.Behind)
            {
                if (entity.EpilogueStart >= 0 && Text(entity, MimeRole.Epilogue, entity.EpilogueStart, entity.BodyEnd) is { } epilogue) yield return epilogue;
                continue;
            }

            for (int reading = entity.Readings.Count - 1; reading >= 0; reading--) left.Push((entity.Readings[reading], false));
            if (!entity.IsMultipart)
            {
                foreach (MimeChild child in Leaf(entity)) yield return child;
                continue;
            }

            if (entity.Encoding is not MimeEncoding.Identity) yield return DecodedMultipart(entity);
            if (Text(entity, MimeRole.Preamble, entity.BodyStart, entity.PreambleEnd) is { } preamble) yield return preamble;
            left.Push((entity, true));
            for (int child = entity.Children.Count - 1; child >= 0; child--) left.Push((entity.Children[child], false));
        }
    }

    private MimeChild? Text(MimeEntity entity, MimeRole role, long start, long end)
    {
        if (end <= start) return null;
        if (end - start <= 512)
        {
            byte[] text = new byte[end - start];
            _ = message.Read(start, text);
            string words = Encoding.Latin1.GetString(text).Trim();
            if (words.Length == 0 || (role is MimeRole.Preamble && UsualPreambles.Contains(words))) return null;
        }

        string segment = $"{entity.Index}.{(role is MimeRole.Preamble ? "preamble" : "epilogue")}";
        ChildDescription description = new() { Segment = segment, PackedSize = end - start, AlternativeReading = entity.IsAlternative };
        return new MimeChild(entity, role, description, () => message.OpenRead(start, end - start));
    }

    // RFC 2045 6.4 forbids it: some ignore the encoding (the main reading), some decode first. What they then see is a message of its own.
    private MimeChild DecodedMultipart(MimeEntity entity)
    {
        byte[] head = Encoding.ASCII.GetBytes("Content-Type: ");
        byte[] type = entity.Header.First("Content-Type")!.RawValue.ToArray();
        ChildDescription description = new() { Segment = entity.Index + "~decoded", DeclaredType = "message/rfc822", AlternativeReading = true };
        return new MimeChild(entity, MimeRole.Reading, description, () => new JoinedStream([new MemoryStream([.. head, .. type, .. "\r\n"u8]), Decode(entity, entity.Encoding, Base64Oddity.SkipAndEnd)]));
    }

    private MimeChild Stale(MimeEntity entity)
    {
        byte[] head = [.. "Content-Type: multipart/mixed; boundary=\""u8, .. entity.StaleBoundary.Where(one => one is not (byte)'"' and not (byte)'\\'), .. "\"\r\n\r\n"u8];
        ChildDescription description = new() { Segment = entity.Index + "~stale", DeclaredType = "message/rfc822", AlternativeReading = true };
        return new MimeChild(entity, MimeRole.Reading, description, () => new JoinedStream([new MemoryStream(head), message.OpenRead(entity.StaleStart, entity.BodyEnd - entity.StaleStart)]));
    }

    private IEnumerable<MimeChild> Leaf(MimeEntity entity)
    {
        long length = entity.BodyEnd - entity.BodyStart;
        List<ChildFinding> findings = [.. entity.Findings];
        List<MimeChild> readings = [];
        MimeEncoding encoding = entity.Encoding;
        bool attachedMessage = entity.Type is "message/rfc822" or "message/global";
        if (encoding is not MimeEncoding.Identity && attachedMessage) findings.Add(new ChildFinding(MimeFindings.EncodedMessage));
        switch (encoding)
        {
            case MimeEncoding.Base64:
                (bool foreign, bool behind, bool unpadded) = Base64Reading.Inspect(message, entity.BodyStart, length);
                if (foreign || behind || unpadded) findings.Add(new ChildFinding(MimeFindings.Base64Junk, "", foreign ? "foreign bytes" : behind ? "data behind the padding" : "no padding"));
                if (behind) readings.Add(Reading(entity, "~on", () => Decode(entity, MimeEncoding.Base64, Base64Oddity.ReadOn)));
                if (foreign) readings.Add(Reading(entity, "~stop", () => Decode(entity, MimeEncoding.Base64, Base64Oddity.Stop)));
                break;
            case MimeEncoding.QuotedPrintable:
                // In a plain body a wrong escape is a letter more or less; scripts write many, and signatures should survive them.
                bool shownText = entity.Type == "text/plain" && entity.Disposition is null && entity.ContentType?.Get("name") is null;
                if (!shownText && QuotedPrintableReading.HasJunk(message, entity.BodyStart, length)) findings.Add(new ChildFinding(MimeFindings.QuotedPrintableJunk));
                break;
            case MimeEncoding.Uuencode:
                readings.Add(Reading(entity, "~raw", () => message.OpenRead(entity.BodyStart, length)));
                break;
            default:
                if (findings.Any(finding => finding.Kind == MimeFindings.EncodingUnknown))
                {
                    readings.Add(Reading(entity, "~base64", () => Decode(entity, MimeEncoding.Base64, Base64Oddity.SkipAndEnd)));
                    readings.Add(Reading(entity, "~qp", () => Decode(entity, MimeEncoding.QuotedPrintable, Base64Oddity.SkipAndEnd)));
                }

                break;
        }

        if (entity.StaleStart >= 0) readings.Add(Stale(entity));
        if (entity.Type == "message/partial") findings.Add(new ChildFinding(MimeFindings.MessagePartial));
        if (entity.Type == "message/external-body") findings.Add(new ChildFinding(MimeFindings.ExternalBody));
        List<PartName> names = Names(entity, findings);
        bool attachment = entity.Disposition?.Value == "attachment";
        bool isText = entity.Type is "text/plain" or "text/html" or "text/enriched" or "text/richtext" or "text/x-amp-html" or "text/watch-html";
        bool isBody = isText && !attachment && (names.Count == 0 || IsFirst(entity));
        string? charset = entity.ContentType?.Get("charset");
        byte[]? decoded = null;
        if (entity.Type.StartsWith("text/", StringComparison.Ordinal))
        {
            decoded = Small(entity, encoding);
            if (decoded is not null && MimeCharsets.Check(entity.Type, charset, decoded, isWhole: true) is { } conflict) findings.Add(conflict);
            if (decoded is null && MimeCharsets.Check(entity.Type, charset, Head(entity, encoding), isWhole: false) is { } perhaps) findings.Add(perhaps);
        }

        ChildDescription description = new([.. names])
        {
            Segment = entity.Index,
            DeclaredType = entity.ContentType is null && entity.Type == "text/plain" ? null : entity.Type,
            DeclaredCharset = charset,
            IsBody = isBody,
            PackedSize = length,
            AlternativeReading = entity.IsAlternative,
            Findings = findings,
        };
        Func<Stream> open = decoded is not null
            ? () => new MemoryPartBytes(decoded).OpenRead()
            : () => Decode(entity, encoding, Base64Oddity.SkipAndEnd);
        yield return new MimeChild(entity, entity.IsAlternative ? MimeRole.Reading : MimeRole.Leaf, description, open) { Decoded = decoded };
        foreach (MimeChild reading in readings) yield return reading with { Description = reading.Description with { Names = names, DeclaredType = reading.Description.DeclaredType ?? description.DeclaredType } };
    }

    private static bool IsFirst(MimeEntity entity)
    {
        for (MimeEntity at = entity; at.Parent is { } parent; at = parent)
            if (parent.Children.Count > 0 && parent.Children[0] != at) return false;
        return true;
    }

    private MimeChild Reading(MimeEntity entity, string suffix, Func<Stream> open) =>
        new(entity, MimeRole.Reading, new ChildDescription { Segment = entity.Index + suffix, PackedSize = entity.BodyEnd - entity.BodyStart, AlternativeReading = true }, open);

    private List<PartName> Names(MimeEntity entity, List<ChildFinding> findings)
    {
        List<PartName> names = [];
        if (entity.Disposition is { } disposition) names.AddRange(disposition.Names("filename"));
        if (entity.ContentType is { } type) names.AddRange(type.Names("name"));
        if (entity.Encoding is MimeEncoding.Uuencode && UuencodeReading.NameOf(message, entity.BodyStart, entity.BodyEnd - entity.BodyStart) is { } inner)
            names.Add(new PartName("uuencode", NameCharset.Decode(inner), inner));
        names.RemoveAll(name => name.Text.Length == 0);

        // An ASCII stand-in beside the RFC 2231 form is what RFC 6266 asks for; two names with other endings are not.
        if (names.Count > 1 && names.Skip(1).Any(name => Ending(name.Text) != Ending(names[0].Text))) findings.Add(new ChildFinding(MimeFindings.NamesDiffer));
        return names;
    }

    private static string Ending(string name)
    {
        string trimmed = name.TrimEnd('.', ' ');
        int dot = trimmed.LastIndexOf('.');
        return dot < 0 ? "" : trimmed[dot..].ToLowerInvariant();
    }

    private byte[]? Small(MimeEntity entity, MimeEncoding encoding)
    {
        long length = entity.BodyEnd - entity.BodyStart;
        if (length > limits.MimeText * 2L) return null;
        using Stream stream = Decode(entity, encoding, Base64Oddity.SkipAndEnd);
        byte[] buffer = new byte[length];
        int got = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return got > limits.MimeText ? null : got == buffer.Length ? buffer : buffer[..got];
    }

    private byte[] Head(MimeEntity entity, MimeEncoding encoding)
    {
        using Stream stream = Decode(entity, encoding, Base64Oddity.SkipAndEnd);
        byte[] buffer = new byte[4_096];
        int got = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return buffer[..got];
    }

    private Stream Decode(MimeEntity entity, MimeEncoding encoding, Base64Oddity oddity)
    {
        long length = entity.BodyEnd - entity.BodyStart;
        return encoding switch
        {
            MimeEncoding.Base64 => new Base64Reading(message, entity.BodyStart, length, oddity),
            MimeEncoding.QuotedPrintable => new QuotedPrintableReading(message, entity.BodyStart, length),
            MimeEncoding.Uuencode => new UuencodeReading(message, entity.BodyStart, length),
            _ => message.OpenRead(entity.BodyStart, length),
        };
    }

    /// <summary>Several streams, one behind the other.</summary>
    private sealed class JoinedStream(Stream[] streams) : ForwardStream
    {
        private int _current;

        public override int Read(Span<byte> buffer)
        {
            while (_current < streams.Length)
            {
                int got = streams[_current].Read(buffer);
                if (got > 0) return got;
                _current++;
            }

            return 0;
        }

        protected override void Dispose(bool disposing)
        {
            foreach (Stream stream in streams) stream.Dispose();
            base.Dispose(disposing);
        }
    }
}
