using System.Collections.Concurrent;
using System.Threading.Channels;
using MailSanitizer.Content;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Works on held mail: ends holds when they are due, and tries what waits whenever its correspondence gave something new. Nothing of it lives only in memory: due times, candidates and what
/// was tried are in the store, so that a new process goes on where a killed one stopped. Correspondences take turns, one message each, so that a flood in one keeps no other waiting.
/// </summary>
internal sealed class HeldLoop(HeldMessages held, IMessageStore store, ICandidateStore rows, CorrespondenceCandidates candidates, GuessingMeter meter, TimeProvider time, ILogger log)
{
    private const int Page = 200;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(30);
    private static readonly StoredState[] Held = [StoredState.HeldWhole, StoredState.HeldPart];
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _notBefore = new();
    private readonly ConcurrentDictionary<Correspondence, byte> _queued = new();
    private readonly Channel<Work> _work = Channel.CreateUnbounded<Work>();

    /// <summary>True when something of this correspondence waits.</summary>
    public async Task<Func<Correspondence, bool>> WaitingAsync(string? sender, CancellationToken cancellation)
    {
        if (sender is null) return _ => false;
        HashSet<string> recipients = new(StringComparer.Ordinal);
        await foreach (StoredMessage row in RowsAsync(sender, cancellation)) foreach (Recipient recipient in row.Unserved) recipients.Add(candidates.Correspondences.RecipientOf(recipient));
        return one => one.Sender == sender && recipients.Contains(one.Recipient);
    }

    /// <summary>A correspondence gave candidates, or something new waits in it.</summary>
    public void Arrived(IEnumerable<Correspondence> correspondences)
    {
        foreach (Correspondence one in correspondences) if (_queued.TryAdd(one, 0)) _work.Writer.TryWrite(new Work(one, null, DateTimeOffset.MinValue));
    }

    /// <summary>
    /// Looks again at what waits for a sandbox: all of it once after a start (what was submitted before is asked for by its ticket), then whatever a verdict came for, until cancelled.
    /// </summary>
    public async Task RunVerdictsAsync(ChannelReader<Guid> came, CancellationToken cancellation)
    {
        await foreach (StoredMessage row in RowsAsync(null, cancellation))
            if (HoldNote.Read(await store.NoteAsync(row.Id, cancellation)).Order.For == "sandbox") await GuardedAsync(row.Id, () => held.LookAgainAsync(row.Id, cancellation));
        await foreach (Guid id in came.ReadAllAsync(cancellation))
            if (await GuardedAsync(id, () => held.LookAgainAsync(id, cancellation)) == HeldOutcome.Fault) log.LogWarning("Held message {Id} could not be decided by its verdict; it is tried again at its time", id);
    }

    /// <summary>Ends holds that are due, until cancelled.</summary>
    public async Task RunTimersAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(Poll, time);
        do
        {
            try
            {
                await EndDueAsync(cancellation);
            }
            catch (Exception failure) when (failure is IOException or InvalidDataException)
            {
                log.LogError(failure, "Held mail could not be looked at; it is tried again");
            }
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>Tries what waits, until cancelled; begins with all that a process before this one may have left untried.</summary>
    public async Task RunMatchesAsync(CancellationToken cancellation)
    {
        await foreach (StoredMessage row in RowsAsync(null, cancellation))
        {
            if (row.Correspondence is { } sender) Arrived(row.Unserved.Select(recipient => new Correspondence(sender, candidates.Correspondences.RecipientOf(recipient))));
        }

        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => MatchAsync(cancellation)));
    }

    private async Task EndDueAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((Guid id, DateTimeOffset until) in _notBefore) if (until <= now) _notBefore.TryRemove(id, out _);
        for (int skip = 0; ;)
        {
            IReadOnlyList<StoredMessage> due = await store.ListAsync(new StoreQuery { States = Held, DueBefore = now, OldestFirst = true, Skip = skip, Take = Page }, cancellation);
            foreach (StoredMessage row in due)
            {
                if (_notBefore.ContainsKey(row.Id) || await GuardedAsync(row.Id, () => held.EndAsync(row.Id, cancellation)) is HeldOutcome.Fault or HeldOutcome.Waits) skip++;
            }

            if (due.Count < Page) return;
        }
    }

    private async Task MatchAsync(CancellationToken cancellation)
    {
        await foreach (Work work in _work.Reader.ReadAllAsync(cancellation))
        {
            Work? more;
            try
            {
                more = await StepAsync(work, cancellation);
            }
            catch (Exception failure) when (failure is IOException or InvalidDataException)
            {
                log.LogError(failure, "Held mail could not be matched; it is tried again");
                more = work with { NotBefore = time.GetUtcNow() + AfterFault };
            }

            if (more is null) continue;
            if (more.NotBefore > time.GetUtcNow()) _ = LaterAsync(more, cancellation);
            else _work.Writer.TryWrite(more);
        }
    }

    // One message of one correspondence; the rest waits behind the others' turns.
    private async Task<Work?> StepAsync(Work work, CancellationToken cancellation)
    {
        Correspondence one = work.Correspondence;
        if (meter.Left(one.ToString()) <= TimeSpan.Zero) return work with { NotBefore = time.GetUtcNow() + AfterFault };
        if (work.Round is not { } round)
        {
            // From here on a newer mail makes a round of its own.
            _queued.TryRemove(one, out _);
            round = new Round(await rows.LastAsync(one.ToString(), cancellation), [.. (await candidates.TokensAsync(one, cancellation))], new Queue<Guid>());
            await foreach (StoredMessage row in RowsAsync(one.Sender, cancellation))
            {
                if (row.Unserved.Any(recipient => candidates.Correspondences.RecipientOf(recipient) == one.Recipient) && HoldNote.Read(await store.NoteAsync(row.Id, cancellation)).Tried.GetValueOrDefault(one.Recipient) < round.Last) round.Left.Enqueue(row.Id);
            }
        }

        if (!round.Left.TryDequeue(out Guid id))
        {
            await rows.ForgetTokensAsync(one.ToString(), round.Last, cancellation);
            return null;
        }

        // All readers that were sent the same are served by one look; words of a text are tried for the one who got it.
        HeldOutcome outcome = await GuardedAsync(id, () => held.TryAsync(id, HeldAttempt.Again, cancellation));
        if (outcome == HeldOutcome.Waits && round.Tokens.Count > 0)
            outcome = await GuardedAsync(id, () => held.TryAsync(id, new HeldAttempt(round.Tokens, recipient => candidates.Correspondences.RecipientOf(recipient) == one.Recipient), cancellation));
        if (outcome == HeldOutcome.Fault) _ = LaterAsync(new Work(one, round with { Left = new Queue<Guid>([id]) }, time.GetUtcNow() + AfterFault), cancellation);
        else if (outcome == HeldOutcome.Waits) await held.NoteAsync(id, note => note with { Tried = new Dictionary<string, long>(note.Tried) { [one.Recipient] = round.Last } }, cancellation);
        return work with { Round = round, NotBefore = DateTimeOffset.MinValue };
    }

    // One message whose folder is damaged, or that runs into a bug of ours, must not stop the others.
    private async Task<HeldOutcome> GuardedAsync(Guid id, Func<Task<HeldOutcome>> work)
    {
        try
        {
            HeldOutcome outcome = await work();
            if (outcome == HeldOutcome.Fault) _notBefore[id] = time.GetUtcNow() + AfterFault;
            return outcome;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            log.LogError(failure, "Held message {Id} could not be looked at; it is tried again", id);
            _notBefore[id] = time.GetUtcNow() + AfterFault;
            return HeldOutcome.Fault;
        }
    }

    private async Task LaterAsync(Work work, CancellationToken cancellation)
    {
        try
        {
            TimeSpan wait = work.NotBefore - time.GetUtcNow();
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellation);
            _work.Writer.TryWrite(work);
        }
        catch (OperationCanceledException)
        {
            // Closing: what was not tried stands in the store.
        }
    }

    private async IAsyncEnumerable<StoredMessage> RowsAsync(string? sender, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        // Read whole before anything is done with them: states change under a page otherwise.
        List<StoredMessage> all = [];
        for (int skip = 0; ; skip += 1000)
        {
            IReadOnlyList<StoredMessage> page = await store.ListAsync(new StoreQuery { States = Held, Correspondence = sender, OldestFirst = true, Skip = skip, Take = 1000 }, cancellation);
            all.AddRange(page);
            if (page.Count < 1000) break;
        }

        foreach (StoredMessage row in all) yield return row;
    }

    private sealed record Round(long Last, IReadOnlyList<Password> Tokens, Queue<Guid> Left);

    private sealed record Work(Correspondence Correspondence, Round? Round, DateTimeOffset NotBefore);
}
