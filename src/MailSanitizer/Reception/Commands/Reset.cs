namespace MailSanitizer.Reception.Commands;

/// <summary>RSET (RFC 5321 4.1.1.5).</summary>
internal sealed class Reset : ICommand
{
    /// <inheritdoc/>
    public ValueTask RunAsync(Session session, string arguments)
    {
        session.Reset();
        session.Say(Replies.Ok);
        session.CountIdleCommand();
        return default;
    }
}
