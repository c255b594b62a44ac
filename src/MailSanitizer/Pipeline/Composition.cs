using MailSanitizer.Configuration;
using MailSanitizer.Mail;
using MailSanitizer.Sealing;

namespace MailSanitizer.Pipeline;

/// <summary>Makes rooms of settings, for the daemon and for the command line alike.</summary>
public static class Composition
{
    /// <summary>Who sent it.</summary>
    public static IAuthenticator Authenticator(Settings settings, ILoggerFactory logs)
    {
        _ = (settings, logs);
        return new NotJudged();
    }

    /// <summary>The fields that others trust.</summary>
    public static ISealer Sealer(Settings settings, ISpool spool, ReadOnlyMemory<byte> idKey) =>
        new Sealer(new SealingOptions { AuthservId = settings.AuthservId, IdKey = idKey }, spool, TimeProvider.System);

    /// <summary>Who decides.</summary>
    public static IDecider Decider(Settings settings)
    {
        _ = settings;
        return new FloorDecider();
    }

    private sealed class NotJudged : IAuthenticator
    {
        public Task<AuthenticationFacts> AuthenticateAsync(Envelope envelope, IMailBytes original, CancellationToken cancellation) => Task.FromResult(AuthenticationFacts.None);
    }
}
