using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Reinjection;

/// <summary>
/// Reads replies (RFC 5321 4.2) in whatever pieces they come. Strict where a lenient reader would be led astray: three digits of 2 to 5, one code for all
/// lines, bounded lines. A reply that breaks this is <see cref="IsBroken"/>, and the connection is of no more use.
/// </summary>
internal sealed class ReplyParser
{
    private const int LongestLine = 4_096;
    private const int MostLines = 128;
    private readonly byte[] _line = new byte[LongestLine];
    private readonly StringBuilder _text = new();
    private int _length;
    private int _lines;
    private int _code;
    private string _enhanced = "";

    /// <summary>What came is no reply.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Reads on; the reply once its last line is there, else null. <paramref name="consumed"/> ends with that line.</summary>
    public SmtpReply? Read(ReadOnlySpan<byte> input, out int consumed)
    {
        for (consumed = 0; consumed < input.Length && !IsBroken;)
        {
            byte one = input[consumed++];
            if (one != '\n')
            {
                if (_length == LongestLine) IsBroken = true;
                else _line[_length++] = one;
                continue;
            }

            ReadOnlySpan<byte> line = _line.AsSpan(0, _length);
            _length = 0;
            if (!line.IsEmpty && line[^1] == '\r') line = line[..^1];
            if (Line(line) is { } reply) return reply;
        }

        return null;
    }

    private SmtpReply? Line(ReadOnlySpan<byte> line)
    {
        if (++_lines > MostLines || !TryCode(line, out int code) || (_lines > 1 && code != _code))
        {
            IsBroken = true;
            return null;
        }

        _code = code;
        ReadOnlySpan<byte> text = line.Length > 4 ? line[4..] : [];
        int enhanced = EnhancedLength(text, line[0]);
        if (enhanced > 0)
        {
            if (_lines == 1) _enhanced = Encoding.ASCII.GetString(text[..enhanced]);
            text = text[Math.Min(text.Length, enhanced + 1)..];
        }

        if (_lines > 1) _text.Append('\n');
        _text.Append(Encoding.Latin1.GetString(text));
        if (line.Length > 3 && line[3] == '-') return null;
        SmtpReply reply = new(_code, _enhanced, ReplyText.Safe(_text.ToString()));
        _text.Clear();
        _lines = 0;
        _enhanced = "";
        return reply;
    }

    private static bool TryCode(ReadOnlySpan<byte> line, out int code)
    {
        code = 0;
        if (line.Length < 3 || line[0] is < (byte)'2' or > (byte)'5' || line[1] is < (byte)'0' or > (byte)'9' || line[2] is < (byte)'0' or > (byte)'9') return false;
        code = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + (line[2] - '0');
        return line.Length == 3 || line[3] is (byte)' ' or (byte)'-';
    }

    /// <summary>RFC 3463 2: class, one to three digits, one to three digits; its class must be the code's (RFC 2034 4).</summary>
    private static int EnhancedLength(ReadOnlySpan<byte> text, byte first)
    {
        if (text.Length < 5 || text[0] != first || text[1] != '.' || first == '3') return 0;
        int at = 2;
        for (int group = 0; group < 2; group++)
        {
            int digits = 0;
            while (at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9')
            {
                at++;
                digits++;
            }

            if (digits is 0 or > 3) return 0;
            if (group == 1) break;
            if (at == text.Length || text[at++] != '.') return 0;
        }

        return at == text.Length || text[at] == ' ' ? at : 0;
    }
}
