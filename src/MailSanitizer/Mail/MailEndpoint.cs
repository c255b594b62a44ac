using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace MailSanitizer.Mail;

/// <summary>What is spoken.</summary>
public enum MailProtocol
{
    /// <summary>RFC 5321.</summary>
    Smtp,

    /// <summary>RFC 2033: a reply for each recipient after the message.</summary>
    Lmtp,
}

/// <summary>Where mail is taken or given: <c>smtp://host:port</c>, <c>lmtp://host:port</c> or <c>lmtp+unix:/path</c>.</summary>
/// <param name="Protocol">SMTP or LMTP. A listener understands both greetings whatever stands here.</param>
/// <param name="Host">Name or address without brackets; empty for a Unix socket.</param>
/// <param name="Port">TCP port; 0 for a Unix socket, or for any free port of a listener.</param>
/// <param name="UnixPath">Path of the Unix socket, or null.</param>
public sealed record MailEndpoint(MailProtocol Protocol, string Host, int Port, string? UnixPath)
{
    private const string UnixScheme = "lmtp+unix:";

    /// <summary>Reads one; the error says what is wrong in words for a configuration file.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out MailEndpoint? endpoint, out string error)
    {
        endpoint = null;
        error = "";
        if (text.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            string path = text[UnixScheme.Length..];
            // sun_path of unix(7) has 108 bytes with its NUL.
            if (!path.StartsWith('/')) error = "the path of a Unix socket must be absolute";
            else if (System.Text.Encoding.UTF8.GetByteCount(path) > 107) error = "the path of a Unix socket may have 107 bytes";
            else endpoint = new MailEndpoint(MailProtocol.Lmtp, "", 0, path);
            return endpoint is not null;
        }

        MailProtocol? protocol = text.StartsWith("smtp://", StringComparison.Ordinal) ? MailProtocol.Smtp : text.StartsWith("lmtp://", StringComparison.Ordinal) ? MailProtocol.Lmtp : null;
        if (protocol is null)
        {
            error = "expected smtp://host:port, lmtp://host:port or lmtp+unix:/path";
            return false;
        }

        string rest = text["smtp://".Length..].TrimEnd('/');
        int colon = rest.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port > 65535)
        {
            error = "a port from 0 to 65535 must follow the host";
            return false;
        }

        string host = rest[..colon];
        if (host.StartsWith('[') && host.EndsWith(']')) host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal)) host = "";
        if (host != "*" && !IPAddress.TryParse(host, out _) && Uri.CheckHostName(host) != UriHostNameType.Dns)
        {
            error = "the host must be a name, an IPv4 address or an IPv6 address in brackets";
            return false;
        }

        endpoint = new MailEndpoint(protocol.Value, host, port, null);
        return true;
    }

    /// <summary>As it is written in the configuration.</summary>
    public override string ToString() => UnixPath is not null
        ? UnixScheme + UnixPath
        : $"{(Protocol == MailProtocol.Smtp ? "smtp" : "lmtp")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port.ToString(CultureInfo.InvariantCulture)}";
}
