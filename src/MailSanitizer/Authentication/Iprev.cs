using System.Net;
using System.Net.Sockets;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Mail;

namespace MailSanitizer.Authentication;

/// <summary>Whether the client's address has a name that leads back to it (RFC 8601 3).</summary>
public static class Iprev
{
    // Names looked at (count, RFC 8601 3 asks for a limit; the number is SPF's).
    private const int MaximumNames = 10;

    /// <summary>Judges.</summary>
    public static async Task<(MethodResult Result, bool Secure)> JudgeAsync(IDns dns, IPAddress? client, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(dns);
        if (client is null) return (new("iprev", "temperror", [], "client unknown"), false);
        KeyValuePair<string, string>[] address = [new("policy.iprev", client.ToString())];
        DnsAnswer names = await dns.AskAsync(ReverseName.Of(client), DnsKind.Ptr, cancellation).ConfigureAwait(false);
        if (names.Status == DnsStatus.Failed) return (new("iprev", "temperror", address, names.Problem), false);
        if (names.Names.Count == 0) return (new("iprev", "permerror", address, "no name"), false);
        DnsKind kind = client.AddressFamily == AddressFamily.InterNetwork ? DnsKind.A : DnsKind.Aaaa;
        DnsAnswer[] answers = await Task.WhenAll(names.Names.Take(MaximumNames).Select(name => dns.AskAsync(name, kind, cancellation))).ConfigureAwait(false);
        DnsAnswer? back = answers.FirstOrDefault(answer => answer.Addresses.Contains(client));
        if (back is not null) return (new("iprev", "pass", address), back.Secure && names.Secure);
        return answers.Any(answer => answer.Status == DnsStatus.Failed)
            ? (new("iprev", "temperror", address, "a name could not be asked for"), false)
            : (new("iprev", "fail", address), false);
    }
}
