namespace MailSanitizer.Reception.Commands;

/// <summary>DATA (RFC 5321 4.1.1.4).</summary>
internal sealed class Data : ICommand
{
    /// <inheritdoc/>
    public async ValueTask RunAsync(Session session, string arguments)
    {
        if (arguments.Length > 0)
        {
            session.Say(Replies.Syntax);
            if (session.Wire.HasMore()) session.Closing = true;
            return;
        }

        Transaction transaction = session.Transaction!;
        MessageIntake intake = transaction.Intake = new MessageIntake(session.Room.Spool, session.Room.Options.Limits);
        session.Wire.Say(Replies.GoOn);
        DataReader reader = new();
        WireEnd end = await session.Wire.ReadDataAsync(reader, intake);
        if (end == WireEnd.Complete) await Handover.RunAsync(session, transaction, intake, reader.HasBareCrOrLf);
        else session.End(end);
    }
}
