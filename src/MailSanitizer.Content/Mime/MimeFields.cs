using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Content.Mime;

/// <summary>Reads what an entity's header says about its content, and notes where readers could read it differently.</summary>
internal static class MimeFields
{
    // Bytes behind the end of a header in which further content fields are looked for. What stands farther off is closed by the empty line that we write.
    private const int JunkSeen = 4 * 1024;

    private static readonly string[] ContentFields = ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-Encoding", "MIME-Version"];

    public static void Read(MimeEntity entity, MimeWindow window, Limits limits, MimeReading? reading)
    {
        HeaderBlock header = entity.Header;
        if (header.End is HeaderEnd.Limit) entity.Find(MimeFindings.HeaderOverLimit, "");
        HeaderField? type = reading?.ContentType ?? Only(entity, "Content-Type", field => new MimeReading("type") { ContentType = field });
        HeaderField? encoding = Only(entity, "Content-Transfer-Encoding", field => new MimeReading("encoding") { Encoding = EncodingOf(field.Value, out _) });
        HeaderField? disposition = Only(entity, "Content-Disposition", null);
        if (type is not null)
        {
            ParameterField parsed = ParameterField.Read(type.RawValue.Span, limits);
            entity.ContentType = parsed;
            Judge(entity, parsed, "Content-Type");
            bool valid = parsed.Value.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && slash < parsed.Value.Length - 1 && parsed.Value.Length <= 255
                && !parsed.Value.Any(character => character <= ' ' || character >= (char)127 || character is '"' or '<' or '>');
            if (valid) entity.Type = parsed.Value;
            else if (parsed.Value.Length > 0 && parsed.Value is not ("text" or "plain" or "html")) entity.Find(MimeFindings.OddParameter, "Content-Type without a type");
        }
        else if (entity.Parent?.Type == "multipart/digest")
        {
            // RFC 2046 5.1.5: inside a digest the default is a message.
            entity.Type = "message/rfc822";
        }

        if (disposition is not null)
        {
            entity.Disposition = ParameterField.Read(disposition.RawValue.Span, limits);
            Judge(entity, entity.Disposition, "Content-Disposition");
        }

        if (encoding is not null)
        {
            entity.Encoding = EncodingOf(encoding.Value, out bool known);
            if (!known) entity.Find(MimeFindings.EncodingUnknown, Short(encoding.Value));
        }

        if (reading?.Encoding is { } other) entity.Encoding = other;
        if (header.First("Content-Encoding") is { } stacked && stacked.Value.Trim().ToLowerInvariant() is not ("" or "7bit" or "8bit" or "binary" or "identity" or "none" or "base64" or "quoted-printable"))
            entity.Find(MimeFindings.ContentEncoding, Short(stacked.Value));
        foreach (HeaderField field in header.Fields)
        {
            // A bare CR ends a line for some readers (Python): every field behind it can be body there.
            if (HasBareCr(field.Raw.Span)) entity.Find(MimeFindings.HeaderAmbiguous, "bare CR");
            if (!field.Name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)) continue;
            if (field.HasBlankBeforeColon || field.Raw.Span.IndexOf((byte)0) >= 0) entity.Find(MimeFindings.HeaderAmbiguous, field.Name);
        }

        if (header.BlankLine >= 0 && reading is null && header.Fields.Any(field => field.Offset > header.BlankLine && ContentFields.Any(field.Is)))
        {
            entity.Find(MimeFindings.HeaderAmbiguous, "content fields behind a line of blanks");
            entity.OtherReadings.Add(new MimeReading("blank") { EndAtBlankLine = true });
        }

        if (header.End is HeaderEnd.NotAField) Junk(entity, window, limits, reading);
    }

    private static HeaderField? Only(MimeEntity entity, string name, Func<HeaderField, MimeReading>? other)
    {
        IReadOnlyList<HeaderField> all = entity.Header.All(name);
        if (all.Count <= 1) return all.Count == 0 ? null : all[0];
        string first = Normal(all[0].Value);
        bool differ = false;
        foreach (HeaderField field in all.Skip(1))
        {
            if (Normal(field.Value) == first) continue;
            differ = true;
            if (other is not null && entity.OtherReadings.Count < 4) entity.OtherReadings.Add(other(field));
        }

        entity.Find(differ ? MimeFindings.DuplicateField : MimeFindings.RepeatedField, name);
        return all[0];
    }

    private static string Normal(string value) => string.Concat(value.Where(character => !char.IsWhiteSpace(character) && character != '"')).TrimEnd(';').ToLowerInvariant();

    private static void Judge(MimeEntity entity, ParameterField field, string name)
    {
        if (field.IsCut) entity.Find(MimeFindings.HeaderOverLimit, name);
        if (field.IsOdd) entity.Find(field.Value.StartsWith("multipart/", StringComparison.Ordinal) ? MimeFindings.Boundary : MimeFindings.OddParameter, name);
        if (field.Contradicts("boundary")) entity.Find(MimeFindings.Boundary, "two boundary parameters");
        if (field.Contradicts("charset")) entity.Find(MimeFindings.OddParameter, "two charset parameters");
    }

    /// <summary>The reading of a Content-Transfer-Encoding value. Unknown words are read as no encoding.</summary>
    public static MimeEncoding EncodingOf(string value, out bool known)
    {
        string word = value.Trim().Trim('"', ';').ToLowerInvariant();
        int comment = word.IndexOfAny(['(', ';', ' ', '\t']);
        bool plain = comment < 0;
        if (!plain) word = word[..comment].TrimEnd();
        known = true;
        switch (word)
        {
            case "base64":
                known = plain;
                return MimeEncoding.Base64;
            case "quoted-printable":
                known = plain;
                return MimeEncoding.QuotedPrintable;
            case "x-uuencode" or "uuencode" or "x-uue" or "uue":
                return MimeEncoding.Uuencode;
            case "" or "7bit" or "8bit" or "binary" or "7-bit" or "8-bit" or "7bits" or "8bits" or "none" or "ascii" or "us-ascii" or "utf-8" or "text" or "plain":
                return MimeEncoding.Identity;
            default:
                known = false;
                return MimeEncoding.Identity;
        }
    }

    // The header ends at a line that is no field. What others, who skip the line, would read then decides whether that matters.
    private static void Junk(MimeEntity entity, MimeWindow window, Limits limits, MimeReading? reading)
    {
        if (reading is not null) return;
        ReadOnlyMemory<byte> bytes = window.Keep(entity.Start, Math.Min(limits.HeaderBytes, entity.Header.BodyOffset + JunkSeen));
        HeaderBlock skipping = HeaderBlock.Read(bytes, limits, isBoundary: line => line.Span.StartsWith("--"u8), skipJunk: true);
        bool matters = ContentFields.Any(name => skipping.All(name).Count != entity.Header.All(name).Count);
        if (!matters)
        {
            entity.Find(MimeFindings.HeaderWithoutEnd, "");
            return;
        }

        entity.Find(MimeFindings.HeaderAmbiguous, "content fields behind a line that is no field");
        entity.OtherReadings.Add(new MimeReading("header") { SkipJunk = true });
    }

    private static bool HasBareCr(ReadOnlySpan<byte> raw)
    {
        for (int at; (at = raw.IndexOf((byte)'\r')) >= 0; raw = raw[(at + 1)..])
            if (at + 1 >= raw.Length || raw[at + 1] != '\n') return true;
        return false;
    }

    internal static string Short(string value)
    {
        StringBuilder text = new(64);
        foreach (char character in value)
        {
            if (text.Length >= 60) break;
            text.Append(char.IsControl(character) ? '?' : character);
        }

        return text.ToString();
    }
}
