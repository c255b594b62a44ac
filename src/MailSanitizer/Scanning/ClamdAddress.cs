using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MailSanitizer.Scanning;

/// <summary>Where a clamd listens.</summary>
/// <param name="EndPoint">Unix socket or TCP (IPv4, IPv6).</param>
/// <param name="Text">As configured, for messages.</param>
public sealed record ClamdAddress(EndPoint EndPoint, string Text)
{
    /// <summary>Reads <c>unix:/path</c> or <c>tcp://host:port</c>; the error names what is expected.</summary>
    public static bool TryParse(string text, out ClamdAddress? address, out string error)
    {
        address = null;
        error = "";
        if (text.StartsWith("unix:/", StringComparison.Ordinal))
        {
            string path = text["unix:".Length..];
            // sockaddr_un holds 108 bytes with the final NUL.
            if (path.Length > 107)
            {
                error = $"'{text}': the path of a Unix socket has at most 107 characters";
                return false;
            }

            address = new ClamdAddress(new UnixDomainSocketEndPoint(path), text);
            return true;
        }

        if (text.StartsWith("tcp://", StringComparison.Ordinal) && Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Port > 0 && uri.PathAndQuery is "/" or "")
        {
            string host = uri!.IdnHost.Trim('[', ']');
            EndPoint endPoint = IPAddress.TryParse(host, out IPAddress? ip) ? new IPEndPoint(ip, uri.Port) : new DnsEndPoint(host, uri.Port);
            address = new ClamdAddress(endPoint, string.Create(CultureInfo.InvariantCulture, $"tcp://{uri.Authority}"));
            return true;
        }

        error = $"'{text}' is no clamd address: unix:/run/clamav/clamd.ctl or tcp://127.0.0.1:3310";
        return false;
    }

    /// <summary>A connected socket; throws <see cref="SocketException"/> or <see cref="OperationCanceledException"/>.</summary>
    public async Task<Socket> ConnectAsync(CancellationToken cancellation)
    {
        Socket socket = EndPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : EndPoint is IPEndPoint ip ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (EndPoint is not UnixDomainSocketEndPoint) socket.NoDelay = true;
            await socket.ConnectAsync(EndPoint, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
