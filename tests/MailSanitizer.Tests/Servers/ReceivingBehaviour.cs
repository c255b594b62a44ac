namespace MailSanitizer.Tests.Servers;

/// <summary>Where a receiving server stops answering, or closes.</summary>
public enum Moment
{
    Never,
    Greeting,
    Hello,
    Mail,
    Recipient,
    Data,
    MidData,
    AfterData,
}

/// <summary>What a receiving server does; swap <see cref="ReceivingServer.Behaviour"/> while it runs. The default takes everything.</summary>
public sealed record ReceivingBehaviour
{
    /// <summary>The lines of its EHLO or LHLO reply.</summary>
    public IReadOnlyList<string> Extensions { get; init; } =
        ["PIPELINING", "SIZE 268435456", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", "CHUNKING", "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE"];

    /// <summary>False: answers EHLO with 500, HELO with 250.</summary>
    public bool Extended { get; init; } = true;

    /// <summary>The reply to the connection; null for 220.</summary>
    public string? Greeting { get; init; }

    /// <summary>The reply to a MAIL command (its line is given); null for 250.</summary>
    public Func<string, string?> Mail { get; init; } = _ => null;

    /// <summary>The reply to a RCPT command (its address is given); null for 250.</summary>
    public Func<string, string?> Recipient { get; init; } = _ => null;

    /// <summary>The reply to DATA itself; null for 354.</summary>
    public string? Data { get; init; }

    /// <summary>The reply after the message, for each accepted recipient over LMTP, once (with the first recipient) over SMTP; null for 250.</summary>
    public Func<string, string?> Message { get; init; } = _ => null;

    /// <summary>Where it goes silent for good.</summary>
    public Moment StallAt { get; init; }

    /// <summary>Where it closes the connection.</summary>
    public Moment CloseAt { get; init; }

    /// <summary>Said just before it closes, or null.</summary>
    public string? LastWords { get; init; }

    /// <summary>Bytes of content after which <see cref="Moment.MidData"/> is reached.</summary>
    public long MidDataAt { get; init; } = 1;

    /// <summary>A pause before each read of content.</summary>
    public TimeSpan Slow { get; init; }

    /// <summary>Replies leave byte by byte.</summary>
    public bool ByteByByte { get; init; }

    /// <summary>False: content is hashed and counted, not kept (large messages).</summary>
    public bool KeepContent { get; init; } = true;

    /// <summary>Takes nothing but the bare protocol.</summary>
    public static ReceivingBehaviour Bare { get; } = new() { Extensions = [] };
}

/// <summary>One message that a receiving server answered with 2xx for at least one recipient.</summary>
/// <param name="Mail">The MAIL command, whole.</param>
/// <param name="Recipients">Addresses that got a 2xx for the message.</param>
/// <param name="RecipientCommands">The RCPT commands, whole, accepted ones only.</param>
/// <param name="XForward">The XFORWARD commands of the transaction.</param>
/// <param name="Hello">The HELO, EHLO or LHLO command.</param>
/// <param name="Content">The exact bytes, dot-unstuffed; empty when they are not kept.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Of the bytes, lower-case hex.</param>
/// <param name="Chunked">It came by BDAT.</param>
/// <param name="Session">Which connection, counted from 1.</param>
public sealed record Delivery(
    string Mail, IReadOnlyList<string> Recipients, IReadOnlyList<string> RecipientCommands, IReadOnlyList<string> XForward, string Hello, byte[] Content, long Length, string Sha256, bool Chunked, int Session)
{
    /// <summary>The content as Latin-1 text.</summary>
    public string Text => System.Text.Encoding.Latin1.GetString(Content);
}
