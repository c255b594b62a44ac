using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>One branch's copy, ready to be sealed. Owns rebuilt bytes; the original stays the message's.</summary>
public sealed record PreparedCopy : IDisposable
{
    /// <summary>What goes out, or null when it cannot.</summary>
    public IMailBytes? Content { get; init; }

    /// <summary>Parts that changed.</summary>
    public IReadOnlyList<ChangeFact> Changes { get; init; } = [];

    /// <summary>Findings that were taken out.</summary>
    public IReadOnlyList<DoneFact> Done { get; init; } = [];

    /// <summary>Scans of the proof.</summary>
    public IReadOnlyList<ScanFact> ProofScans { get; init; } = [];

    /// <summary>Why it must go to quarantine instead (the rebuild or its proof failed), or null.</summary>
    public string? Unproven { get; init; }

    /// <summary>A fault of ours (451), or null.</summary>
    public string? Fault { get; init; }

    /// <summary>New name of a single file (<c>.docm</c> became <c>.docx</c>), or null.</summary>
    public string? FileName { get; init; }

    /// <summary>True when the bytes are not the arriving ones.</summary>
    public bool Changed { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Changed) Content?.Dispose();
    }
}

/// <summary>
/// Makes a branch's copy: nothing to do, or rebuilt, walked and scanned once more (DESIGN.md, promise 4). What is left of active content after a rebuild is
/// never delivered, whatever a rule says, unless a rule allowed that very kind in that very part before.
/// </summary>
public sealed class CopyPreparer(IContentWorkers workers, IScanner scanner, Func<PipelineOptions> options, TimeProvider time)
{
    /// <summary>Prepares the copy of one branch.</summary>
    public async Task<PreparedCopy> PrepareAsync(Assessment assessment, Branch branch, CancellationToken cancellation)
    {
        ReceivedMessage message = assessment.Message;
        if (branch.Treatments.All(treatment => treatment.Kind == TreatmentKind.Keep) && branch.Annotations.LeavesMessageAlone)
            return new PreparedCopy { Content = message.Original };

        long started = time.GetTimestamp();
        RebuildOrder order = new()
        {
            FileName = message.FileName,
            // A single file has no id that anybody could ask about.
            NoticeId = message.FileName is null ? message.Id.ToString("D") : null,
            Treatments = branch.Treatments,
            Passwords = assessment.Passwords,
            Banners = branch.Annotations.Banners,
            SubjectTags = branch.Annotations.SubjectTags,
            Limits = options().Limits,
            ClientNetwork = Storage.ClientNetwork.Of(message.Envelope) ?? "",
            Within = TimeBudget.RebuildEnds(message) - time.GetUtcNow(),
        };
        RebuiltOutcome rebuilt = await workers.RebuildAsync(message.Original, order, cancellation);
        assessment.Times.Add("rebuild", time.GetElapsedTime(started));
        if (rebuilt.Fault is not null) return new PreparedCopy { Fault = rebuilt.Fault };
        if (rebuilt.Failed is not null || rebuilt.Bytes is null) return new PreparedCopy { Unproven = rebuilt.Failed ?? "the rebuild gave nothing" };

        PreparedCopy copy = await ProveAsync(assessment, branch, rebuilt, cancellation);
        if (copy.Content is null) rebuilt.Dispose();
        return copy;
    }

    private async Task<PreparedCopy> ProveAsync(Assessment assessment, Branch branch, RebuiltOutcome rebuilt, CancellationToken cancellation)
    {
        PipelineOptions now = options();
        long started = time.GetTimestamp();
        WalkOrder order = new() { FileName = assessment.Message.FileName is { } name ? rebuilt.FileName ?? name : null, Passwords = assessment.Passwords, Limits = now.Limits, Send = [.. now.Send.Where(view => view != "message")], Candidates = false, ClientNetwork = Storage.ClientNetwork.Of(assessment.Message.Envelope) ?? "", Within = TimeBudget.RebuildEnds(assessment.Message) - time.GetUtcNow() };
        using WalkOutcome walked = await workers.WalkAsync(rebuilt.Bytes!, order, cancellation);
        if (walked.Fault is not null) return new PreparedCopy { Fault = walked.Fault };
        if (walked.Result is null) return new PreparedCopy { Unproven = "the rebuilt message ended the process that looked at it" };
        if (LeftOver(assessment, branch, rebuilt.Changes, walked.Result) is { } left) return new PreparedCopy { Unproven = left };

        IReadOnlyList<ScanFact> scans = await scanner.ScanAsync(walked.Result.Leaves, cancellation);
        assessment.Times.Add("prove", time.GetElapsedTime(started));
        if (scans.FirstOrDefault(scan => scan.Outcome == ScanOutcome.Unavailable) is { } silent && !now.AcceptUnscanned) return new PreparedCopy { Fault = $"{silent.Engine}: {silent.Name}" };
        if (scans.FirstOrDefault(scan => scan.Outcome is ScanOutcome.Infected or ScanOutcome.TooLarge) is { } bad)
            return new PreparedCopy { Unproven = $"after the rebuild {bad.Engine} says {bad.Outcome} of {bad.Path}", ProofScans = scans };
        return new PreparedCopy { Content = rebuilt.Bytes, Changed = true, Changes = rebuilt.Changes, Done = rebuilt.Done, ProofScans = scans, FileName = rebuilt.FileName };
    }

    // A finding may be left only where it stood before in a part that the decision kept, or whose kind it allowed.
    private static string? LeftOver(Assessment assessment, Branch branch, IReadOnlyList<ChangeFact> changes, WalkResult proof)
    {
        HashSet<(string, string)> before = [.. assessment.Facts.Findings.Select(finding => (finding.Path, finding.Kind))];
        Dictionary<string, Treatment> treated = branch.Treatments.ToDictionary(treatment => treatment.Path, StringComparer.Ordinal);
        foreach (FindingFact finding in proof.Findings)
        {
            FindingKind? kind = FindingKinds.Find(finding.Kind);
            if (kind is { Class: FindingClass.Note }) continue;
            // Locked anew by us from the very bytes that were scanned: nobody else had a say in what it holds.
            if (kind == WalkFindings.UnkeyedLock && changes.Any(change => change.Path == finding.Path)) continue;
            bool allowed = kind is not null
                && before.Contains((finding.Path, finding.Kind))
                && (!treated.TryGetValue(finding.Path, out Treatment? treatment) || treatment.Kind == TreatmentKind.Keep || (treatment.Allow?.Contains(finding.Kind) ?? false));
            if (!allowed) return $"after the rebuild {finding.Kind} is found in {(finding.Path.Length == 0 ? "the message" : finding.Path)} {finding.Location} {finding.Detail}".TrimEnd();
        }

        return null;
    }
}
