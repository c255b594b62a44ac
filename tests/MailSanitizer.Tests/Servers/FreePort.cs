using System.Net;
using System.Net.Sockets;

namespace MailSanitizer.Tests.Servers;

/// <summary>Free ports of the loopback, TCP and UDP, for programs that cannot choose their own.</summary>
public static class FreePort
{
    // Below the range from which the kernel takes ports for outgoing connections (32768 on): there, a port that was free a moment ago
    // is soon somebody's own end of a connection. Where it starts differs from process to process.
    private const int First = 12_000;
    private const int Last = 32_000;
    private static int _next = Random.Shared.Next(First, Last);

    /// <summary>A port that was free a moment ago and is given out once in this process.</summary>
    public static int Take()
    {
        while (true)
        {
            int port = First + (Interlocked.Increment(ref _next) % (Last - First));
            if (IsFree(port)) return port;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
