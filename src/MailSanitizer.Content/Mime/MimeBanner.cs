using System.Globalization;
using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Mime;

/// <summary>Puts a banner on top of a body, in the body's own charset where that can express it.</summary>
internal static class MimeBanner
{
    /// <summary>The new body, and the charset it is in now (null: as it was). Null when there is no place for a banner.</summary>
    public static (byte[] Content, string? Charset)? Apply(byte[] content, string? charset, bool isHtml, IReadOnlyList<Banner> banners, string lineEnd)
    {
        Encoding? encoding = charset is null ? Encoding.ASCII : Charset.Find(charset);
        bool ascii = encoding is not null && encoding.CodePage is not (1200 or 1201 or 12000 or 12001 or 65000 or 52936);
        if (isHtml)
        {
            // Any charset that contains ASCII can express any character in HTML: by number.
            if (!ascii) return Convert(content, charset, text => Insert(text, Html(banners, lineEnd)));
            int place = PlaceInHtml(content);
            return ([.. content.AsSpan(0, place), .. Encoding.ASCII.GetBytes(Html(banners, lineEnd)), .. content.AsSpan(place)], null);
        }

        string plain = string.Concat(banners.Select(banner => Lines(banner.Plain, lineEnd))) + lineEnd;
        int mark = content is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        if (ascii && Charset.CanExpress(encoding!, plain))
            return ([.. content.AsSpan(0, mark), .. InLines(encoding!, plain), .. content.AsSpan(mark)], null);
        return Convert(content, charset, text => plain + text);
    }

    // ISO-2022-JP returns to ASCII at the end of every line (RFC 1468): each line is encoded on its own.
    private static byte[] InLines(Encoding encoding, string text)
    {
        List<byte> bytes = [];
        int at = 0;
        while (at < text.Length)
        {
            int end = text.IndexOf('\n', at);
            int stop = end < 0 ? text.Length : end + 1;
            int breakLength = end < 0 ? 0 : end > at && text[end - 1] == '\r' ? 2 : 1;
            bytes.AddRange(encoding.GetBytes(text[at..(stop - breakLength)]));
            bytes.AddRange(Encoding.ASCII.GetBytes(text[(stop - breakLength)..stop]));
            at = stop;
        }

        return [.. bytes];
    }

    private static (byte[] Content, string? Charset) Convert(byte[] content, string? charset, Func<string, string> change)
    {
        string text = Charset.Decode(charset, content).TrimStart('\uFEFF');
        return (Charset.Utf8.GetBytes(change(text)), "utf-8");
    }

    private static string Lines(string text, string lineEnd) => text.ReplaceLineEndings("\n").TrimEnd('\n').Replace("\n", lineEnd, StringComparison.Ordinal) + lineEnd;

    private static string Html(IReadOnlyList<Banner> banners, string lineEnd)
    {
        StringBuilder text = new();
        foreach (Rune rune in string.Concat(banners.Select(banner => Lines(banner.Html, lineEnd))).EnumerateRunes())
        {
            if (rune.IsAscii) text.Append((char)rune.Value);
            else text.Append("&#").Append(rune.Value.ToString(CultureInfo.InvariantCulture)).Append(';');
        }

        return text.ToString();
    }

    private static string Insert(string text, string banner)
    {
        int place = PlaceInHtml(Encoding.Latin1.GetBytes(text));
        return string.Concat(text.AsSpan(0, place), banner, text.AsSpan(place));
    }

    /// <summary>Behind the body's start tag; without one, behind mark, doctype and comments at the top. Bytes in ISO-2022 double-byte mode are no markup.</summary>
    internal static int PlaceInHtml(ReadOnlySpan<byte> html)
    {
        int top = html is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        bool beginning = true;
        bool doubleByte = false;
        for (int at = top; at < html.Length;)
        {
            byte one = html[at];
            if (one == 0x1B && at + 2 < html.Length)
            {
                doubleByte = html[at + 1] == '$';
                at += 3;
                continue;
            }

            if (doubleByte || one != '<')
            {
                if (beginning && one > ' ') beginning = false;
                at++;
                continue;
            }

            ReadOnlySpan<byte> tag = html[at..];
            int end = tag.StartsWith("<!--"u8) ? After(tag, "-->"u8) : EndOfTag(tag);
            bool head = tag.StartsWith("<!"u8) || tag.StartsWith("<?"u8) || IsTag(tag, "html"u8);
            if (IsTag(tag, "body"u8)) return at + end;

            // A script or style in the head may hold what looks like a tag.
            if (IsTag(tag, "script"u8)) end = After(tag, "</script"u8);
            else if (IsTag(tag, "style"u8)) end = After(tag, "</style"u8);
            else if (IsTag(tag, "title"u8)) end = After(tag, "</title"u8);
            at += Math.Max(1, end);
            if (!head) beginning = false;
            if (beginning) top = at;
        }

        return Math.Min(top, html.Length);
    }

    private static bool IsTag(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> name) =>
        tag.Length > name.Length + 1 && Ascii.EqualsIgnoreCase(tag.Slice(1, name.Length), name) && tag[name.Length + 1] is (byte)'>' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'/';

    private static int After(ReadOnlySpan<byte> text, ReadOnlySpan<byte> what)
    {
        for (int at = 0; at + what.Length <= text.Length; at++)
        {
            int next = text[at..].IndexOf(what[0]);
            if (next < 0) break;
            at += next;
            if (at + what.Length <= text.Length && Ascii.EqualsIgnoreCase(text.Slice(at, what.Length), what)) return at + what.Length;
        }

        return text.Length;
    }

    private static int EndOfTag(ReadOnlySpan<byte> tag)
    {
        byte quote = 0;
        for (int at = 1; at < tag.Length; at++)
        {
            byte one = tag[at];
            if (quote != 0)
            {
                if (one == quote) quote = 0;
            }
            else if (one is (byte)'"' or (byte)'\'')
            {
                quote = one;
            }
            else if (one == '>')
            {
                return at + 1;
            }
        }

        return tag.Length;
    }
}
