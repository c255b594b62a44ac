using MailSanitizer.Mail;

namespace MailSanitizer.Reception;

/// <summary>Gives a complete message to the receiver and its replies to the peer.</summary>
internal static class Handover
{
    // What a receiver that misses its deadline gets to wind up in.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Hands over, answers, ends the transaction. The session closes without an answer when the peer is gone.</summary>
    public static async Task RunAsync(Session session, Transaction transaction, MessageIntake intake, bool hasBareCrOrLf)
    {
        IMailBytes? bytes = intake.Complete();
        session.CountMessage();
        if (bytes is null)
        {
            Answer(session, [.. transaction.Recipients.Select(_ => intake.Failure!)]);
        }
        else
        {
            // Commands that came in one group with the content get their replies before the long wait, not behind it. A peer that waited for 354 has them already.
            if (!await session.Wire.FlushAsync())
            {
                bytes.Dispose();
                session.Closing = true;
                return;
            }

            Envelope envelope = transaction.Envelope with { Recipients = [.. transaction.Recipients] };
            IReadOnlyList<SmtpReply>? replies = await ReceiveAsync(session, envelope, bytes, hasBareCrOrLf);
            if (replies is null) session.Closing = true;
            else Answer(session, replies);
        }

        session.Reset();
    }

    private static async Task<IReadOnlyList<SmtpReply>?> ReceiveAsync(Session session, Envelope envelope, IMailBytes bytes, bool hasBareCrOrLf)
    {
        MailReception room = session.Room;
        DateTimeOffset now = room.Time.GetUtcNow();
        TimeSpan budget = session.Listener.Mode == "before-queue" ? room.Options.BeforeQueueTime : room.Options.AfterQueueTime;
        ReceivedMessage message = new(Guid.CreateVersion7(now), envelope, bytes, session.Listener.Facts, now, now + budget) { HasBareCrOrLf = hasBareCrOrLf };
        using CancellationTokenSource late = new(budget, room.Time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, session.Connection.ConnectionClosed);
        Task<IReadOnlyList<SmtpReply>> receiving = Task.Run(() => room.Receiver.ReceiveAsync(message, stop.Token), CancellationToken.None);
        // The bytes belong to the receiver until it has returned, however long after its deadline that is.
        _ = receiving.ContinueWith(static (done, held) =>
        {
            _ = done.Exception;
            ((IMailBytes)held!).Dispose();
        }, bytes, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            IReadOnlyList<SmtpReply> replies = await receiving.WaitAsync(budget + Grace, room.Time, CancellationToken.None);
            if (replies.Count == envelope.Recipients.Count) return replies;
            room.Logger.LogError("{Id}: {Count} replies for {Recipients} recipients", message.Id, replies.Count, envelope.Recipients.Count);
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or TimeoutException)
        {
            if (session.Connection.ConnectionClosed.IsCancellationRequested)
            {
                room.Logger.LogWarning("{Id}: {Peer} went away before our answer", message.Id, session.PeerAddress);
                return null;
            }

            room.Logger.LogError("{Id}: no decision within {Budget}", message.Id, budget);
        }
        catch (Exception failure)
        {
            // The receiver promises not to throw. If it does, the peer keeps the mail: 451, and the bug is in the log.
            room.Logger.LogError(failure, "{Id}: the receiver failed", message.Id);
        }

        return [.. envelope.Recipients.Select(_ => SmtpReply.TryAgain(message.Id))];
    }

    private static void Answer(Session session, IReadOnlyList<SmtpReply> replies)
    {
        if (!session.IsLmtp)
        {
            session.Wire.Say(Speakable(Fold(replies)));
            return;
        }

        foreach (SmtpReply reply in replies) session.Wire.Say(Speakable(reply));
    }

    /// <summary>One reply for all. The receiver made them equal; where it did not, the peer keeps the mail rather than losing one recipient's copy.</summary>
    internal static SmtpReply Fold(IReadOnlyList<SmtpReply> replies)
    {
        SmtpReply first = replies[0];
        if (replies.All(reply => reply.Code / 100 == first.Code / 100)) return first;
        return replies.FirstOrDefault(reply => reply.IsTransient) ?? new SmtpReply(451, "4.3.0", "Recipients ended differently, try again later");
    }

    // 421 would tell the peer that we close, and codes outside 2xx, 4xx and 5xx would be read as an answer to something else.
    private static SmtpReply Speakable(SmtpReply reply) => reply switch
    {
        { Code: 421 } => reply with { Code = 451 },
        { IsPositive: true, Code: not 250 } => reply with { Code = 250 },
        { IsPositive: true } or { IsTransient: true } or { IsPermanent: true } => reply,
        _ => new SmtpReply(451, "4.3.0", "temporary failure, try again later"),
    };
}
