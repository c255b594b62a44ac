using System.Net;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Tells the direction of a message for each recipient (DESIGN.md, "Direction and place"). Inbound unless proven: an unknown client, a trusted hop
/// and SOURCE=LOCAL alone prove nothing.
/// </summary>
public sealed class Directions(IReadOnlyList<string> localDomains, IReadOnlyList<IPNetwork> internalNetworks)
{
    private readonly HashSet<string> _local = new(localDomains, StringComparer.OrdinalIgnoreCase);

    /// <summary>One direction for each recipient, in the order of the envelope.</summary>
    public IReadOnlyList<Direction> Of(Envelope envelope, ListenerFacts listener)
    {
        bool ours = listener.Direction switch
        {
            "inbound" => false,
            "outbound" => true,
            _ => IPAddress.TryParse(envelope.Client.Address, out IPAddress? client) && internalNetworks.Any(network => network.Contains(Plain(client))),
        };
        return [.. envelope.Recipients.Select(recipient => !ours ? Direction.Inbound : IsLocal(recipient.Address) ? Direction.Internal : Direction.Outbound)];
    }

    /// <summary>Whether an address is in one of our domains.</summary>
    public bool IsLocal(string address)
    {
        int at = address.LastIndexOf('@');
        return at >= 0 && _local.Contains(address[(at + 1)..]);
    }

    // XFORWARD and sockets may give IPv4 as ::ffff:192.0.2.1.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
