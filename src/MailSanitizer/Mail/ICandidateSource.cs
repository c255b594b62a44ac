using MailSanitizer.Content;

namespace MailSanitizer.Mail;

/// <summary>Gives the passwords to try on a message's locks. Implemented by Holding; without it, the message's own candidates are all there is.</summary>
public interface ICandidateSource
{
    /// <summary>Passwords, best first: the message's own, those of rules, what opened earlier archives of the correspondence, candidates of its earlier mails.</summary>
    Task<IReadOnlyList<Password>> PasswordsAsync(ReceivedMessage message, AuthenticationFacts authentication, IReadOnlyList<CandidateFact> own, CancellationToken cancellation);

    /// <summary>Processor time that guessing may still cost the message's correspondences; not above zero: nothing is tried now.</summary>
    TimeSpan GuessingLeft(ReceivedMessage message, AuthenticationFacts authentication) => TimeSpan.MaxValue;

    /// <summary>Told what guessing cost and what opened a lock: the first is metered, the second is tried first on the next archive of the correspondence.</summary>
    Task GuessedAsync(ReceivedMessage message, AuthenticationFacts authentication, TimeSpan cpu, IReadOnlyList<Password> opened, CancellationToken cancellation) => Task.CompletedTask;
}

/// <summary>The message's own candidates and no others.</summary>
public sealed class OwnCandidates : ICandidateSource
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<Password>> PasswordsAsync(ReceivedMessage message, AuthenticationFacts authentication, IReadOnlyList<CandidateFact> own, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<Password>>([.. own.OrderBy(candidate => candidate.Rank).Select(candidate => new Password(candidate.Text, "message"))]);
}
