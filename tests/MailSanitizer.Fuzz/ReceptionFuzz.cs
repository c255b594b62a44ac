using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Reception;
using MailSanitizer.Reception.Commands;

namespace MailSanitizer.Fuzz;

/// <summary>What a peer of Reception sends: command lines, addresses, XFORWARD, content in random pieces.</summary>
public static class ReceptionFuzz
{
    public static FuzzTarget CommandLine { get; } = new("reception-command-line",
        [.. new[] { "MAIL FROM:<a..b@docomo.ne.jp> SIZE=1 BODY=8BITMIME SMTPUTF8", "RCPT TO:<\"a b\"@[IPv6:::1]> NOTIFY=NEVER ORCPT=rfc822;a+2Bb", "mail from: <@x:a@b>", "LHLO x", "BDAT 1 LAST" }.Select(Encoding.UTF8.GetBytes)],
        input =>
        {
            if (!CommandText.TryRead(input, out string verb, out string arguments)) return;
            if (verb.Any(char.IsControl) || arguments.Any(one => char.IsControl(one) && one != '\t')) throw new InvalidOperationException("control characters came through");
            foreach (SessionState state in Enum.GetValues<SessionState>()) StateTable.Find(verb, state, out _);
            int colon = arguments.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !PathReader.TryRead(arguments[(colon + 1)..], 512, out string address, out string rest)) return;
            if (address.Any(char.IsControl) && !address.Contains('\t', StringComparison.Ordinal)) throw new InvalidOperationException("control characters in an address");
            // What we read is what the next hop will read between brackets.
            if (!PathReader.TryRead($"<{address}>", 512, out string again, out string behind) || again != address || behind.Length > 0) throw new InvalidOperationException($"{address} reads as {again} {behind}");
            ParameterReader.TryRead(rest, out _);
        });

    public static FuzzTarget ForwardCommand { get; } = new("reception-xforward",
        [.. new[] { "NAME=a.example ADDR=IPV6:2001:db8::1 PORT=1", "PROTO=ESMTP HELO=a+20b IDENT=1 SOURCE=LOCAL", "ADDR=[UNAVAILABLE]" }.Select(Encoding.UTF8.GetBytes)],
        input =>
        {
            if (!XForward.TryRead(Encoding.Latin1.GetString(input), 500, ForwardedClient.Unknown, out ForwardedClient client)) return;
            foreach (string? value in new[] { client.Name, client.Address, client.Protocol, client.Helo, client.Ident, client.Source })
            {
                if (value is null) continue;
                if (value.Any(char.IsControl)) throw new InvalidOperationException("control characters came through");
                if (!Xtext.TryDecode(Xtext.Encode(value), out string back) || back != value) throw new InvalidOperationException($"{value} is {back} after xtext");
            }
        });

    public static FuzzTarget Data { get; } = new("reception-data", [.. new[] { "a\r\n.b\r\n..\r\n.\r\n", "\n.\r\n\r.\r\r\n.\r\r\n.\r\n", ".\r\n", "\r\n.\n\r\n.\r\n" }.Select(Encoding.UTF8.GetBytes)], input =>
    {
        // The plainest reading: the text up to CRLF.CRLF, one dot less behind each CRLF.
        string text = "\r\n" + Encoding.Latin1.GetString(input);
        int end = text.IndexOf("\r\n.\r\n", StringComparison.Ordinal);
        Collector collected = new();
        DataReader reader = new();
        Random random = new(input.Length);
        bool ended = false;
        int at = 0;
        while (at < input.Length && !ended)
        {
            int length = random.Next(1, Math.Min(8, input.Length - at) + 1);
            ended = reader.Read(input.AsSpan(at, length), collected, out int consumed);
            at += consumed;
        }

        if (ended != end >= 0) throw new InvalidOperationException($"ended {ended}, should be {end}");
        if (!ended) return;
        string content = text[..(end + 2)].Replace("\r\n.", "\r\n", StringComparison.Ordinal)[2..];
        if (collected.Text != content) throw new InvalidOperationException("other content");
        if (at != end + 3) throw new InvalidOperationException($"ended at {at}, not {end + 3}");
        bool bare = content.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().IndexOfAny('\r', '\n') >= 0;
        if (reader.HasBareCrOrLf != bare) throw new InvalidOperationException($"bare is {bare}");
    });

    public static FuzzTarget Chunks { get; } = new("reception-chunks", [.. new[] { "Received: x\r\nreceived : y\r\n\r\nReceived: z\r\n", "a\rb\nc\r" }.Select(Encoding.UTF8.GetBytes)], input =>
    {
        LineEnds whole = new();
        LineEnds pieces = new();
        ReceivedCounter wholeCount = new();
        ReceivedCounter piecesCount = new();
        whole.Read(input);
        wholeCount.Read(input);
        for (int at = 0; at < input.Length; at++)
        {
            pieces.Read(input.AsSpan(at, 1));
            piecesCount.Read(input.AsSpan(at, 1));
        }

        bool bare = Encoding.Latin1.GetString(input).Replace("\r\n", "", StringComparison.Ordinal).AsSpan().IndexOfAny('\r', '\n') >= 0;
        if (whole.HasBareCrOrLf != bare || pieces.HasBareCrOrLf != bare) throw new InvalidOperationException($"bare is {bare}");
        if (wholeCount.Count != piecesCount.Count) throw new InvalidOperationException("other count in pieces");
    });

    private sealed class Collector : IDataSink
    {
        private readonly StringBuilder _text = new();

        public string Text => _text.ToString();

        public void Write(ReadOnlySpan<byte> bytes) => _text.Append(Encoding.Latin1.GetString(bytes));
    }
}
