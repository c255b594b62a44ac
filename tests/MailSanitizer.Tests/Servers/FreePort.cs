using System.Net;
using System.Net.Sockets;

namespace MailSanitizer.Tests.Servers;

/// <summary>Free TCP ports of the loopback for programs that cannot choose their own.</summary>
public static class FreePort
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>A port that was free a moment ago and is given out once in this process.</summary>
    public static int Take()
    {
        while (true)
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            lock (Gate)
            {
                if (Given.Add(port)) return port;
            }
        }
    }
}
