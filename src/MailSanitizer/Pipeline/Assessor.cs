using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Looks at a message: authentication beside the walk, again with passwords while something is locked, then the scan. Says what was seen, decides nothing.
/// A fault of ours is a value, never a finding.
/// </summary>
public sealed class Assessor(
    IContentWorkers workers,
    IScanner scanner,
    IAuthenticator authenticator,
    ICandidateSource candidates,
    Func<PipelineOptions> options,
    TimeProvider time)
{
    // DESIGN.md, "The path of one message": three rounds at most; each opens at least one lock more, or is the last.
    private const int PasswordRounds = 3;

    /// <summary>
    /// Assesses. <paramref name="extraPasswords"/> come first (an operator's, a later mail's). With <paramref name="arrival"/> the message came earlier: what was judged then stands,
    /// and its content alone is looked at with today's eyes.
    /// </summary>
    public async Task<AssessmentOutcome> AssessAsync(ReceivedMessage message, IReadOnlyList<Password> extraPasswords, CancellationToken cancellation, Arrival? arrival = null)
    {
        PipelineOptions now = options();
        StageTimes times = new();
        IReadOnlyList<Direction> directions = now.Directions.Of(message.Envelope, message.Listener);

        Task<AuthenticationFacts> authentication = arrival is not null ? Task.FromResult(arrival.Authentication)
            : message.FileName is null && directions.Contains(Direction.Inbound)
            ? TimedAsync(times, "authenticate", () => authenticator.AuthenticateAsync(message.Envelope, message.Original, cancellation))
            : Task.FromResult(AuthenticationFacts.None);
        WalkRound walked = await WalkAsync(message, extraPasswords, authentication, now, times, cancellation);
        AuthenticationFacts vouched = await authentication;
        if (walked.Outcome.Fault is { } fault)
        {
            walked.Outcome.Dispose();
            return new AssessmentOutcome(null, fault);
        }

        WalkResult? walk = walked.Outcome.Result;
        IReadOnlyList<ScanFact> scans = [];
        IReadOnlyList<HeaderFact> headers = message.FileName is null ? HeaderFacts.Read(message.Original) : [];
        List<FindingFact> findings = [.. walk?.Findings ?? [], .. vouched.Findings, .. OwnFindings(message, walked.Outcome.Died)];
        if (walked.MeterEmpty) findings.Add(new FindingFact(WalkFindings.GuessingLimit.Id, "", "", "the correspondence has used up its processor time for now", null));
        if (directions.Contains(Direction.Inbound) && now.Imitation?.Of(headers, walk?.Links ?? []) is { } imitated) findings.Add(new FindingFact(HoldingFindings.NoticeImitation.Id, "", imitated, "only we write such mail, and this came from outside", null));
        if (walk is not null)
        {
            // A scanner that answers each leaf late is late for the message too: the budget is the message's (promise 11).
            using CancellationTokenSource limit = Until(TimeBudget.ScanEnds(message), cancellation);
            try
            {
                scans = await TimedAsync(times, "scan", () => scanner.ScanAsync(Items(message, walk, now), limit.Token));
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                walk.Dispose();
                return new AssessmentOutcome(null, "the scan was not done within its share of the time budget");
            }

            if (!now.AcceptUnscanned && scans.FirstOrDefault(scan => scan.Outcome == ScanOutcome.Unavailable) is { } silent)
            {
                walk.Dispose();
                return new AssessmentOutcome(null, $"{silent.Engine}: {silent.Name}");
            }

            findings.AddRange(ScanFindings(walk, scans, scanner.ReducedScan is not null || now.AcceptUnscanned));
        }

        MessageFacts facts = new()
        {
            Id = message.Id,
            Envelope = message.Envelope,
            Directions = directions,
            Headers = headers,
            Size = message.Original.Length,
            Sha256 = message.Original.Sha256,
            ReceivedAt = arrival?.ReceivedAt ?? message.ReceivedAt,
            Authentication = vouched,
            Parts = WithLocks(walk) ?? [new PartFact { Path = "", Format = "eml", Sha256 = message.Original.Sha256, Size = message.Original.Length }],
            Findings = findings,
            Scans = scans,
            Links = walk?.Links ?? [],
        };
        return new AssessmentOutcome(new Assessment(message, facts, walk, walked.Passwords, times) { Candidates = walked.Own, Opened = walked.Opened }, null);
    }

    private async Task<WalkRound> WalkAsync(
        ReceivedMessage message,
        IReadOnlyList<Password> extraPasswords,
        Task<AuthenticationFacts> authentication,
        PipelineOptions now,
        StageTimes times,
        CancellationToken cancellation)
    {
        using CancellationTokenSource limit = Until(TimeBudget.WalkEnds(message), cancellation);
        IReadOnlyList<Password> passwords = extraPasswords;
        IReadOnlyList<CandidateFact> own = [];
        Limits limits = now.Limits;
        bool empty = false;
        TimeSpan plain = TimeSpan.Zero;
        TimeSpan guessing = TimeSpan.Zero;
        int locked = int.MaxValue;
        for (int round = 0; ; round++)
        {
            WalkOrder order = new() { FileName = message.FileName, Passwords = TriedPasswords.Numbered(passwords), Limits = limits, Send = [.. now.Send.Where(view => view != "message")], Candidates = round == 0, ClientNetwork = Storage.ClientNetwork.Of(message.Envelope) ?? "", Within = TimeBudget.WalkEnds(message) - time.GetUtcNow() };
            WalkOutcome outcome = await TimedAsync(times, "walk", () => workers.WalkAsync(message.Original, order, limit.Token));
            if (outcome.Result is not { } result) return new WalkRound(outcome, passwords, own);
            if (round == 0) own = result.Candidates;
            if (passwords.Count == 0) plain = result.Cpu;
            else if (result.Cpu > plain) guessing += result.Cpu - plain;
            int lockedNow = result.Findings.Count(finding => FindingKinds.Find(finding.Kind)?.Class == FindingClass.Locked);
            IReadOnlyList<Password> next = passwords;
            if (lockedNow > 0 && lockedNow < locked && round < PasswordRounds)
            {
                TimeSpan left = candidates.GuessingLeft(message, await authentication) - guessing;
                empty = left <= TimeSpan.Zero;
                IReadOnlyList<Password> more = empty ? [] : await candidates.PasswordsAsync(message, await authentication, round == 0 ? own : [], cancellation);
                next = [.. passwords.Concat(more).DistinctBy(password => password.Text)];
                if (left.TotalMilliseconds < limits.GuessingMessageMilliseconds) limits = limits with { GuessingMessageMilliseconds = Math.Max(1, (int)left.TotalMilliseconds) };
            }

            // Nothing new to try: another walk would see the same.
            if (next.Count == passwords.Count)
            {
                TriedPasswords tried = TriedPasswords.Read(result, passwords);
                if (passwords.Count > 0) await candidates.GuessedAsync(message, await authentication, guessing, tried.Opened, cancellation);
                return new WalkRound(outcome with { Result = tried.Result }, tried.InOrder, own) { Opened = tried.Opened, MeterEmpty = empty };
            }

            outcome.Dispose();
            passwords = next;
            locked = round == 0 ? int.MaxValue : lockedNow;
        }
    }

    private static List<ScanItem> Items(ReceivedMessage message, WalkResult walk, PipelineOptions now)
    {
        List<ScanItem> items = [.. walk.Leaves];
        if (now.Send.Contains("message")) items.Add(new ScanItem("message", message.Original.Sha256, message.Original));
        return items;
    }

    private static IEnumerable<FindingFact> OwnFindings(ReceivedMessage message, bool died)
    {
        if (died) yield return new FindingFact(WalkFindings.WorkerDied.Id, "", "", "the message ended the process that looked at it twice", message.Original.Sha256);
        if (message.HasBareCrOrLf) yield return new FindingFact(WalkFindings.BareLineEnd.Id, "", "", "a CR or LF stands alone: mail readers and servers disagree about where lines end", null);
    }

    // Every part with that content gets the finding; a leaf that no engine saw is not-scanned (promise 3).
    private static IEnumerable<FindingFact> ScanFindings(WalkResult walk, IReadOnlyList<ScanFact> scans, bool reduced)
    {
        ILookup<string, PartFact> byHash = walk.Parts.ToLookup(part => part.Sha256, StringComparer.Ordinal);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (ScanFact scan in scans)
        {
            if (scan.Outcome is ScanOutcome.Clean or ScanOutcome.Infected) seen.Add(scan.Sha256);
            FindingKind? kind = scan.Outcome switch
            {
                ScanOutcome.Infected => WalkFindings.Infected,
                ScanOutcome.TooLarge => WalkFindings.NotScanned,
                _ => null,
            };
            if (kind is null) continue;
            // The skeleton and the whole message are views of the message itself.
            string[] paths = [.. byHash[scan.Sha256].Select(part => part.Path)];
            foreach (string path in paths.Length > 0 ? paths : [""]) yield return new FindingFact(kind.Id, path, scan.Engine, scan.Name, scan.Sha256);
        }

        if (reduced) yield break;
        HashSet<string> parents = [.. walk.Parts.Select(part => part.Parent).OfType<string>()];
        foreach (PartFact part in walk.Parts)
        {
            if (part.Size > 0 && part.Path.Length > 0 && !parents.Contains(part.Path) && !seen.Contains(part.Sha256))
                yield return new FindingFact(WalkFindings.NotScanned.Id, part.Path, "", "no engine saw this part", part.Sha256);
        }
    }

    // A part's fact is sent before its lock is tried: whether it was locked, and what opened it, stands in the findings.
    private static IReadOnlyList<PartFact>? WithLocks(WalkResult? walk)
    {
        if (walk is null) return null;
        ILookup<string, FindingFact> locks = walk.Findings.Where(finding => finding.Kind is "locked" or "opened-by-password").ToLookup(finding => finding.Path, StringComparer.Ordinal);
        return [.. walk.Parts.Select(part => locks.Contains(part.Path)
            ? part with { Encrypted = true, OpenedWith = part.OpenedWith ?? locks[part.Path].FirstOrDefault(finding => finding.Kind == "opened-by-password")?.Detail }
            : part)];
    }

    private CancellationTokenSource Until(DateTimeOffset end, CancellationToken cancellation)
    {
        CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        TimeSpan left = end - time.GetUtcNow();
        source.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        return source;
    }

    private async Task<T> TimedAsync<T>(StageTimes times, string stage, Func<Task<T>> work)
    {
        long started = time.GetTimestamp();
        try
        {
            return await work();
        }
        finally
        {
            times.Add(stage, time.GetElapsedTime(started));
        }
    }

    private sealed record WalkRound(WalkOutcome Outcome, IReadOnlyList<Password> Passwords, IReadOnlyList<CandidateFact> Own)
    {
        public IReadOnlyList<Password> Opened { get; init; } = [];

        public bool MeterEmpty { get; init; }
    }
}

/// <summary>What was judged when the message came.</summary>
/// <param name="Authentication">Who sent it.</param>
/// <param name="ReceivedAt">When.</param>
public sealed record Arrival(AuthenticationFacts Authentication, DateTimeOffset ReceivedAt);
