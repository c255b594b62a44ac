using System.Text;
using System.Text.RegularExpressions;
using MailSanitizer.Mail;
using MailSanitizer.Reception;
using MailSanitizer.Reinjection;

namespace MailSanitizer.Fuzz;

/// <summary>What the next hop answers, and what we send it.</summary>
public static partial class ReinjectionFuzz
{
    public static FuzzTarget Reply { get; } = new("reinjection-reply", [.. new[] { "250-a\r\n250-SIZE 1\r\n250 XFORWARD NAME\r\n", "550 5.1.1 no\r\n", "421 4.3.2 x\n" }.Select(Encoding.UTF8.GetBytes)], input =>
    {
        List<SmtpReply> whole = ReadAll(input, input.Length);
        List<SmtpReply> pieces = ReadAll(input, 1);
        if (!whole.SequenceEqual(pieces)) throw new InvalidOperationException("other replies in pieces");
        foreach (SmtpReply reply in whole)
        {
            if (reply.Code is < 200 or > 599) throw new InvalidOperationException($"code {reply.Code}");
            if (reply.Text.Any(one => one is not '\n' && one is < ' ' or > '~')) throw new InvalidOperationException("unsafe text");
            HopExtensions.Read(reply);
        }
    });

    public static FuzzTarget Stuffing { get; } = new("reinjection-stuffing", [.. new[] { "a\r\n.b\r\n..\r\n", "\n.\r\n", "x\r.x\n.", ".\r\n.\r\n", "" }.Select(Encoding.UTF8.GetBytes)], input =>
    {
        DotStuffer stuffer = new();
        Random random = new(input.Length);
        MemoryStream sent = new();
        byte[] buffer = new byte[64];
        for (int at = 0; at < input.Length && !stuffer.WouldEndEarly;)
        {
            int length = random.Next(1, Math.Min(8, input.Length - at) + 1);
            sent.Write(buffer, 0, stuffer.Write(input.AsSpan(at, length), buffer));
            at += length;
        }

        byte[] end = stuffer.WouldEndEarly ? [] : stuffer.Finish().ToArray();
        string text = "\r\n" + Encoding.Latin1.GetString(sent.ToArray());
        // However lenient the server: the only end that it can see is the one at the end.
        if (stuffer.WouldEndEarly)
        {
            if (AnyEnd().IsMatch(text)) throw new InvalidOperationException("an end got out");
            return;
        }

        text += Encoding.Latin1.GetString(end);
        if (AnyEnd().Match(text).Index != text.Length - 4) throw new InvalidOperationException("an end within");
        Collector back = new();
        if (!new DataReader().Read(Encoding.Latin1.GetBytes(text[2..]), back, out int consumed) || consumed != text.Length - 2) throw new InvalidOperationException("no end");
        string content = Encoding.Latin1.GetString(input);
        if (content.Length > 0 && !content.EndsWith("\r\n", StringComparison.Ordinal)) content += "\r\n";
        if (back.Text != content) throw new InvalidOperationException("other content");
    });

    [GeneratedRegex(@"[\r\n]\.[\r\n]", RegexOptions.NonBacktracking)]
    private static partial Regex AnyEnd();

    private static List<SmtpReply> ReadAll(byte[] input, int piece)
    {
        ReplyParser parser = new();
        List<SmtpReply> replies = [];
        for (int at = 0; at < input.Length && !parser.IsBroken;)
        {
            SmtpReply? reply = parser.Read(input.AsSpan(at, Math.Min(piece, input.Length - at)), out int consumed);
            at += consumed;
            if (reply is not null) replies.Add(reply);
        }

        return replies;
    }

    private sealed class Collector : IDataSink
    {
        private readonly StringBuilder _text = new();

        public string Text => _text.ToString();

        public void Write(ReadOnlySpan<byte> bytes) => _text.Append(Encoding.Latin1.GetString(bytes));
    }
}
