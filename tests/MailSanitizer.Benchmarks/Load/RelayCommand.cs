using System.Net;
using System.Net.Sockets;
using System.Text;
using MailSanitizer.Scanning;

namespace MailSanitizer.Benchmarks.Load;

/// <summary>
/// <c>relay</c>: what is left of the work when nothing has to be understood. Takes a mail over SMTP, sends its leaves (which it knows beforehand) to clamd, hands the
/// mail on, answers. The measure of how much of the machine the filter itself takes.
/// </summary>
public static class RelayCommand
{
    private const int ScansAtOnce = 4;

    /// <summary>Serves until it is killed.</summary>
    public static async Task<int> RunAsync(RunPlace place)
    {
        Dictionary<string, LoadMail> mails = LoadMail.Kinds.SelectMany(LoadMail.Of).ToDictionary(mail => $"{mail.Kind}-{mail.Number}", StringComparer.Ordinal);
        if (!ClamdAddress.TryParse("unix:" + place.Text("clamd"), out ClamdAddress? clamd, out string wrong)) throw new ArgumentException(wrong);
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, place.Relay));
        listener.Listen(256);
        Console.WriteLine("ready");
        while (true)
        {
            Socket socket = await listener.AcceptAsync();
            socket.NoDelay = true;
            _ = ServeAsync(socket, place.NextHop, clamd!, mails);
        }
    }

    private static async Task ServeAsync(Socket socket, int nextHop, ClamdAddress clamd, Dictionary<string, LoadMail> mails)
    {
        try
        {
            using NetworkStream stream = new(socket, ownsSocket: true);
            using MailClient onward = await MailClient.ConnectAsync(nextHop, "EHLO");
            WireLines lines = new(stream);
            await stream.WriteAsync("220 relay.example ESMTP\r\n"u8.ToArray());
            while (await lines.LineAsync() is { } line)
            {
                switch (line.Split(' ', 2)[0].ToUpperInvariant())
                {
                    case "EHLO": await stream.WriteAsync("250-relay.example\r\n250 PIPELINING\r\n"u8.ToArray()); break;
                    case "DATA":
                        await stream.WriteAsync("354 go on\r\n"u8.ToArray());
                        ReadOnlyMemory<byte> content = await lines.ContentAsync();
                        await ScanAsync(mails[NameOf(content.Span)], clamd);
                        string reply = await onward.SendAsync("MAIL FROM:<alice@sender.example>\r\nRCPT TO:<bob@rcpt.example>\r\n", content);
                        await stream.WriteAsync(Encoding.ASCII.GetBytes(reply + "\r\n"));
                        break;
                    case "QUIT": return;
                    default: await stream.WriteAsync("250 ok\r\n"u8.ToArray()); break;
                }
            }
        }
        catch (IOException)
        {
            // The load ended and closed.
        }
    }

    private static Task ScanAsync(LoadMail mail, ClamdAddress clamd) =>
        Parallel.ForEachAsync(mail.Leaves, new ParallelOptions { MaxDegreeOfParallelism = ScansAtOnce }, async (leaf, cancellation) =>
        {
            string reply = await ClamdConnection.InstreamAsync(clamd, new MemoryStream(leaf), cancellation);
            if (!reply.EndsWith("OK", StringComparison.Ordinal)) throw new InvalidDataException(reply);
        });

    private static string NameOf(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> rest = content[(content.IndexOf(Encoding.ASCII.GetBytes("\r\n" + LoadMail.Field)) + 2 + LoadMail.Field.Length)..];
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)'\r')]);
    }

    /// <summary>Lines and dot-ended content from one connection.</summary>
    private sealed class WireLines(NetworkStream stream)
    {
        private byte[] _buffer = new byte[256 * 1024];
        private int _start;
        private int _end;

        public async Task<string?> LineAsync()
        {
            while (true)
            {
                int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
                if (length >= 0)
                {
                    string line = Encoding.ASCII.GetString(_buffer, _start, length).TrimEnd('\r');
                    _start += length + 1;
                    return line;
                }

                if (!await FillAsync()) return null;
            }
        }

        /// <summary>With its final dot, as it came over the wire.</summary>
        public async Task<ReadOnlyMemory<byte>> ContentAsync()
        {
            int looked = _start;
            while (true)
            {
                int at = _buffer.AsSpan(looked, _end - looked).IndexOf("\r\n.\r\n"u8);
                if (at >= 0)
                {
                    int end = looked + at + 5;
                    byte[] content = _buffer[_start..end];
                    _start = end;
                    return content;
                }

                int before = _start;
                looked = Math.Max(_start, _end - 4);
                if (!await FillAsync()) throw new IOException("closed in mid-content");
                looked -= before - _start;
            }
        }

        private async Task<bool> FillAsync()
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }

            if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            int got = await stream.ReadAsync(_buffer.AsMemory(_end));
            _end += got;
            return got > 0;
        }
    }
}
