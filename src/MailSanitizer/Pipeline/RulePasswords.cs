using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules;

namespace MailSanitizer.Pipeline;

/// <summary>The passwords that rules give for a message: asked while it is walked, so with what is known without a walk.</summary>
internal static class RulePasswords
{
    /// <summary>Best first; their source is <c>rule</c>.</summary>
    public static IReadOnlyList<Password> Of(RuleSet rules, ReceivedMessage message, AuthenticationFacts authentication, Directions directions) => rules.Passwords(new MessageFacts
    {
        Id = message.Id,
        Envelope = message.Envelope,
        Directions = directions.Of(message.Envelope, message.Listener),
        Headers = HeaderFacts.Read(message.Original),
        Size = message.Original.Length,
        Sha256 = message.Original.Sha256,
        ReceivedAt = message.ReceivedAt,
        Authentication = authentication,
        Parts = [new PartFact { Path = "", Format = "eml", Sha256 = message.Original.Sha256, Size = message.Original.Length }],
        Findings = authentication.Findings,
    });
}

/// <summary>The message's own candidates and those of rules: what the command line tries.</summary>
internal sealed class OwnAndRuleCandidates(RuleSet rules, Directions directions) : ICandidateSource
{
    private readonly OwnCandidates _own = new();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Password>> PasswordsAsync(ReceivedMessage message, AuthenticationFacts authentication, IReadOnlyList<CandidateFact> own, CancellationToken cancellation) =>
        [.. await _own.PasswordsAsync(message, authentication, own, cancellation), .. message.FileName is null ? RulePasswords.Of(rules, message, authentication, directions) : []];
}
