using MailSanitizer.Mail;

namespace MailSanitizer.Reception.Commands;

/// <summary>NOOP, HELP, VRFY and EXPN: a fixed reply.</summary>
internal sealed class Say(SmtpReply reply) : ICommand
{
    /// <inheritdoc/>
    public ValueTask RunAsync(Session session, string arguments)
    {
        session.Say(reply);
        session.CountIdleCommand();
        return default;
    }
}
