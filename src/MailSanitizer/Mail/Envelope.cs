namespace MailSanitizer.Mail;

/// <summary>The envelope as it arrived, complete, so that it can be handed on or kept without loss (DESIGN.md, promise 12).</summary>
public sealed record Envelope
{
    /// <summary>MAIL FROM without brackets, as it was written; empty for the null reverse-path.</summary>
    public required string MailFrom { get; init; }

    /// <summary>The recipients in the order of their RCPT commands.</summary>
    public required IReadOnlyList<Recipient> Recipients { get; init; }

    /// <summary>BODY= of RFC 6152: <c>7BIT</c>, <c>8BITMIME</c>; null when not given.</summary>
    public string? Body { get; init; }

    /// <summary>SMTPUTF8 was given (RFC 6531).</summary>
    public bool SmtpUtf8 { get; init; }

    /// <summary>RET= of RFC 3461: <c>FULL</c> or <c>HDRS</c>; null when not given.</summary>
    public string? Ret { get; init; }

    /// <summary>ENVID= of RFC 3461, still xtext; null when not given.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>SIZE= as announced (bytes), or null.</summary>
    public long? AnnouncedSize { get; init; }

    /// <summary>What XFORWARD said of the first client.</summary>
    public ForwardedClient Client { get; init; } = ForwardedClient.Unknown;

    /// <summary>HELO, EHLO or LHLO name of the peer that spoke to us.</summary>
    public string PeerHelo { get; init; } = "";

    /// <summary>Address of the peer that spoke to us (<c>127.0.0.1</c>), or <c>unix</c>.</summary>
    public string PeerAddress { get; init; } = "unix";

    /// <summary>LMTP (a reply for each recipient) or SMTP (one for all).</summary>
    public bool IsLmtp { get; init; }

    /// <summary>The same envelope for some of the recipients.</summary>
    public Envelope For(IReadOnlyList<Recipient> recipients) => this with { Recipients = recipients };
}

/// <summary>One recipient.</summary>
/// <param name="Address">RCPT TO without brackets, as it was written.</param>
/// <param name="OriginalRecipient">ORCPT= of RFC 3461 (<c>rfc822;a@b.example</c>), still xtext; null when not given.</param>
/// <param name="Notify">NOTIFY= of RFC 3461 (<c>NEVER</c> or a list of SUCCESS, FAILURE, DELAY); null when not given.</param>
public sealed record Recipient(string Address, string? OriginalRecipient = null, string? Notify = null);

/// <summary>XFORWARD attributes (Postfix XFORWARD_README); null where absent or <c>[UNAVAILABLE]</c>.</summary>
public sealed record ForwardedClient(
    string? Name = null, string? Address = null, int? Port = null, string? Protocol = null, string? Helo = null, string? Ident = null, string? Source = null)
{
    /// <summary>Nothing known.</summary>
    public static ForwardedClient Unknown { get; } = new();
}
