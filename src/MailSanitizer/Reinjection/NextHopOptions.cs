using MailSanitizer.Mail;

namespace MailSanitizer.Reinjection;

/// <summary>What Reinjection is configured with.</summary>
public sealed record NextHopOptions
{
    /// <summary>Where mail goes.</summary>
    public required MailEndpoint Endpoint { get; init; }

    /// <summary>Our name in EHLO and LHLO.</summary>
    public required string HostName { get; init; }

    /// <summary>Limits in force.</summary>
    public NextHopLimits Limits { get; init; } = new();
}

/// <summary>Times and counts towards the next hop, each with unit, origin and what happens at it. The caller's deadline wins over all of them.</summary>
public sealed record NextHopLimits
{
    /// <summary>Connections at once (count). Origin: below Postfix default_process_limit of 100. At it: further deliveries wait.</summary>
    public int Connections { get; init; } = 64;

    /// <summary>How long an idle connection is kept (time). Origin: well below Postfix smtpd_timeout of 300 s. At it: QUIT.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Messages on one connection (count). Origin: Postfix max_use is 100; fresh ones spread over a restarted or balanced next hop. At it: QUIT.</summary>
    public int MessagesPerConnection { get; init; } = 200;

    /// <summary>Connecting (time). Origin: Postfix smtp_connect_timeout is 30 s for the open Internet; the next hop is near. At it: 451 4.4.1.</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Greeting, and each reply before the content (time). Origin: half of the before-queue budget. At it: 451 4.4.2.</summary>
    public TimeSpan CommandTime { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>One write of content that does not move (time). Origin: RFC 5321 4.5.3.2.5 has three minutes, our budget less. At it: 451 4.4.2.</summary>
    public TimeSpan WriteTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The reply after the content (time). Origin: RFC 5321 4.5.3.2.6 has ten minutes; behind the queue our whole budget is 300 s. At it: 451 4.4.2, and the mail may have been taken (RFC 1047).</summary>
    public TimeSpan FinalTime { get; init; } = TimeSpan.FromSeconds(240);

    /// <summary>Reading last words after the next hop broke the content off (time). Origin: product decision.</summary>
    public TimeSpan LastWordsTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks at what it announces (time). Origin: product decision; each new connection looks too.</summary>
    public TimeSpan ProbeTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Between two tries until it was first reached (time). Origin: product decision.</summary>
    public TimeSpan FirstProbeTime { get; init; } = TimeSpan.FromSeconds(1);
}
