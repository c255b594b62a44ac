namespace MailSanitizer.Mail;

/// <summary>Signs mail that we wrote ourselves: notices, follow-ups, delivery reports. Implemented by Sealing.</summary>
public interface IMailSigner
{
    /// <summary>DKIM-Signature fields to prepend, each with its CRLF; empty when no key of ours is aligned with the From field.</summary>
    ReadOnlyMemory<byte> Sign(IMailBytes message);
}

/// <summary>How often a message has been through us, read from the fields that we left on it. Implemented by Sealing.</summary>
public interface IPassCounter
{
    /// <summary>Counts on the bytes as they arrived.</summary>
    Passes Count(IMailBytes original);
}

/// <summary>Marks of earlier ways through machines.</summary>
/// <param name="Ours">Passes through us, proven by our HMAC: 0 for a new message. The third is a loop: at 2, refuse.</param>
/// <param name="ReceivedFields">Received fields in all. At 50 it is a loop.</param>
public readonly record struct Passes(int Ours, int ReceivedFields)
{
    /// <summary>554 5.4.6 (DESIGN.md, promise 9).</summary>
    public bool IsLoop => Ours >= 2 || ReceivedFields >= 50;
}
