using System.Net;
using System.Security.Cryptography.X509Certificates;
using MailSanitizer.Mail;

namespace MailSanitizer.Reception;

/// <summary>What Reception is configured with.</summary>
public sealed record ReceptionOptions
{
    /// <summary>Our name in the greeting.</summary>
    public required string HostName { get; init; }

    /// <summary>Where we listen.</summary>
    public required IReadOnlyList<ListenerOptions> Listeners { get; init; }

    /// <summary>Who may connect over TCP and send XFORWARD. Unix sockets are guarded by their file mode.</summary>
    public IReadOnlyList<IPNetwork> TrustedPeers { get; init; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>With a certificate STARTTLS is announced.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Limits in force.</summary>
    public ReceptionLimits Limits { get; init; } = new();

    /// <summary>From the end of DATA to our reply, before the queue. Origin: Postfix smtpd_proxy_timeout is 100 s (DESIGN.md, promise 11).</summary>
    public TimeSpan BeforeQueueTime { get; init; } = TimeSpan.FromSeconds(80);

    /// <summary>From the end of DATA to our reply, behind the queue. Origin: Postfix lmtp_data_done_timeout is 600 s.</summary>
    public TimeSpan AfterQueueTime { get; init; } = TimeSpan.FromSeconds(300);
}

/// <summary>One listener.</summary>
/// <param name="Endpoint">Where.</param>
/// <param name="Mode"><c>after-queue</c> or <c>before-queue</c>.</param>
/// <param name="Direction"><c>auto</c>, <c>inbound</c> or <c>outbound</c>.</param>
public sealed record ListenerOptions(MailEndpoint Endpoint, string Mode = "after-queue", string Direction = "auto")
{
    /// <summary>Mode of the Unix socket's file: owner and group by default, so that Postfix's group must be ours.</summary>
    public UnixFileMode SocketMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>The facts that go with each message.</summary>
    public ListenerFacts Facts { get; } = new(Endpoint.ToString(), Mode, Direction);
}
