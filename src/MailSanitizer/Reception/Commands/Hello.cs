using MailSanitizer.Mail;

namespace MailSanitizer.Reception.Commands;

/// <summary>LHLO (RFC 2033 4.1), EHLO and HELO (RFC 5321 4.1.1.1). The first one decides which protocol the session speaks.</summary>
internal sealed class Hello(string verb) : ICommand
{
    /// <inheritdoc/>
    public ValueTask RunAsync(Session session, string arguments)
    {
        bool lmtp = verb == "LHLO";
        if (arguments.Length == 0 || arguments.Length > 255)
        {
            session.Say(Replies.Syntax);
            return default;
        }

        if (session.State != SessionState.Connected && lmtp != session.IsLmtp)
        {
            session.Say(Replies.OtherGreeting);
            return default;
        }

        session.Reset();
        session.State = SessionState.Ready;
        session.IsLmtp = lmtp;
        session.PeerHelo = arguments.Split(' ', '\t')[0];
        MailReception room = session.Room;
        session.Announced = verb == "HELO"
            ? AnnouncedExtensions.None with { MaximumSize = room.Options.Limits.MessageBytes }
            : AnnouncedExtensions.For(room.NextHop, room.Options.Limits, room.Options.Certificate is not null && !session.IsTls);
        // RFC 2034 4: no enhanced code in the reply to a greeting.
        session.Say(new SmtpReply(250, "", string.Join('\n', [room.Options.HostName, .. session.Announced.Lines])));
        session.CountIdleCommand();
        return default;
    }
}
