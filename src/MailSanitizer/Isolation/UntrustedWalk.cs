using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Isolation;

/// <summary>A walk: facts and leaves as they come, bounded one by one, and bound to bytes that the daemon hashed itself.</summary>
internal sealed class UntrustedWalk(IMailBytes original, WalkOrder order, ISpool spool) : UntrustedJob(original)
{
    // Facts that a walk of the largest allowed message can lawfully give; beyond them a worker is not ours any more.
    private const int Candidates = 4_096;
    private const int CandidateText = 1_024;
    private const int Slack = 256;

    private static readonly HashSet<string> CandidateKinds = new(StringComparer.Ordinal) { "labelled", "set-apart", "derived", "token" };

    private readonly Dictionary<string, PartFact> _untrustedParts = new(StringComparer.Ordinal);
    private readonly List<PartFact> _order = [];
    private readonly List<FindingFact> _untrustedFindings = [];
    private readonly List<CandidateFact> _untrustedCandidates = [];
    private readonly List<LinkFact> _untrustedLinks = [];
    private readonly Dictionary<string, ScanItem> _leaves = new(StringComparer.Ordinal);
    private LeafStart? _open;
    private ISpoolWriter? _writer;
    private long _leafBytes;
    private long _leafFrames;
    private TimeSpan _cpu;

    /// <inheritdoc/>
    public override JobStart Start { get; } = new()
    {
        Kind = JobKind.Walk,
        Length = original.Length,
        Sha256 = original.Sha256,
        Limits = order.Limits,
        FileName = order.FileName,
        Send = order.Send,
        Candidates = order.Candidates,
        Passwords = order.Passwords.Count,
    };

    /// <inheritdoc/>
    public override IReadOnlyList<Password> Passwords => order.Passwords;

    /// <inheritdoc/>
    public override bool SpendsWorker => base.SpendsWorker || _order.Any(part => part.OpenedWith is not null);

    /// <inheritdoc/>
    public override IEnumerable<(WorkerFrameType Type, byte[] Payload)> Lists() => Frames(WorkerFrameType.Password, order.Passwords, WorkerShapes.Default.Password);

    /// <inheritdoc/>
    public override void Take(in WorkerFrame frame)
    {
        switch (frame.Type)
        {
            case WorkerFrameType.LeafBytes:
                TakeBytes(frame.Payload.Span);
                return;
            case WorkerFrameType.LeafEnd:
                EndLeaf(frame);
                return;
        }

        Require(_open is null, $"{frame.Type} within a leaf");
        switch (frame.Type)
        {
            case WorkerFrameType.Part: TakePart(WorkerShapes.Read(frame, WorkerShapes.Default.PartFact)); break;
            case WorkerFrameType.Finding: TakeFinding(WorkerShapes.Read(frame, WorkerShapes.Default.FindingFact)); break;
            case WorkerFrameType.Candidate: TakeCandidate(WorkerShapes.Read(frame, WorkerShapes.Default.CandidateFact)); break;
            case WorkerFrameType.Link: TakeLink(WorkerShapes.Read(frame, WorkerShapes.Default.LinkFact)); break;
            case WorkerFrameType.LeafStart: StartLeaf(WorkerShapes.Read(frame, WorkerShapes.Default.LeafStart)); break;
            default: throw new WorkerProtocolException($"{frame.Type} in a walk");
        }
    }

    /// <inheritdoc/>
    public override void Finish(JobDone done)
    {
        Require(_open is null, "done within a leaf");
        Require(_order.Count > 0, "a walk without the message");
        Require(done.Failure is null && done.FileName is null, "a walk does not fail by a value");
        Require(done.CpuMilliseconds >= 0, "less than no time");
        // Only a meter: what a worker leaves out, its CPU limit still counts.
        _cpu = TimeSpan.FromMilliseconds(Math.Min(done.CpuMilliseconds, 1_000L * order.Limits.JobCpuSeconds));
    }

    /// <summary>What was found. Once, after <see cref="Finish"/>; the caller owns it.</summary>
    public WalkResult Result()
    {
        WalkResult result = new()
        {
            Parts = _order,
            Findings = _untrustedFindings,
            Candidates = [.. _untrustedCandidates.OrderBy(candidate => candidate.Rank)],
            Links = _untrustedLinks,
            Leaves = [.. _leaves.Values],
            Cpu = _cpu,
        };
        _leaves.Clear();
        return result;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _writer?.Dispose();
            foreach (ScanItem leaf in _leaves.Values) leaf.Bytes.Dispose();
            _leaves.Clear();
        }

        base.Dispose(disposing);
    }

    private void TakePart(PartFact part)
    {
        Require(_order.Count <= order.Limits.Parts + Slack, "too many parts");
        RequirePath(part.Path, "path");
        if (_order.Count == 0)
        {
            // The root is what we sent, and nothing that the worker says of it is needed.
            Require(part.Path.Length == 0 && part.Parent is null && part.Depth == 0, "the first part is not the message");
            Require(part.Size == Original.Length && part.Sha256 == Original.Sha256, "the first part is not the message that was sent");
        }
        else
        {
            Require(part.Path.Length > 0 && part.Parent is not null && _untrustedParts.TryGetValue(part.Parent, out PartFact? parent) && part.Depth == parent.Depth + 1, "a part without its container");
            Require(part.Size >= 0 && part.Size <= order.Limits.TotalBytes, "a part larger than the limit");
        }

        RequireSha256(part.Sha256, "sha256");
        // A member that is left out is null here, whatever the annotations say; so is a null within a list.
        if ((string?)part.Name is null || part.Names is not IReadOnlyList<string?> names || part.Formats is not IReadOnlyList<string?> formats) throw new WorkerProtocolException("a part without names");
        Require(names.Count <= WorkerProtocol.MaximumNames && formats.Count <= WorkerProtocol.MaximumNames, "too many names");
        RequireText(part.Name, "name");
        foreach (string? name in names)
        {
            Require(name is not null, "a name that is null");
            RequireText(name, "name");
        }

        foreach (string? format in formats) RequireWord(format, "format");
        RequireWord(part.Format, "format");
        RequireText(part.DeclaredType, "declared type");
        RequireText(part.OpenedWith, "source of a password");
        Require(_untrustedParts.TryAdd(part.Path, part), "a path twice");
        _order.Add(part);
    }

    private void TakeFinding(FindingFact finding)
    {
        Require(_untrustedFindings.Count < order.Limits.Findings + order.Limits.Parts + Slack, "too many findings");
        Require(FindingKinds.Find(finding.Kind) is not null, "a kind of finding that this build does not know");
        Require(_untrustedParts.ContainsKey(finding.Path), "a finding without its part");
        RequireText(finding.Location, "location");
        RequireText(finding.Detail, "detail");
        if (finding.Sha256 is not null) RequireSha256(finding.Sha256, "sha256");
        _untrustedFindings.Add(finding);
    }

    private void TakeCandidate(CandidateFact candidate)
    {
        Require(order.Candidates && _untrustedCandidates.Count < Candidates, "too many candidates");
        Require(candidate.Text.Length is > 0 and <= CandidateText && candidate.Rank >= 0 && CandidateKinds.Contains(candidate.Kind), "a candidate out of range");
        RequirePath(candidate.Where, "where");
        _untrustedCandidates.Add(candidate);
    }

    private void TakeLink(LinkFact link)
    {
        Require(_untrustedLinks.Count < order.Limits.Links + Slack, "too many links");
        Require(_untrustedParts.ContainsKey(link.Path), "a link without its part");
        RequireText(link.Url, "link");
        RequireText(link.Text, "link text");
        RequireText(link.Source, "source");
        _untrustedLinks.Add(link);
    }

    private void StartLeaf(LeafStart leaf)
    {
        // A part can be sent as leaf and as container, and the skeleton once.
        Require(_leafFrames++ < (2L * order.Limits.Parts) + Slack, "too many leaves");
        RequireSha256(leaf.Sha256, "sha256");
        Require(leaf.Length >= 0 && leaf.Length <= order.Limits.TotalBytes + Original.Length, "a leaf larger than the limit");
        switch (leaf.View)
        {
            case "leaf" or "container":
                Require(_untrustedParts.TryGetValue(leaf.Path, out PartFact? part) && part.Sha256 == leaf.Sha256 && part.Size == leaf.Length, "a leaf that is not its part");
                break;
            case "skeleton":
                Require(leaf.Path.Length == 0 || _untrustedParts.ContainsKey(leaf.Path), "a skeleton without its part");
                break;
            default:
                throw new WorkerProtocolException("an unknown view");
        }

        if (leaf.Again)
        {
            Require(_leaves.TryGetValue(leaf.Sha256, out ScanItem? sent) && sent.Bytes.Length == leaf.Length, "a leaf again that never came");
            return;
        }

        _open = leaf;
        _writer = Spooling(spool.Create);
    }

    private void TakeBytes(ReadOnlySpan<byte> bytes)
    {
        Require(_open is not null, "bytes outside a leaf");
        Require(_writer!.Length + bytes.Length <= _open!.Length, "a leaf longer than announced");
        _leafBytes += bytes.Length;
        Require(_leafBytes <= (2 * order.Limits.TotalBytes) + (2 * Original.Length), "more bytes than the limit");
        try
        {
            _writer.Write(bytes);
        }
        catch (IOException failure)
        {
            throw new SpoolFailedException(failure);
        }
    }

    private void EndLeaf(in WorkerFrame frame)
    {
        Require(_open is not null && frame.Payload.Length == 0, "the end of no leaf");
        LeafStart leaf = _open!;
        using ISpoolWriter writer = _writer!;
        Require(writer.Length == leaf.Length, "a leaf shorter than announced");
        IMailBytes bytes = Spooling(writer.Complete);
        _open = null;
        _writer = null;

        // Our own hash of what we hold, and so of what is scanned: the worker's word is only compared.
        if (bytes.Sha256 != leaf.Sha256)
        {
            bytes.Dispose();
            throw new WorkerProtocolException("a leaf with another hash");
        }

        ScanItem item = new(leaf.View == "skeleton" ? "skeleton" : leaf.Path, leaf.Sha256, bytes);
        if (!_leaves.TryAdd(leaf.Sha256, item)) bytes.Dispose();
    }

    private static T Spooling<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (IOException failure)
        {
            throw new SpoolFailedException(failure);
        }
    }
}
