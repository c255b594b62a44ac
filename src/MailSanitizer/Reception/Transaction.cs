using MailSanitizer.Mail;

namespace MailSanitizer.Reception;

/// <summary>What MAIL, RCPT and BDAT have said so far.</summary>
internal sealed class Transaction : IDisposable
{
    /// <summary>The envelope but for its recipients.</summary>
    public required Envelope Envelope { get; init; }

    /// <summary>The recipients, in order.</summary>
    public List<Recipient> Recipients { get; } = [];

    /// <summary>The content, once it has begun.</summary>
    public MessageIntake? Intake { get; set; }

    /// <inheritdoc/>
    public void Dispose() => Intake?.Dispose();
}
