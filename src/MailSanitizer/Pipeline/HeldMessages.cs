using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Quarantine;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>How a look at a held message ended.</summary>
public enum HeldOutcome
{
    /// <summary>It is not held (any more).</summary>
    Gone,

    /// <summary>It waits on.</summary>
    Waits,

    /// <summary>Some or all of its recipients get it.</summary>
    Unlocked,

    /// <summary>What was opened, or what was left, went to quarantine.</summary>
    Quarantined,

    /// <summary>It went on with a notice; the part waits.</summary>
    WentOn,

    /// <summary>Its hold ended without a password.</summary>
    Ended,

    /// <summary>A fault of ours: nothing happened, it is tried again.</summary>
    Fault,
}

/// <summary>Passwords beyond those that the correspondence has, and whom they are for.</summary>
/// <param name="Passwords">To try first. Secrets.</param>
/// <param name="Concerns">The recipients for whom they count.</param>
public sealed record HeldAttempt(IReadOnlyList<Password> Passwords, Func<Recipient, bool> Concerns)
{
    /// <summary>For everybody, with what their correspondences have.</summary>
    public static HeldAttempt Again { get; } = new([], _ => true);
}

/// <summary>
/// Decides held mail again, in full, whenever something came for it or its time is up: by the rules then in force, with what was true on arrival. Each step is its audit event, then one
/// transaction that moves the state and queues what goes out; cut off anywhere, it is done again and doubles nothing.
/// </summary>
internal sealed partial class HeldMessages(
    IMessageStore store,
    Assessor assessor,
    Func<IDecider> decider,
    SandboxDesk desk,
    HeldCopies copies,
    StoredCopies stored,
    CorrespondenceCandidates candidates,
    HeldNotices notices,
    IAuditTrail audit,
    Func<QuarantineOptions> quarantine,
    Func<HeldOptions> options,
    TimeProvider time,
    ILogger log)
{
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> _turns = new();

    /// <summary>Tries to open it for the recipients that the attempt concerns, each with no more than was sent to them.</summary>
    public Task<HeldOutcome> TryAsync(Guid id, HeldAttempt attempt, CancellationToken cancellation) => InTurnAsync(id, async held =>
    {
        IReadOnlyList<Recipient> concerned = [.. held.Row.Unserved.Where(attempt.Concerns)];
        HeldOutcome outcome = HeldOutcome.Waits;
        foreach ((IReadOnlyList<Recipient> group, bool has) in await GroupsAsync(held, concerned, cancellation))
        {
            // Nothing was sent to these since it came.
            if (!has && attempt.Passwords.Count == 0) continue;
            // A group that was served changes the row for the next one.
            using HeldMessage? now = outcome == HeldOutcome.Waits ? null : await HeldMessage.OpenAsync(store, id, cancellation);
            if (outcome != HeldOutcome.Waits && now is null) return outcome;
            HeldOutcome one = await DecideAsync(now ?? held, group, attempt.Passwords, atEnd: false, cancellation);
            if (one is HeldOutcome.Fault or HeldOutcome.Quarantined) return one;
            if (one != HeldOutcome.Waits) outcome = one;
        }

        return outcome;
    }, cancellation);

    /// <summary>Something else than a password came for it (a sandbox's verdict): decided once more for everybody.</summary>
    public Task<HeldOutcome> LookAgainAsync(Guid id, CancellationToken cancellation) =>
        InTurnAsync(id, held => DecideAsync(held, held.Row.Unserved, [], atEnd: false, cancellation), cancellation);

    /// <summary>Its time is up: decided once more, then on with a notice, or to its end.</summary>
    public Task<HeldOutcome> EndAsync(Guid id, CancellationToken cancellation) => InTurnAsync(id, async held =>
    {
        if (held.Row.DueAt is { } due && due > time.GetUtcNow()) return HeldOutcome.Waits;
        IReadOnlyList<(IReadOnlyList<Recipient> Recipients, bool Has)> groups = await GroupsAsync(held, held.Row.Unserved, cancellation);
        if (groups.Count > 1)
        {
            foreach ((IReadOnlyList<Recipient> group, _) in groups)
            {
                HeldOutcome one = await DecideAsync(held, group, [], atEnd: false, cancellation);
                // Served or faulted: whoever is left is looked at in the next round, with the row as it is then.
                if (one != HeldOutcome.Waits) return one;
            }
        }

        return await DecideAsync(held, held.Row.Unserved, [], atEnd: true, cancellation);
    }, cancellation);

    /// <summary>A person ends the hold: it is in quarantine then, to be released or not. False when it is not held.</summary>
    public async Task<bool> ToQuarantineAsync(Guid id, AuditEvent why, CancellationToken cancellation) => await InTurnAsync(id, async held =>
    {
        await audit.AppendAsync(why, cancellation);
        return await store.TransitionAsync(id, held.Row.State, StoredState.Quarantined, quarantine().DueAt(held.Row.Reasons, time.GetUtcNow()), [], cancellation) ? HeldOutcome.Quarantined : HeldOutcome.Gone;
    }, cancellation) == HeldOutcome.Quarantined;

    /// <summary>Changes the note, in turn with everything else. False when it is not held.</summary>
    public async Task<bool> NoteAsync(Guid id, Func<HoldNote, HoldNote?> change, CancellationToken cancellation) => await InTurnAsync(id, async held =>
    {
        if (change(held.Note) is not { } changed) return HeldOutcome.Gone;
        await store.WriteNoteAsync(id, changed.Write(), cancellation);
        return HeldOutcome.Waits;
    }, cancellation) == HeldOutcome.Waits;

    private async Task<HeldOutcome> InTurnAsync(Guid id, Func<HeldMessage, Task<HeldOutcome>> work, CancellationToken cancellation)
    {
        SemaphoreSlim turn = _turns.GetOrAdd(id, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellation);
        try
        {
            using HeldMessage? held = await HeldMessage.OpenAsync(store, id, cancellation);
            if (held is not null) return await work(held);
            _turns.TryRemove(id, out _);
            return HeldOutcome.Gone;
        }
        finally
        {
            turn.Release();
        }
    }

    // Recipients that were sent the same passwords are decided together: a list of a thousand readers is one look, not a thousand.
    private async Task<IReadOnlyList<(IReadOnlyList<Recipient> Recipients, bool Has)>> GroupsAsync(HeldMessage held, IReadOnlyList<Recipient> recipients, CancellationToken cancellation)
    {
        Dictionary<string, List<Recipient>> groups = new(StringComparer.Ordinal);
        foreach (Recipient recipient in recipients)
        {
            IReadOnlyList<Password> passwords = await candidates.OthersAsync([new Correspondence(held.Note.Sender, candidates.Correspondences.RecipientOf(recipient))], cancellation);
            string key = string.Join('\0', passwords.Select(password => password.Text).Order(StringComparer.Ordinal));
            if (!groups.TryGetValue(key, out List<Recipient>? group)) groups[key] = group = [];
            group.Add(recipient);
        }

        return [.. groups.Select(group => ((IReadOnlyList<Recipient>)group.Value, group.Key.Length > 0))];
    }

    private async Task<HeldOutcome> DecideAsync(HeldMessage held, IReadOnlyList<Recipient> recipients, IReadOnlyList<Password> passwords, bool atEnd, CancellationToken cancellation)
    {
        if (recipients.Count == 0) return await EndedAsync(held, cancellation);
        ReceivedMessage message = held.For(recipients, time.GetUtcNow());
        AssessmentOutcome seen = await assessor.AssessAsync(message, passwords, cancellation, held.Arrival);
        if (seen.Result is not { } assessment) return Faulted(held, seen.Fault);
        using (assessment)
        {
            List<OutboxEntry> entries = [];
            try
            {
                (Assessment judged, Decision decision) = await desk.DecideAsync(assessment, decider(), cancellation);
                return await ActAsync(held, judged, decision, entries, atEnd, cancellation);
            }
            finally
            {
                foreach (OutboxEntry entry in entries) entry.Content?.Dispose();
            }
        }
    }

    private async Task<HeldOutcome> ActAsync(HeldMessage held, Assessment assessment, Decision decision, List<OutboxEntry> entries, bool atEnd, CancellationToken cancellation)
    {
        List<string> keep = [];
        List<Recipient> served = [];
        List<BranchOutcome> outcomes = [];
        HeldEnd end = new(held, assessment);
        foreach (Branch branch in BranchRules.ForWire(decision, assessment.Facts, assessment.Message))
        {
            HeldEntries made;
            switch (branch.Disposition)
            {
                case Disposition.Deliver:
                    made = held.Row.State == StoredState.HeldPart ? await copies.FollowUpAsync(assessment, branch, held.Note.Parts, cancellation) : await copies.WholeAsync(assessment, branch, cancellation);
                    served.AddRange(branch.Recipients);
                    break;
                case Disposition.Hold when !atEnd:
                    continue;
                case Disposition.Hold:
                    made = await end.WithoutAsync(copies, branch, time.GetUtcNow(), cancellation);
                    break;
                default:
                    made = new HeldEntries([], Unproven: string.Join(", ", branch.Reasons));
                    break;
            }

            if (made.Fault is { } fault) return Faulted(held, fault);
            entries.AddRange(made.Entries);
            if (made.Unproven is { } why) keep.Add(why);
            outcomes.Add(new BranchOutcome { Recipients = branch.Recipients, Disposition = made.Entries.Count > 0 ? Disposition.Deliver : Disposition.Quarantine, Reasons = branch.Reasons, Changed = made.Copy?.Changed ?? false, Changes = made.Copy?.Changes ?? [], Done = made.Copy?.Done ?? [] });
        }

        if (outcomes.Count == 0) return HeldOutcome.Waits;
        JsonObject report = DecisionReport.Build(assessment, decision, outcomes);
        // Content that one reader's password opened to something bad is bad for every reader of it.
        if (keep.Count > 0) return await QuarantineAsync(held, assessment, keep, report, cancellation);
        if (served.Count > 0 && !end.HasMore) return await ServeAsync(held, assessment, served, entries, report, cancellation);
        return await GoOnAsync(held, assessment, end, served, entries, report, cancellation);
    }

    private async Task<HeldOutcome> ServeAsync(HeldMessage held, Assessment assessment, List<Recipient> served, List<OutboxEntry> entries, JsonObject report, CancellationToken cancellation)
    {
        bool all = held.Row.Unserved.All(recipient => served.Any(one => one.Address == recipient.Address));
        string[] sources = [.. assessment.Opened.Select(password => password.Source).Distinct()];
        await audit.AppendAsync(notices.Event("message.unlocked", held, served, new JsonObject { ["opened_with"] = new JsonArray([.. sources.Select(source => (JsonNode)source)]), ["report"] = report.DeepClone() }), cancellation);
        if (held.Row.State == StoredState.HeldPart) await audit.AppendAsync(notices.Event("message.follow-up", held, served, []), cancellation);
        DateTimeOffset? due = all ? time.GetUtcNow() + options().KeepFinished : held.Row.DueAt;
        bool moved = await store.TransitionAsync(held.Row.Id, held.Row.State, all ? StoredState.Unlocked : held.Row.State, due, entries, cancellation);
        LogUnlocked(held.Row.Id, served.Count, string.Join(", ", sources));
        return moved ? HeldOutcome.Unlocked : HeldOutcome.Gone;
    }

    private async Task<HeldOutcome> QuarantineAsync(HeldMessage held, Assessment assessment, List<string> why, JsonObject report, CancellationToken cancellation)
    {
        DateTimeOffset due = quarantine().DueAt([.. held.Row.Reasons, .. why], time.GetUtcNow());
        await audit.AppendAsync(notices.Event("message.quarantined", held, held.Row.Unserved, new JsonObject { ["reasons"] = new JsonArray([.. why.Select(reason => (JsonNode)reason)]), ["report"] = report }), cancellation);
        await stored.TellAsync(assessment, held.Row, "quarantined", due, cancellation);
        return await store.TransitionAsync(held.Row.Id, held.Row.State, StoredState.Quarantined, due, [], cancellation) ? HeldOutcome.Quarantined : HeldOutcome.Gone;
    }

    private async Task<HeldOutcome> GoOnAsync(HeldMessage held, Assessment assessment, HeldEnd end, List<Recipient> served, List<OutboxEntry> entries, JsonObject report, CancellationToken cancellation)
    {
        StoredMessage row = held.Row;
        if (served.Count > 0) await audit.AppendAsync(notices.Event("message.unlocked", held, served, []), cancellation);
        if (end.Until is { } until)
        {
            await store.WriteNoteAsync(row.Id, (held.Note with { Parts = end.Parts }).Write(), cancellation);
            await audit.AppendAsync(notices.Event("message.held-part", held, end.Recipients, new JsonObject { ["due"] = until.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture), ["report"] = report }), cancellation);
            await notices.TellHeldPartAsync(assessment, row with { ReleasedTo = [.. row.ReleasedTo, .. served.Select(recipient => recipient.Address)] }, end.Parts, until, cancellation);
            return await store.TransitionAsync(row.Id, row.State, StoredState.HeldPart, until, entries, cancellation) ? HeldOutcome.WentOn : HeldOutcome.Gone;
        }

        if (end.Returns)
        {
            entries.Add(copies.Returned(held, end.Recipients));
            await audit.AppendAsync(notices.Event("message.returned", held, end.Recipients, []), cancellation);
            return await store.TransitionAsync(row.Id, row.State, StoredState.Expired, time.GetUtcNow() + options().KeepFinished, entries, cancellation) ? HeldOutcome.Ended : HeldOutcome.Gone;
        }

        await audit.AppendAsync(notices.Event("message.expired", held, end.Recipients, new JsonObject { ["report"] = report }), cancellation);
        if (end.LeavesPart) return await store.TransitionAsync(row.Id, row.State, StoredState.Expired, time.GetUtcNow() + options().KeepFinished, entries, cancellation) ? HeldOutcome.Ended : HeldOutcome.Gone;
        DateTimeOffset due = quarantine().DueAt(row.Reasons, time.GetUtcNow());
        await audit.AppendAsync(notices.Event("message.quarantined", held, end.Recipients, new JsonObject { ["reasons"] = new JsonArray([.. row.Reasons.Select(reason => (JsonNode)reason)]) }), cancellation);
        await stored.TellAsync(assessment, row, row.State == StoredState.HeldPart ? "expired" : "quarantined", due, cancellation);
        return await store.TransitionAsync(row.Id, row.State, StoredState.Quarantined, due, entries, cancellation) ? HeldOutcome.Ended : HeldOutcome.Gone;
    }

    // Everybody has it already (the last one was served when the process died before the state moved).
    private async Task<HeldOutcome> EndedAsync(HeldMessage held, CancellationToken cancellation) =>
        await store.TransitionAsync(held.Row.Id, held.Row.State, StoredState.Unlocked, time.GetUtcNow() + options().KeepFinished, [], cancellation) ? HeldOutcome.Unlocked : HeldOutcome.Gone;

    private HeldOutcome Faulted(HeldMessage held, string? fault)
    {
        LogFault(held.Row.Id, fault ?? "unknown");
        return HeldOutcome.Fault;
    }

    [LoggerMessage(1010, LogLevel.Information, "{Id} unlocked for {Recipients} recipients ({Sources})")]
    private partial void LogUnlocked(Guid id, int recipients, string sources);

    [LoggerMessage(1011, LogLevel.Error, "Held message {Id} cannot be decided now: {Fault}; it waits on")]
    private partial void LogFault(Guid id, string fault);
}
