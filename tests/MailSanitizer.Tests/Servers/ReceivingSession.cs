using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MailSanitizer.Tests.Servers;

/// <summary>One connection of a <see cref="ReceivingServer"/>.</summary>
internal sealed class ReceivingSession(ReceivingServer server, int number, NetworkStream stream, CancellationToken stop)
{
    private readonly byte[] _buffer = new byte[65536];
    private readonly List<string> _recipients = [];
    private readonly List<string> _recipientCommands = [];
    private readonly List<string> _xforward = [];
    private readonly StringBuilder _unsent = new();
    private int _start;
    private int _end;
    private string _hello = "";
    private string? _mail;
    private bool _lmtp;
    private Content? _chunks;

    public async Task RunAsync()
    {
        await At(Moment.Greeting);
        await Say(server.Behaviour.Greeting ?? "220 sink.test ESMTP");
        if (server.Behaviour.Greeting is ['4' or '5', ..])
        {
            await Flush();
            return;
        }

        while (await LineAsync() is { } line)
        {
            server.Note(line);
            string verb = line.Split(' ', 2)[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO" or "LHLO" or "HELO": await Hello(verb, line); break;
                case "XFORWARD": _xforward.Add(line); await Say("250 2.0.0 Ok"); break;
                case "MAIL": await Mail(line); break;
                case "RCPT": await Recipient(line); break;
                case "DATA": await Data(); break;
                case "BDAT": await Chunk(line); break;
                case "RSET": Reset(); await Say("250 2.0.0 Ok"); break;
                case "NOOP": await Say("250 2.0.0 Ok"); break;
                case "QUIT": await Say("221 2.0.0 Bye"); await Flush(); return;
                default: await Say("500 5.5.2 unknown command"); break;
            }
        }
    }

    private async Task Hello(string verb, string line)
    {
        await At(Moment.Hello);
        Reset();
        _lmtp = verb == "LHLO";
        _hello = line;
        ReceivingBehaviour behaviour = server.Behaviour;
        if (verb == "HELO") await Say("250 sink.test");
        else if (!behaviour.Extended) await Say("500 5.5.2 unknown command");
        else if (behaviour.Extensions.Count == 0) await Say("250 sink.test");
        else await Say("250-sink.test\r\n" + string.Join("\r\n", behaviour.Extensions.Select((extension, index) => $"250{(index == behaviour.Extensions.Count - 1 ? ' ' : '-')}{extension}")));
    }

    private async Task Mail(string line)
    {
        await At(Moment.Mail);
        string? reply = server.Behaviour.Mail(line);
        if (reply is null) _mail = line;
        await Say(reply ?? "250 2.1.0 Ok");
    }

    private async Task Recipient(string line)
    {
        await At(Moment.Recipient);
        int open = line.IndexOf('<');
        string address = line[(open + 1)..line.IndexOf('>', open)];
        string? reply = _mail is null ? "503 5.5.1 MAIL first" : server.Behaviour.Recipient(address);
        if (reply is null)
        {
            _recipients.Add(address);
            _recipientCommands.Add(line);
        }

        await Say(reply ?? "250 2.1.5 Ok");
    }

    private async Task Data()
    {
        await At(Moment.Data);
        if (_recipients.Count == 0 || server.Behaviour.Data is not null)
        {
            await Say(_recipients.Count == 0 ? "503 5.5.1 no recipients" : server.Behaviour.Data!);
            return;
        }

        await Say("354 go on");
        await Flush();
        Content content = new(server.Behaviour.KeepContent);
        // RFC 5321 4.5.2, as plainly as it can be said: lines end with CRLF, a single dot ends, one leading dot goes.
        bool lineStart = true;
        List<byte> line = [];
        while (true)
        {
            if (!await MoreAsync(content)) throw new IOException("closed in mid-DATA");
            while (_start < _end)
            {
                byte next = _buffer[_start++];
                line.Add(next);
                bool ended = next == '\n' && line.Count >= 2 && line[^2] == '\r';
                if (!ended && line.Count < 32768) continue;
                if (lineStart && ended && line.Count == 3 && line[0] == '.')
                {
                    await Finish(content, chunked: false);
                    return;
                }

                content.Add(lineStart && line[0] == '.' ? [.. line[1..]] : [.. line]);
                line.Clear();
                lineStart = ended;
            }
        }
    }

    private async Task Chunk(string line)
    {
        string[] words = line.Split(' ');
        long left = long.Parse(words[1], CultureInfo.InvariantCulture);
        bool last = words.Length > 2;
        Content content = _chunks ??= new Content(server.Behaviour.KeepContent);
        while (left > 0)
        {
            if (!await MoreAsync(content)) throw new IOException("closed in mid-BDAT");
            int taken = (int)Math.Min(left, _end - _start);
            content.Add(_buffer.AsSpan(_start, taken));
            _start += taken;
            left -= taken;
        }

        if (_recipients.Count == 0) await Say("503 5.5.1 no recipients");
        else if (last) await Finish(content, chunked: true);
        else await Say("250 2.0.0 chunk");
    }

    private async Task Finish(Content content, bool chunked)
    {
        await At(Moment.AfterData);
        List<string> taken = [];
        List<string> replies = [];
        foreach (string recipient in _recipients)
        {
            string? reply = server.Behaviour.Message(_lmtp ? recipient : _recipients[0]);
            if (reply is null or ['2', ..]) taken.Add(recipient);
            replies.Add(reply ?? $"250 2.0.0 taken {recipient}");
        }

        // Recorded before the reply: a client that has read the 250 may look at once.
        if (taken.Count > 0) server.Take(content.Delivered(_mail!, taken, [.. _recipientCommands], [.. _xforward], _hello, chunked, number));
        int count = _lmtp ? replies.Count : 1;
        Reset();
        for (int index = 0; index < count; index++) await Say(replies[index]);
        await Flush();
    }

    private void Reset()
    {
        _mail = null;
        _chunks = null;
        _recipients.Clear();
        _recipientCommands.Clear();
        _xforward.Clear();
    }

    private async Task At(Moment moment)
    {
        if (server.Behaviour.StallAt == moment)
        {
            await Flush();
            server.Stalled();
            await Task.Delay(Timeout.Infinite, stop);
        }

        if (server.Behaviour.CloseAt != moment) return;
        if (server.Behaviour.LastWords is { } words) await Say(words);
        await Flush();
        throw new IOException("closed on order");
    }

    private async Task<bool> MoreAsync(Content content)
    {
        if (content.Length >= server.Behaviour.MidDataAt) await At(Moment.MidData);
        if (_start < _end) return true;
        if (server.Behaviour.Slow > TimeSpan.Zero) await Task.Delay(server.Behaviour.Slow, stop);
        return await ReadAsync();
    }

    private async Task<string?> LineAsync()
    {
        List<byte> line = [];
        while (true)
        {
            if (_start == _end)
            {
                await Flush();
                if (!await ReadAsync()) return null;
            }

            byte next = _buffer[_start++];
            line.Add(next);
            if (next == '\n') return Encoding.UTF8.GetString([.. line]).TrimEnd('\r', '\n');
        }
    }

    private async Task<bool> ReadAsync()
    {
        _start = 0;
        _end = await stream.ReadAsync(_buffer, stop);
        return _end > 0;
    }

    private Task Say(string reply)
    {
        _unsent.Append(reply).Append("\r\n");
        return Task.CompletedTask;
    }

    private async Task Flush()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(_unsent.ToString());
        _unsent.Clear();
        if (!server.Behaviour.ByteByByte)
        {
            await stream.WriteAsync(bytes, stop);
            return;
        }

        foreach (byte one in bytes) await stream.WriteAsync(new[] { one }, stop);
    }

    private sealed class Content(bool keep)
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly MemoryStream _kept = new();

        public long Length { get; private set; }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            Length += bytes.Length;
            _hash.AppendData(bytes);
            if (keep) _kept.Write(bytes);
        }

        public Delivery Delivered(string mail, IReadOnlyList<string> recipients, IReadOnlyList<string> commands, IReadOnlyList<string> xforward, string hello, bool chunked, int session) =>
            new(mail, recipients, commands, xforward, hello, _kept.ToArray(), Length, Convert.ToHexStringLower(_hash.GetHashAndReset()), chunked, session);
    }
}
