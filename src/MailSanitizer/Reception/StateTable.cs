using MailSanitizer.Mail;
using MailSanitizer.Reception.Commands;

namespace MailSanitizer.Reception;

/// <summary>One command of the protocol.</summary>
internal interface ICommand
{
    /// <summary>Carries it out and says what there is to say.</summary>
    /// <param name="session">The session; the state allows the command.</param>
    /// <param name="arguments">What follows the verb.</param>
    ValueTask RunAsync(Session session, string arguments);
}

/// <summary>The protocol: which command is taken in which state, and what is said where it is not.</summary>
internal static class StateTable
{
    private const SmtpReply? Go = null;

    private static readonly Dictionary<string, Row> Rows = new Row[]
    {
        //   verb        command              Connected           Ready                 Sender                 Recipients             Chunks
        new("LHLO",     new Hello("LHLO"),    Go,                 Go,                   Go,                    Go,                    Go),
        new("EHLO",     new Hello("EHLO"),    Go,                 Go,                   Go,                    Go,                    Go),
        new("HELO",     new Hello("HELO"),    Go,                 Go,                   Go,                    Go,                    Go),
        new("STARTTLS", new StartTls(),       Replies.HelloFirst, Go,                   Replies.InTransaction, Replies.InTransaction, Replies.InTransaction),
        new("XFORWARD", new XForward(),       Replies.HelloFirst, Go,                   Replies.InTransaction, Replies.InTransaction, Replies.InTransaction),
        new("MAIL",     new MailFrom(),       Replies.HelloFirst, Go,                   Replies.Nested,        Replies.Nested,        Replies.Nested),
        new("RCPT",     new RcptTo(),         Replies.HelloFirst, Replies.MailFirst,    Go,                    Go,                    Replies.InChunks),
        new("DATA",     new Data(),           Replies.HelloFirst, Replies.MailFirst,    Replies.NoRecipients,  Go,                    Replies.InChunks),
        // BDAT runs in every state: its octets follow it even where it is refused (RFC 3030 2), and must never be read as commands.
        new("BDAT",     new Bdat(),           Go,                 Go,                   Go,                    Go,                    Go),
        new("RSET",     new Reset(),          Go,                 Go,                   Go,                    Go,                    Go),
        new("NOOP",     new Say(Replies.Ok),  Go,                 Go,                   Go,                    Go,                    Go),
        new("HELP",     new Say(Replies.Help), Go,                Go,                   Go,                    Go,                    Go),
        new("VRFY",     new Say(Replies.NotVerified), Replies.HelloFirst, Go,           Go,                    Go,                    Go),
        new("EXPN",     new Say(Replies.NotHere), Go,             Go,                   Go,                    Go,                    Go),
        new("QUIT",     new Quit(),           Go,                 Go,                   Go,                    Go,                    Go),
    }.ToDictionary(row => row.Verb, StringComparer.Ordinal);

    /// <summary>The command, or the reply that refuses it.</summary>
    public static ICommand? Find(string verb, SessionState state, out SmtpReply refusal)
    {
        refusal = Replies.Unknown;
        if (!Rows.TryGetValue(verb, out Row? row)) return null;
        SmtpReply? cell = state switch
        {
            SessionState.Connected => row.Connected,
            SessionState.Ready => row.Ready,
            SessionState.Sender => row.Sender,
            SessionState.Recipients => row.Recipients,
            _ => row.Chunks,
        };
        if (cell is null) return row.Command;
        refusal = cell;
        return null;
    }

    private sealed record Row(string Verb, ICommand Command, SmtpReply? Connected, SmtpReply? Ready, SmtpReply? Sender, SmtpReply? Recipients, SmtpReply? Chunks);
}
