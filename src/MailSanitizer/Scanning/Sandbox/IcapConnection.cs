using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Scanning.Sandbox;

/// <summary>
/// One connection to an ICAP service (RFC 3507), used for one request after the other while the service keeps it. Its replies are a stranger's bytes: lines and bodies are
/// bounded, and a returned body is hashed and thrown away.
/// </summary>
internal sealed class IcapConnection : IAsyncDisposable
{
    // A line of a head (bytes); a service that sends longer ones is none.
    private const int LineAtMost = 16 * 1024;
    private const int ChunkSize = 64 * 1024;

    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    private IcapConnection(Stream stream) => _stream = stream;

    /// <summary>True while the next request may be sent on it.</summary>
    public bool IsUsable { get; private set; } = true;

    public static async Task<IcapConnection> ConnectAsync(IcapAddress address, CancellationToken cancellation)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellation);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (address.Tls)
            {
                SslStream tls = new(stream);
                stream = tls;
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = address.Host }, cancellation);
            }

            return new IcapConnection(stream);
        }
        catch
        {
            if (stream is not null) await stream.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks what the service does.</summary>
    public async Task<IcapHead> OptionsAsync(IcapAddress address, CancellationToken cancellation)
    {
        await WriteAsync($"OPTIONS {address.Url} ICAP/1.0\r\nHost: {address.HostHeader}\r\nEncapsulated: null-body=0\r\n\r\n", cancellation);
        IcapHead head = await HeadAsync("ICAP/", cancellation);
        if (BodyOf(head, "opt-body")) await DrainAsync(null, cancellation);
        Settle(head);
        return head;
    }

    /// <summary>Sends one content as the body of a response (RESPMOD) or of a request (REQMOD) and reads the verdict.</summary>
    public async Task<SandboxAnswer> JudgeAsync(IcapAddress address, string method, IcapOptions options, SandboxSample sample, CancellationToken cancellation)
    {
        using Stream content = sample.Bytes.OpenRead();
        long length = sample.Bytes.Length;
        int? preview = options.Preview;
        await WriteAsync(Request(address, method, options, sample, preview), cancellation);
        if (preview is { } size)
        {
            byte[] first = new byte[Math.Min(size, length)];
            await content.ReadExactlyAsync(first, cancellation);
            bool whole = first.Length == length;
            if (first.Length > 0) await ChunkAsync(first, cancellation);
            // RFC 3507 4.5: "ieof" says that the preview was everything.
            await WriteAsync(whole ? "0; ieof\r\n\r\n" : "0\r\n\r\n", cancellation);
            IcapHead early = await HeadAsync("ICAP/", cancellation);
            if (early.Status != 100 || whole) return await ReadVerdictAsync(early, sample, cancellation);
        }

        // The reply is awaited beside the sending: a service that knows enough answers early and stops reading.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<IcapHead> reply = HeadAsync("ICAP/", cancellation);
        Task sending = SendRestAsync(content, stop.Token);
        if (await Task.WhenAny(reply, sending) == reply && !sending.IsCompleted)
        {
            IsUsable = false;
            await stop.CancelAsync();
        }

        try
        {
            await sending;
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // It closed its side, or needed no more: the reply says why, when there is one.
            IsUsable = false;
        }

        return await ReadVerdictAsync(await reply, sample, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static string Request(IcapAddress address, string method, IcapOptions options, SandboxSample sample, int? preview)
    {
        string name = Uri.EscapeDataString(sample.Name);
        string request = $"{(method == "REQMOD" ? "POST" : "GET")} http://mail.invalid/{sample.Sha256}/{name} HTTP/1.1\r\nHost: mail.invalid\r\n";
        string length = sample.Bytes.Length.ToString(CultureInfo.InvariantCulture);
        string body = $"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n";
        (string encapsulated, string heads) = method == "REQMOD"
            ? ($"req-hdr=0, req-body={request.Length + body.Length + 2}", request + body + "\r\n")
            : ($"req-hdr=0, res-hdr={request.Length + 2}, res-body={request.Length + 2 + 17 + body.Length + 2}", request + "\r\nHTTP/1.1 200 OK\r\n" + body + "\r\n");
        return $"{method} {address.Url} ICAP/1.0\r\nHost: {address.HostHeader}\r\n{(options.Allows204 ? "Allow: 204\r\n" : "")}{(preview is { } size ? $"Preview: {Math.Min(size, sample.Bytes.Length)}\r\n" : "")}Encapsulated: {encapsulated}\r\n\r\n{heads}";
    }

    private async Task SendRestAsync(Stream content, CancellationToken cancellation)
    {
        byte[] buffer = new byte[ChunkSize];
        for (int got; (got = await content.ReadAsync(buffer, cancellation)) > 0;) await ChunkAsync(buffer.AsMemory(0, got), cancellation);
        await WriteAsync("0\r\n\r\n", cancellation);
    }

    private async Task ChunkAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await WriteAsync(bytes.Length.ToString("X", CultureInfo.InvariantCulture) + "\r\n", cancellation);
        await _stream.WriteAsync(bytes, cancellation);
        await WriteAsync("\r\n", cancellation);
    }

    private async Task<SandboxAnswer> ReadVerdictAsync(IcapHead head, SandboxSample sample, CancellationToken cancellation)
    {
        IcapHead? http = null;
        bool? same = null;
        string encapsulated = head["Encapsulated"] ?? "";
        if (head.Status == 200 && encapsulated.Contains("req-hdr", StringComparison.OrdinalIgnoreCase)) await LinesAsync(cancellation);
        if (head.Status == 200 && encapsulated.Contains("res-hdr", StringComparison.OrdinalIgnoreCase)) http = await HeadAsync("HTTP/", cancellation);
        if (head.Status == 200 && (BodyOf(head, "res-body") || BodyOf(head, "req-body"))) same = await DrainAsync(sample, cancellation);
        else if (head.Status is not (200 or 204)) IsUsable = false;
        Settle(head);
        return IcapVerdict.Of(head, http, same);
    }

    private static bool BodyOf(IcapHead head, string name) => (head["Encapsulated"] ?? "").Contains(name + "=", StringComparison.OrdinalIgnoreCase);

    private void Settle(IcapHead head) => IsUsable &= !string.Equals(head["Connection"], "close", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a chunked body away; true when it is the sample's.</summary>
    private async Task<bool> DrainAsync(SandboxSample? sample, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long total = 0;
        // Twice what was sent and a page for people; a service that sends more is not waited for.
        long most = ((sample?.Bytes.Length ?? 0) * 2) + (1024 * 1024);
        while (true)
        {
            string line = await LineAsync(cancellation);
            string size = line.Split(';', 2)[0].Trim();
            if (size.Length is 0 or > 8 || !int.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int chunk) || chunk < 0) throw new IcapException($"'{Cut(line)}' is no chunk size");
            if (chunk == 0) break;
            total += chunk;
            if (total > most) throw new IcapException("it returns more than was sent");
            while (chunk > 0)
            {
                if (_start == _end) await FillAsync(cancellation);
                int now = Math.Min(chunk, _end - _start);
                hash.AppendData(_buffer, _start, now);
                _start += now;
                chunk -= now;
            }

            if ((await LineAsync(cancellation)).Length != 0) throw new IcapException("a chunk does not end where it says");
        }

        // Trailers, and the empty line that ends them.
        for (int lines = 0; (await LineAsync(cancellation)).Length > 0; lines++)
            if (lines > IcapHead.LinesAtMost) throw new IcapException("too many trailers");
        return sample is not null && Convert.ToHexStringLower(hash.GetHashAndReset()) == sample.Sha256;
    }

    private async Task<IcapHead> HeadAsync(string protocol, CancellationToken cancellation)
    {
        IReadOnlyList<string> lines = await LinesAsync(cancellation);
        return IcapHead.TryParse(lines, protocol) ?? throw new IcapException($"'{Cut(lines.Count > 0 ? lines[0] : "")}' is no reply of {protocol.TrimEnd('/')}");
    }

    private async Task<IReadOnlyList<string>> LinesAsync(CancellationToken cancellation)
    {
        List<string> lines = [];
        while (true)
        {
            string line = await LineAsync(cancellation);
            if (line.Length == 0) return lines;
            lines.Add(line);
            if (lines.Count > IcapHead.LinesAtMost) throw new IcapException("too many lines in a head");
        }
    }

    private async Task<string> LineAsync(CancellationToken cancellation)
    {
        StringBuilder line = new();
        while (true)
        {
            if (_start == _end) await FillAsync(cancellation);
            int at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            int length = at < 0 ? _end - _start : at;
            line.Append(Encoding.Latin1.GetString(_buffer, _start, length));
            if (line.Length > LineAtMost) throw new IcapException("a line is too long");
            _start += length + (at < 0 ? 0 : 1);
            if (at >= 0) return line.ToString().TrimEnd('\r');
        }
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        _start = 0;
        _end = await _stream.ReadAsync(_buffer, cancellation);
        if (_end == 0) throw new EndOfStreamException("it closed the connection");
    }

    private Task WriteAsync(string text, CancellationToken cancellation) => _stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancellation).AsTask();

    private static string Cut(string text) => SafeText.ForTerminal(text, 60);
}

/// <summary>A service that does not keep to the protocol: the request has no verdict, and asking again would not help.</summary>
internal sealed class IcapException(string why) : IOException(why);
