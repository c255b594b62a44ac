using MailSanitizer.Mail;

namespace MailSanitizer.Holding;

/// <summary>What a person can do with held mail. Implemented by the Pipeline, which alone knows how a message is decided.</summary>
public interface IHeldMail
{
    /// <summary>Tries a password for every recipient: <c>unlocked</c>, <c>quarantined</c> (it opened to something bad), <c>waits</c>, <c>gone</c>, <c>later</c> (a fault of ours).</summary>
    Task<string> UnlockAsync(Guid id, string password, CancellationToken cancellation);

    /// <summary>Ends the hold and sends the original on as it came, to whoever has not got it: <c>released</c>, <c>gone</c>, <c>refused</c>, <c>later</c>, with words.</summary>
    Task<(string Outcome, string Text)> ReleaseAsync(Guid id, Operator by, string reason, AuditEvent why, CancellationToken cancellation);
}
