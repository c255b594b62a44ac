using System.Text;
using CsCheck;

namespace MailSanitizer.Content.Tests.Mime;

/// <summary>Generated messages: nested, with all encodings, both line ends, and the sloppiness that mailers have.</summary>
public static class MimeMessages
{
    public static Gen<byte[]> Gen { get; } = CsCheck.Gen.Select(CsCheck.Gen.Int[0, int.MaxValue], CsCheck.Gen.Bool, Make);

    public static byte[] Make(int seed, bool crlf)
    {
        Random random = new(seed);
        StringBuilder text = new("From: a@b.example\nSubject: =?UTF-8?B?5pel?=\n");
        Entity(text, random, 0);
        return Encoding.Latin1.GetBytes(crlf ? text.ToString().Replace("\n", "\r\n", StringComparison.Ordinal) : text.ToString());
    }

    private static void Entity(StringBuilder text, Random random, int depth)
    {
        if (depth < 4 && random.Next(5) < (depth == 0 ? 4 : 1)) Multipart(text, random, depth);
        else Leaf(text, random, depth);
    }

    private static void Multipart(StringBuilder text, Random random, int depth)
    {
        string boundary = "b" + depth + (random.Next(4) == 0 ? "" : "_" + random.Next(1000));
        text.Append("Content-Type: multipart/").Append(random.Next(2) == 0 ? "mixed" : "alternative").Append("; boundary=\"").Append(boundary).Append("\"\n\n");
        if (random.Next(3) == 0) text.Append("preamble\n");
        int parts = random.Next(1, 4);
        for (int part = 0; part < parts; part++)
        {
            text.Append("\n--").Append(boundary).Append(random.Next(6) == 0 ? " \t\n" : "\n");
            if (random.Next(12) == 0) continue;
            Entity(text, random, depth + 1);
        }

        if (random.Next(10) != 0) text.Append("\n--").Append(boundary).Append("--\n");
        if (random.Next(4) == 0) text.Append("epilogue\n");
    }

    private static void Leaf(StringBuilder text, Random random, int depth)
    {
        byte[] content = new byte[random.Next(0, 200)];
        random.NextBytes(content);
        string type = new[] { "text/plain", "text/html; charset=utf-8", "application/octet-stream", "image/png", "message/rfc822" }[random.Next(5)];
        if (random.Next(8) != 0) text.Append("Content-Type: ").Append(type).Append(random.Next(3) == 0 ? ";\n name=\"a b.bin\"" : "").Append('\n');
        if (type == "message/rfc822" && depth < 3)
        {
            text.Append('\n');
            text.Append("Subject: inner\n");
            Entity(text, random, depth + 1);
            return;
        }

        switch (random.Next(3))
        {
            case 0:
                text.Append("Content-Transfer-Encoding: base64\n\n").Append(Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks).Replace("\r\n", "\n", StringComparison.Ordinal));
                break;
            case 1:
                text.Append("Content-Transfer-Encoding: quoted-printable\n\n").Append(string.Concat(content.Select(one => one is >= 48 and < 91 and not 61 ? ((char)one).ToString() : "=" + one.ToString("X2"))));
                break;
            default:
                text.Append(random.Next(5) == 0 ? "" : "\n").Append("plain text\n-- \nwith lines");
                break;
        }

        if (random.Next(2) == 0) text.Append('\n');
    }
}
