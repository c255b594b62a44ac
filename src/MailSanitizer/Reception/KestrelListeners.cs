#pragma warning disable CA1416 // File modes: the daemon runs on Linux only (Landlock, seccomp).
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MailSanitizer.Reception;

/// <summary>Puts the mail listeners into Kestrel, beside whatever else it serves.</summary>
public static class KestrelListeners
{
    /// <summary>Adds the listeners of the registered <see cref="MailReception"/>. Throws <see cref="FormatException"/> for a host that is no address.</summary>
    public static void AddMailListeners(this KestrelServerOptions kestrel) => kestrel.AddMailListeners(kestrel.ApplicationServices.GetRequiredService<MailReception>());

    /// <summary>Adds the listeners of a room.</summary>
    public static void AddMailListeners(this KestrelServerOptions kestrel, MailReception room)
    {
        foreach (ListenerOptions listener in room.Options.Listeners)
        {
            if (listener.Endpoint.UnixPath is { } path)
            {
                RemoveStaleSocket(path);
                kestrel.ListenUnixSocket(path, Serve);
            }
            else
            {
                kestrel.Listen(Address(listener.Endpoint.Host), listener.Endpoint.Port, Serve);
            }

            void Serve(ListenOptions endpoint) => endpoint.Run(connection => room.ServeAsync(connection, listener));
        }
    }

    /// <summary>Gives the Unix sockets their modes; to be called when the server has started.</summary>
    public static void SetSocketModes(ReceptionOptions options)
    {
        foreach (ListenerOptions listener in options.Listeners)
        {
            if (listener.Endpoint.UnixPath is { } path) File.SetUnixFileMode(path, listener.SocketMode);
        }
    }

    private static IPAddress Address(string host) => host switch
    {
        "*" => IPAddress.IPv6Any,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.TryParse(host, out IPAddress? address) ? address : throw new FormatException($"a listener needs an address, not the name {host}"),
    };

    /// <summary>Removes the socket that a killed daemon left, but not one that somebody answers on.</summary>
    private static void RemoveStaleSocket(string path)
    {
        if (!File.Exists(path)) return;
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            File.Delete(path);
        }
    }
}
