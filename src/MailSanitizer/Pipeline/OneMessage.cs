using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MailSanitizer.Configuration;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules;
using MailSanitizer.Sealing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Pipeline;

/// <summary>What became of one message or file that was cleaned on the command line.</summary>
public sealed record OneMessageResult
{
    /// <summary><c>unchanged</c>, <c>changed</c>, <c>held</c>, <c>quarantined</c>, <c>rejected</c>.</summary>
    public string Decision { get; init; } = "";

    /// <summary>The report.</summary>
    public JsonObject? Report { get; init; }

    /// <summary>What would go out, or null when nothing would.</summary>
    public IMailBytes? Content { get; init; }

    /// <summary>New name of a single file (<c>.docm</c> became <c>.docx</c>), or null.</summary>
    public string? FileName { get; init; }

    /// <summary>Why a file could not be written without its active content, or null.</summary>
    public string? Refusal { get; init; }

    /// <summary>Why nothing could be decided, or null.</summary>
    public string? Fault { get; init; }

    /// <summary>Writes what would go out.</summary>
    public async Task CopyToAsync(string path, CancellationToken cancellation)
    {
        await using FileStream file = File.Create(path);
        await using Stream content = Content!.OpenRead();
        await content.CopyToAsync(file, cancellation);
    }
}

/// <summary>The pipeline for one message without a server: nothing is kept, nothing is sent.</summary>
public sealed class OneMessage : IAsyncDisposable
{
    private readonly ContentRooms _rooms;
    private readonly ISealer _sealer;
    private readonly IDecider _decider;
    private readonly List<IDisposable> _owned = [];

    /// <summary>Rooms over a temporary folder.</summary>
    public OneMessage(Settings settings, string folder)
    {
        RuleSet rules = RulesInForce.Read(settings);
        OwnAndRuleCandidates candidates = new(rules, new Directions(settings.LocalDomains, settings.InternalNetworks));
        _rooms = ContentRooms.Open(settings, folder, Composition.Authenticator(settings), candidates, TimeProvider.System, NullLoggerFactory.Instance);
        // Nobody checks a mark made here: the daemon's key never leaves its state folder.
        _sealer = new Sealer(Composition.SealingOptions(settings, RandomNumberGenerator.GetBytes(SecretKey.Length)), _rooms.Spool, TimeProvider.System);
        _decider = rules;
    }

    /// <summary>Cleans a message.</summary>
    public async Task<OneMessageResult> CleanAsync(Stream source, Envelope envelope, IReadOnlyList<Password> passwords, CancellationToken cancellation)
    {
        ReceivedMessage message = Message(source, envelope, fileName: null);
        (OneMessageResult result, Assessment? assessment, Branch? branch, PreparedCopy? copy) = await RunAsync(message, _decider, passwords, cancellation);
        return copy?.Content is null ? result : result with { Content = Own(Seal(assessment!, branch!, copy)) };
    }

    /// <summary>Disarms one file. A file that could only be replaced by a notice is <c>quarantined</c>: there is nothing of it to give back.</summary>
    public async Task<OneMessageResult> DisarmAsync(Stream source, string fileName, IReadOnlyList<Password> passwords, CancellationToken cancellation)
    {
        Envelope nobody = new() { MailFrom = "", Recipients = [new Recipient("file@localhost")], PeerHelo = "localhost", PeerAddress = "127.0.0.1" };
        // Rules speak of mail: of a file, every active finding is taken out.
        (OneMessageResult result, _, _, PreparedCopy? copy) = await RunAsync(Message(source, nobody, fileName), RuleSet.Empty, passwords, cancellation);
        if (copy?.Content is null) return result;
        if (copy.Changes.FirstOrDefault(change => change is { Path: "", Done: "disarm-failed" or "replaced" }) is { } failed)
        {
            result.Report!["decision"] = "quarantined";
            return result with { Decision = "quarantined", Refusal = failed.Detail };
        }

        return result with { Content = copy.Content, FileName = copy.FileName };
    }

    private ReceivedMessage Message(Stream source, Envelope envelope, string? fileName)
    {
        IMailBytes original = Own(_rooms.Spool.Copy(source));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new ReceivedMessage(Guid.CreateVersion7(now), envelope, original, new ListenerFacts("command line", "after-queue", "auto"), now, now + TimeBudget.AfterQueue)
        {
            HasBareCrOrLf = false,
            FileName = fileName,
        };
    }

    private async Task<(OneMessageResult Result, Assessment? Assessment, Branch? Branch, PreparedCopy? Copy)> RunAsync(
        ReceivedMessage message, IDecider decider, IReadOnlyList<Password> passwords, CancellationToken cancellation)
    {
        AssessmentOutcome outcome = await _rooms.Assessor.AssessAsync(message, passwords, cancellation);
        if (outcome.Result is null) return (new OneMessageResult { Fault = outcome.Fault }, null, null, null);
        Assessment assessment = Own(outcome.Result);
        Decision decision = decider.Decide(assessment.Facts);
        Branch branch = decision.Branches[0];
        PreparedCopy? copy = branch.Disposition == Disposition.Deliver ? Own(await _rooms.Preparer.PrepareAsync(assessment, branch, cancellation)) : null;
        if (copy?.Fault is { } fault) return (new OneMessageResult { Fault = fault }, null, null, null);
        BranchOutcome done = new()
        {
            Recipients = branch.Recipients,
            Disposition = copy?.Content is not null || branch.Disposition != Disposition.Deliver ? branch.Disposition : Disposition.Quarantine,
            Reasons = copy?.Unproven is { } why ? [.. branch.Reasons, $"unproven: {why}"] : branch.Reasons,
            Changed = copy?.Changed ?? false,
            Changes = copy?.Changes ?? [],
            Done = copy?.Done ?? [],
        };
        return (new OneMessageResult { Decision = DecisionReport.Overall([done]), Report = DecisionReport.Build(assessment, decision, [done]) }, assessment, branch, copy);
    }

    /// <summary>The password candidates of a message, best first; or the fault that prevented looking.</summary>
    public async Task<(IReadOnlyList<CandidateFact> Candidates, string? Fault)> CandidatesAsync(Stream source, CancellationToken cancellation)
    {
        IMailBytes original = Own(_rooms.Spool.Copy(source));
        WalkOutcome outcome = Own(await _rooms.Workers.WalkAsync(original, new WalkOrder { Limits = _rooms.Options.Limits, Send = [] }, cancellation));
        return outcome.Result is { } walk
            ? ([.. walk.Candidates.OrderBy(candidate => candidate.Rank)], null)
            : ([], outcome.Fault ?? "the message ended the process that looked at it");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        for (int at = _owned.Count - 1; at >= 0; at--) _owned[at].Dispose();
        await _rooms.DisposeAsync();
    }

    private IMailBytes Seal(Assessment assessment, Branch branch, PreparedCopy copy)
    {
        string received = ReceivedField.Build(_rooms.Options.HostName, assessment.Message);
        List<KeyValuePair<string, string>> fields = CopySealer.Fields(assessment, branch, copy, _rooms.Scanner);
        using SealedMessage ready = _sealer.Seal(copy.Content!, assessment.Facts.Authentication, new SealOrder(assessment.Message.Id, assessment.Facts.Directions[0], fields, received));
        return _rooms.Spool.Copy(ready.Message);
    }

    private T Own<T>(T thing)
        where T : IDisposable
    {
        _owned.Add(thing);
        return thing;
    }
}
