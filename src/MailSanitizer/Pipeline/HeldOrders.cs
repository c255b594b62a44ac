using MailSanitizer.Content;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Quarantine;

namespace MailSanitizer.Pipeline;

/// <summary>What a person orders of held mail.</summary>
internal sealed class HeldOrders(HeldMessages held, Release release) : IHeldMail
{
    /// <inheritdoc/>
    public async Task<string> UnlockAsync(Guid id, string password, CancellationToken cancellation) =>
        await held.TryAsync(id, new HeldAttempt([new Password(password, "operator")], _ => true), cancellation) switch
        {
            HeldOutcome.Unlocked => "unlocked",
            HeldOutcome.Gone => "gone",
            HeldOutcome.Quarantined => "quarantined",
            HeldOutcome.Fault => "later",
            _ => "waits",
        };

    /// <inheritdoc/>
    public async Task<(string Outcome, string Text)> ReleaseAsync(Guid id, Operator by, string reason, AuditEvent why, CancellationToken cancellation)
    {
        // Two steps, each durable: cut off in between, it is in quarantine and can be released there.
        if (!await held.ToQuarantineAsync(id, why, cancellation)) return ("gone", "");
        ReleaseResult result = await release.RunAsync(new ReleaseOrder(id, [], Original: true, by, reason), cancellation);
        return result.Outcome switch
        {
            ReleaseOutcome.Released or ReleaseOutcome.Already => ("released", result.Text),
            ReleaseOutcome.TryLater => ("later", $"{result.Text}; it is in quarantine now"),
            _ => ("refused", $"{result.Text}; it is in quarantine now"),
        };
    }
}
