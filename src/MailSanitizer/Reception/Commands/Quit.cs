namespace MailSanitizer.Reception.Commands;

/// <summary>QUIT (RFC 5321 4.1.1.10).</summary>
internal sealed class Quit : ICommand
{
    /// <inheritdoc/>
    public ValueTask RunAsync(Session session, string arguments)
    {
        session.Close(Replies.Bye);
        return default;
    }
}
