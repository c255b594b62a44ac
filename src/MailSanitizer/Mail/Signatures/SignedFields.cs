using System.Buffers;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Mail.Signatures;

/// <summary>Which fields of a message an h= list means (RFC 6376 5.4.2): each name takes the lowest instance that is left; a name without one stands for nothing.</summary>
public static class SignedFields
{
    /// <summary>Writes the fields in their canonical form, in the order of the list.</summary>
    public static void Write(IBufferWriter<byte> to, MessageHeader header, IEnumerable<string> names, CanonicalForm form)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(names);
        Dictionary<string, int> used = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, List<HeaderField>> fields = new(StringComparer.OrdinalIgnoreCase);
        foreach (HeaderField field in header.Fields)
        {
            if (!fields.TryGetValue(field.Name, out List<HeaderField>? all)) fields[field.Name] = all = [];
            all.Add(field);
        }

        foreach (string name in names)
        {
            if (!fields.TryGetValue(name, out List<HeaderField>? all)) continue;
            int taken = used.GetValueOrDefault(name);
            if (taken >= all.Count) continue;
            used[name] = taken + 1;
            CanonicalHeader.Write(to, form, all[all.Count - 1 - taken]);
        }
    }

    /// <summary>Writes the signature's own field: the value of b= taken out with all blanks around it (RFC 6376 3.7), without the line end.</summary>
    public static void WriteSignature(IBufferWriter<byte> to, HeaderField signature, TagList tags, CanonicalForm form)
    {
        ArgumentNullException.ThrowIfNull(signature);
        ArgumentNullException.ThrowIfNull(tags);
        int valueStart = signature.Raw.Length - signature.RawValue.Length;
        byte[] raw = signature.Raw.ToArray();
        if (tags.Place("b") is { } place)
        {
            int from = valueStart + place.Start;
            raw = [.. raw[..from], .. raw[(from + place.Length)..]];
        }

        ArrayBufferWriter<byte> field = new(raw.Length + 2);
        CanonicalHeader.Write(field, form, raw, signature.Name.Length, valueStart);
        ReadOnlySpan<byte> written = field.WrittenSpan;
        to.Write(written.EndsWith("\r\n"u8) ? written[..^2] : written);
    }
}
