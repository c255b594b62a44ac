using System.Net;
using System.Net.Sockets;
using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>The network a client counts as in quotas: /24 for IPv4, /64 for IPv6.</summary>
public static class ClientNetwork
{
    /// <summary><c>192.0.2.0/24</c>, <c>2001:db8::/64</c>; null when the first client is unknown.</summary>
    public static string? Of(Envelope envelope)
    {
        if (!IPAddress.TryParse(envelope.Client.Address, out IPAddress? address)) return null;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        int length = address.AddressFamily == AddressFamily.InterNetwork ? 24 : 64;
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(length / 8).Clear();
        return $"{new IPAddress(bytes)}/{length}";
    }
}
