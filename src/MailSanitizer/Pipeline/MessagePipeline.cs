using System.Text.Json.Nodes;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Takes one received message through all rooms, in the order of DESIGN.md, and answers for each recipient. The one place where a general catch stands:
/// whatever goes wrong with us is 451, and the MTA keeps the message.
/// </summary>
internal sealed partial class MessagePipeline(
    Assessor assessor,
    CopyPreparer preparer,
    Func<IDecider> decider,
    SandboxDesk desk,
    BranchDelivery delivery,
    HoldRooms holding,
    IHandoverMemory memory,
    IAuditTrail audit,
    IPassCounter passes,
    IPipelineObserver observer,
    TimeProvider time,
    ILogger<MessagePipeline> log) : IMessageReceiver
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<SmtpReply>> ReceiveAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        long started = time.GetTimestamp();
        try
        {
            Answer answer = await DecideAndActAsync(message, cancellation);
            observer.Finished(answer.Decision, message.Original.Length, time.GetElapsedTime(started), answer.Stages);
            return answer.Replies;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The client is gone: nobody would read an answer, and the MTA still has the message.
            throw;
        }
        catch (Exception failure)
        {
            LogFault(message.Id, failure.ToString());
            observer.Finished("tempfailed", message.Original.Length, time.GetElapsedTime(started), new Dictionary<string, double>());
            return [.. message.Envelope.Recipients.Select(_ => SmtpReply.TryAgain(message.Id))];
        }
    }

    private async Task<Answer> DecideAndActAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        Dictionary<string, SmtpReply> replies = new(StringComparer.Ordinal);
        string? ident = message.Envelope.Client.Ident;
        IReadOnlySet<string> done = await memory.DoneAsync(ident, message.Original.Sha256, cancellation);
        foreach (string address in done) replies[address] = new SmtpReply(250, "2.0.0", $"{message.Id} done before");
        IReadOnlyList<Recipient> open = [.. message.Envelope.Recipients.Where(recipient => !done.Contains(recipient.Address))];
        if (open.Count == 0) return new Answer(InOrder(message, replies), "repeated", new Dictionary<string, double>());
        open = await TakeAnswersAsync(message, open, replies, cancellation);
        if (open.Count == 0) return new Answer(InOrder(message, replies), "taken", new Dictionary<string, double>());
        ReceivedMessage rest = message with { Envelope = message.Envelope.For(open) };

        Passes passed = passes.Count(message.Original);
        if (passed.IsLoop)
        {
            LogLoop(message.Id);
            foreach (Recipient recipient in open) replies[recipient.Address] = new SmtpReply(554, "5.4.6", $"{message.Id} mail loop");
            return new Answer(InOrder(message, replies), "loop", new Dictionary<string, double>());
        }

        AssessmentOutcome outcome = await assessor.AssessAsync(rest, [], cancellation);
        if (outcome.Result is null) return Fault(message, replies, open, outcome.Fault ?? "unknown");
        using Assessment seen = outcome.Result;
        (Assessment assessment, Decision decision) = await desk.DecideAsync(seen, decider(), cancellation);
        List<BranchCopy> copies = [];
        try
        {
            foreach (Branch branch in BranchRules.ForWire(decision, assessment.Facts, rest))
            {
                BranchCopy copy = await PrepareAsync(assessment, await holding.Intake.AdmitAsync(rest, assessment.Facts, branch, cancellation), cancellation);
                copies.Add(copy);
                if (copy.Copy?.Fault is { } fault) return Fault(message, replies, open, fault);
            }

            // Promise 11: not begun when less than its share is left.
            if (time.GetUtcNow() > TimeBudget.RebuildEnds(message)) return Fault(message, replies, open, "the time budget is used up before the hand-over");
            JsonObject report = DecisionReport.Build(assessment, decision, [.. copies.Select(copy => copy.Outcome)]);
            await audit.AppendAsync(new AuditEvent("message.decided", message.Id, AuditFields.Decided(message, report)), cancellation);
            IReadOnlyList<Correspondence> touched = await KeepCandidatesAsync(rest, assessment, copies, cancellation);
            foreach (KeyValuePair<string, SmtpReply> reply in await delivery.ActAsync(rest, assessment, copies, report, passed.Ours, cancellation)) replies[reply.Key] = reply.Value;
            holding.Loop.Arrived(touched);
            string word = DecisionReport.Overall([.. copies.Select(copy => copy.Outcome)]);
            LogDecided(message.Id, word, message.Original.Length, string.Join(", ", decision.Branches.SelectMany(branch => branch.Reasons).Distinct()));
            return new Answer(InOrder(message, replies), word, assessment.Times.Snapshot());
        }
        finally
        {
            foreach (BranchCopy copy in copies) copy.Copy?.Dispose();
        }
    }

    // Mail to the address that takes passwords ends here. Whatever it is worth, the answer is the same (promise 9).
    private async Task<IReadOnlyList<Recipient>> TakeAnswersAsync(ReceivedMessage message, IReadOnlyList<Recipient> open, Dictionary<string, SmtpReply> replies, CancellationToken cancellation)
    {
        foreach (Recipient recipient in open.Where(recipient => holding.Replies.Takes(recipient.Address)))
        {
            await holding.Replies.TakeAsync(message with { Envelope = message.Envelope.For([recipient]) }, recipient.Address, cancellation);
            await memory.RememberAsync(message.Envelope.Client.Ident, message.Original.Sha256, [recipient.Address], cancellation);
            replies[recipient.Address] = new SmtpReply(250, "2.0.0", $"{message.Id} taken");
        }

        return [.. open.Where(recipient => !replies.ContainsKey(recipient.Address))];
    }

    // Durable before anything leaves: the mail that brings a password must not be answered and then forgotten. It counts only for readers who get it.
    private async Task<IReadOnlyList<Correspondence>> KeepCandidatesAsync(ReceivedMessage message, Assessment assessment, IReadOnlyList<BranchCopy> copies, CancellationToken cancellation)
    {
        IReadOnlyList<Recipient> readers = [.. copies.Where(copy => copy.Branch.Disposition is Disposition.Deliver or Disposition.Hold).SelectMany(copy => copy.Branch.Recipients)];
        if (readers.Count == 0) return [];
        AuthenticationFacts authentication = assessment.Facts.Authentication;
        ReceivedMessage theirs = message with { Envelope = message.Envelope.For(readers) };
        IReadOnlyList<Correspondence> all = holding.Correspondences.Of(theirs, authentication);
        if (all.Count == 0) return [];
        Func<Correspondence, bool> waits = await holding.Loop.WaitingAsync(all[0].Sender, cancellation);
        await holding.Candidates.KeepAsync(theirs, authentication, assessment.Candidates, waits, cancellation);
        // What is held now may be opened for one of its readers by what that reader got before.
        bool held = copies.Any(copy => copy.Branch.Disposition == Disposition.Hold);
        return [.. all.Where(one => held || waits(one))];
    }

    private async Task<BranchCopy> PrepareAsync(Assessment assessment, Branch branch, CancellationToken cancellation)
    {
        if (branch.Disposition != Disposition.Deliver) return new BranchCopy(branch, null, Outcome(branch, branch.Disposition, null));
        PreparedCopy copy = await preparer.PrepareAsync(assessment, branch, cancellation);
        if (copy.Unproven is not { } why) return new BranchCopy(branch, copy, Outcome(branch, Disposition.Deliver, copy));
        // Promise 4: not proven clean is not delivered.
        Branch kept = branch with { Disposition = Disposition.Quarantine, Reasons = [.. branch.Reasons, $"unproven: {why}"] };
        copy.Dispose();
        return new BranchCopy(kept, null, Outcome(kept, Disposition.Quarantine, null));
    }

    private static BranchOutcome Outcome(Branch branch, Disposition disposition, PreparedCopy? copy) => new()
    {
        Recipients = branch.Recipients,
        Disposition = disposition,
        Reasons = branch.Reasons,
        Changed = copy?.Changed ?? false,
        Changes = copy?.Changes ?? [],
        Done = copy?.Done ?? [],
    };

    private Answer Fault(ReceivedMessage message, Dictionary<string, SmtpReply> replies, IReadOnlyList<Recipient> open, string fault)
    {
        LogFault(message.Id, fault);
        foreach (Recipient recipient in open) replies[recipient.Address] = SmtpReply.TryAgain(message.Id);
        return new Answer(InOrder(message, replies), "tempfailed", new Dictionary<string, double>());
    }

    private static IReadOnlyList<SmtpReply> InOrder(ReceivedMessage message, Dictionary<string, SmtpReply> replies) =>
        [.. message.Envelope.Recipients.Select(recipient => replies.GetValueOrDefault(recipient.Address) ?? SmtpReply.TryAgain(message.Id))];

    [LoggerMessage(1001, LogLevel.Information, "{Id} {Decision}, {Bytes} bytes {Reasons}")]
    private partial void LogDecided(Guid id, string decision, long bytes, string reasons);

    [LoggerMessage(1002, LogLevel.Error, "{Id} answered 451: {Fault}")]
    private partial void LogFault(Guid id, string fault);

    [LoggerMessage(1003, LogLevel.Error, "{Id} is in a mail loop, refused with 554 5.4.6: does next-hop lead back to us?")]
    private partial void LogLoop(Guid id);

    private sealed record Answer(IReadOnlyList<SmtpReply> Replies, string Decision, IReadOnlyDictionary<string, double> Stages);
}

/// <summary>A branch with its prepared copy.</summary>
/// <param name="Branch">What is to be done.</param>
/// <param name="Copy">The copy when it is delivered.</param>
/// <param name="Outcome">For report and audit.</param>
public sealed record BranchCopy(Branch Branch, PreparedCopy? Copy, BranchOutcome Outcome);

/// <summary>Told of each finished message: metrics.</summary>
public interface IPipelineObserver
{
    /// <summary>A message is answered.</summary>
    void Finished(string decision, long bytes, TimeSpan elapsed, IReadOnlyDictionary<string, double> stages);
}
