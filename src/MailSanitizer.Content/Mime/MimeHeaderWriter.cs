using System.Globalization;
using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Content.Mime;

/// <summary>What an entity's header is to say about its content from now on.</summary>
internal sealed record MimeContentFields(string Type, IReadOnlyList<KeyValuePair<string, string>> Parameters)
{
    public MimeEncoding Encoding { get; init; }

    public bool EightBit { get; init; }

    /// <summary>Null: no Content-Disposition.</summary>
    public string? Disposition { get; init; }

    /// <summary>Null or empty: no name.</summary>
    public string? Name { get; init; }

    /// <summary>Another thing stands here now: fields that describe the old one go.</summary>
    public bool IsNotice { get; init; }
}

/// <summary>
/// Writes the header of one entity anew: the content fields from what is known, each once; every other field byte for byte. All that a stranger chose is
/// written as a token, a quoted string or RFC 2231, so that it cannot begin a field or a parameter.
/// </summary>
internal static class MimeHeaderWriter
{
    private static readonly string[] Rewritten = ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-MD5", "Content-Length", "Content-Encoding", "Lines"];
    private static readonly string[] OfTheOldContent = ["Content-ID", "Content-Description", "Content-Location", "Content-Features", "Content-Class", "X-Attachment-Id"];

    public static void Write(MimeEntity entity, MimeContentFields fields, string lineEnd, IPartOutput output)
    {
        bool written = false;
        foreach (HeaderField field in entity.Header.Fields)
        {
            bool goes = Rewritten.Any(field.Is) || (fields.IsNotice && OfTheOldContent.Any(field.Is));
            if (!goes)
            {
                output.Copy(entity.Start + field.Offset, field.Raw.Length);
                if (field.Raw.Span is not [.., (byte)'\n']) output.Write(Encoding.ASCII.GetBytes(lineEnd));
                continue;
            }

            if (!written && field.Is("Content-Type")) written = Emit();
        }

        if (!written) Emit();
        output.Write(Encoding.ASCII.GetBytes(lineEnd));

        bool Emit()
        {
            output.Write(Encoding.ASCII.GetBytes(Text(entity, fields, lineEnd)));
            return true;
        }
    }

    /// <summary>The content fields as text, each ended by a line end.</summary>
    public static string Text(MimeEntity entity, MimeContentFields fields, string lineEnd)
    {
        StringBuilder text = new();
        bool isMessage = entity.Parent is null;
        if (isMessage && entity.Header.First("MIME-Version") is null) text.Append("MIME-Version: 1.0").Append(lineEnd);
        text.Append("Content-Type: ").Append(fields.Type);
        foreach ((string name, string value) in fields.Parameters) Parameter(text, name, value, lineEnd);
        if (fields.Name is { Length: > 0 } shown) Parameter(text, "name", shown, lineEnd, encodedWord: true);
        text.Append(lineEnd);
        if (fields.Encoding is not MimeEncoding.Identity || fields.EightBit || entity.Header.First("Content-Transfer-Encoding") is not null)
            text.Append("Content-Transfer-Encoding: ").Append(MimeEncoder.Word(fields.Encoding, fields.EightBit)).Append(lineEnd);
        if (fields.Disposition is { } disposition)
        {
            text.Append("Content-Disposition: ").Append(disposition);
            if (fields.Name is { Length: > 0 } name) Parameter(text, "filename", name, lineEnd);
            text.Append(lineEnd);
        }

        return text.ToString();
    }

    private static void Parameter(StringBuilder text, string name, string value, string lineEnd, bool encodedWord = false)
    {
        value = string.Concat(value.Where(character => !char.IsControl(character))).Trim();
        if (value.Length > 255) value = value[..255];
        text.Append(';').Append(lineEnd).Append(' ');
        bool ascii = value.All(character => character is >= ' ' and < (char)127);
        if (ascii && value.Length <= 200)
        {
            text.Append(name).Append("=\"").Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
            return;
        }

        if (encodedWord)
        {
            // Against RFC 2047 5, and what every reader that does not know RFC 2231 needs for the name parameter.
            text.Append(name).Append("=\"").Append(EncodedWords.Encode(value, lineEnd)).Append('"');
            return;
        }

        StringBuilder percent = new();
        List<string> pieces = [];
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in value.EnumerateRunes())
        {
            int length = rune.EncodeToUtf8(utf8);
            StringBuilder one = new();
            foreach (byte unit in utf8[..length])
            {
                if (char.IsAsciiLetterOrDigit((char)unit) || unit is (byte)'.' or (byte)'-' or (byte)'_') one.Append((char)unit);
                else one.Append('%').Append(unit.ToString("X2", CultureInfo.InvariantCulture));
            }

            if (percent.Length + one.Length > 180)
            {
                pieces.Add(percent.ToString());
                percent.Clear();
            }

            percent.Append(one);
        }

        pieces.Add(percent.ToString());
        if (pieces.Count == 1)
        {
            text.Append(name).Append("*=UTF-8''").Append(pieces[0]);
            return;
        }

        for (int index = 0; index < pieces.Count; index++)
        {
            if (index > 0) text.Append(';').Append(lineEnd).Append(' ');
            text.Append(name).Append('*').Append(index.ToString(CultureInfo.InvariantCulture)).Append("*=").Append(index == 0 ? "UTF-8''" : "").Append(pieces[index]);
        }
    }
}
