using System.Globalization;
using MailSanitizer.Mail;

namespace MailSanitizer.Reception.Commands;

/// <summary>BDAT (RFC 3030 2), without BINARYMIME. Its octets are read whatever becomes of them.</summary>
internal sealed class Bdat : ICommand
{
    /// <inheritdoc/>
    public async ValueTask RunAsync(Session session, string arguments)
    {
        string[] words = arguments.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        bool last = words.Length == 2 && words[1].Equals("LAST", StringComparison.OrdinalIgnoreCase);
        if (words.Length is 0 or > 2 || (words.Length == 2 && !last) || !words[0].All(char.IsAsciiDigit)
            || !long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long length))
        {
            // Nobody knows where the next command begins.
            session.Close(Replies.Syntax);
            return;
        }

        SmtpReply? refusal = session.State switch
        {
            SessionState.Connected => Replies.HelloFirst,
            SessionState.Ready => Replies.MailFirst,
            SessionState.Sender => Replies.NoRecipients,
            _ => null,
        };
        if (refusal is not null)
        {
            WireEnd away = await session.Wire.ReadChunkAsync(length, Nowhere.Sink);
            if (away == WireEnd.Complete) session.Say(refusal);
            else session.End(away);
            return;
        }

        Transaction transaction = session.Transaction!;
        MessageIntake intake = transaction.Intake ??= new MessageIntake(session.Room.Spool, session.Room.Options.Limits);
        session.State = SessionState.Chunks;
        WireEnd end = await session.Wire.ReadChunkAsync(length, new Watched(intake));
        if (end != WireEnd.Complete) session.End(end);
        else if (last) await Handover.RunAsync(session, transaction, intake, intake.LineEnds.HasBareCrOrLf);
        else session.Say(intake.Failure ?? Replies.Ok);
    }

    private sealed class Watched(MessageIntake intake) : IDataSink
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
            intake.LineEnds.Read(bytes);
            intake.Write(bytes);
        }
    }

    private sealed class Nowhere : IDataSink
    {
        public static Nowhere Sink { get; } = new();

        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }
}
