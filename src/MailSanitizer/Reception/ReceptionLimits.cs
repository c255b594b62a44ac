namespace MailSanitizer.Reception;

/// <summary>Everything a peer can do slowly, too long or too often, each with unit, origin and what happens at it.</summary>
public sealed record ReceptionLimits
{
    /// <summary>Connections at once, all listeners together (count). Origin: twice the thousand that is tested. At it: 421 4.3.2.</summary>
    public int Connections { get; init; } = 2_000;

    /// <summary>A command line with its CRLF (bytes). Origin: RFC 5321 4.5.3.1.4 has 512, the extensions add up to 1,600, Postfix reads 2,048. At it: 500 5.5.2.</summary>
    public int CommandLine { get; init; } = 4_096;

    /// <summary>Waiting for a whole command line (time). Origin: RFC 5321 4.5.3.2.7, five minutes. At it: 421 4.4.2.</summary>
    public TimeSpan CommandTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A pause inside a message (time). Origin: RFC 5321 4.5.3.2.5, three minutes. At it: 421 4.4.2.</summary>
    public TimeSpan DataPause { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Time that any message may take whatever its size (time). Origin: one command time-out. Beyond it <see cref="DataRate"/> is asked for.</summary>
    public TimeSpan DataGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Bytes a second that a message must come with after <see cref="DataGrace"/> (bytes a second). Origin: Kestrel asks 240 of a request body. Below it: 421 4.4.2.</summary>
    public int DataRate { get; init; } = 1_000;

    /// <summary>Waiting for the peer to take our replies (time). Origin: they fit a socket buffer; a peer that reads nothing is gone. At it: the connection is closed.</summary>
    public TimeSpan ReplyTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The TLS handshake (time). Origin: Postfix smtpd_starttls_timeout is 300 s for the open Internet; our peers are near. At it: the connection is closed.</summary>
    public TimeSpan TlsTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Replies 5xx to commands in one session (count). Origin: Postfix smtpd_hard_error_limit is 20. At it: 421 4.7.0.</summary>
    public int Errors { get; init; } = 20;

    /// <summary>Commands since the last message that move nothing: NOOP, RSET, VRFY, HELP, LHLO (count). Origin: Postfix smtpd_junk_command_limit is 100. At it: 421 4.7.0.</summary>
    public int IdleCommands { get; init; } = 100;

    /// <summary>Messages in one session (count). Origin: product decision, so that a fleet of peers spreads again after a restart. At it: 421 4.7.0 to the next MAIL.</summary>
    public int Messages { get; init; } = 10_000;

    /// <summary>Recipients of one message (count). Origin: Postfix smtpd_recipient_limit is 1,000; RFC 5321 4.5.3.1.8 asks for 100 at least. At it: 452 4.5.3.</summary>
    public int Recipients { get; init; } = 1_000;

    /// <summary>An address (characters). Origin: RFC 5321 allows 320; VERP and SRS go beyond it. At it: 501.</summary>
    public int Address { get; init; } = 512;

    /// <summary>A DSN or XFORWARD value (characters). Origin: RFC 3461 4.2 has 500 for ORCPT. At it: 501.</summary>
    public int Value { get; init; } = 500;

    /// <summary>A message (bytes). Origin: product decision. At it: 552 5.3.4.</summary>
    public long MessageBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Received fields of a message (count). Origin: DESIGN.md, promise 9; Postfix hopcount_limit is 50. At it: 554 5.4.6.</summary>
    public int ReceivedFields { get; init; } = 50;

    /// <summary>Free disk below which nothing is taken, whatever its announced size (bytes). Origin: product decision. Below it: 452 4.3.1.</summary>
    public long FreeDisk { get; init; } = 64L * 1024 * 1024;
}
