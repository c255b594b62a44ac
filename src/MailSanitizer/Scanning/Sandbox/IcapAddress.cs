namespace MailSanitizer.Scanning.Sandbox;

/// <summary>Where an ICAP service is: <c>icap://host:1344/service</c>, or <c>icaps://host:11344/service</c> for TLS.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">1344 (RFC 3507 4.2), 11344 for TLS.</param>
/// <param name="Service">Path and query behind the first slash.</param>
/// <param name="Tls">TLS from the first byte; the server's certificate is verified by the system's trust.</param>
public sealed record IcapAddress(string Host, int Port, string Service, bool Tls)
{
    /// <summary>As a request line has it.</summary>
    public string Url => $"{(Tls ? "icaps" : "icap")}://{HostHeader}/{Service}";

    /// <summary>As the Host field has it.</summary>
    public string HostHeader => $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";

    /// <summary>Reads a URL; null when it is none of ICAP.</summary>
    public static IcapAddress? TryParse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("icap" or "icaps") || uri.Host.Length == 0 || uri.UserInfo.Length > 0) return null;
        bool tls = uri.Scheme == "icaps";
        string service = uri.PathAndQuery.TrimStart('/');
        return service.Length == 0 ? null : new IcapAddress(uri.Host.Trim('[', ']'), uri.Port > 0 ? uri.Port : tls ? 11344 : 1344, service, tls);
    }
}
