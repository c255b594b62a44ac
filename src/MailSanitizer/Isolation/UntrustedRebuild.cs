using System.Buffers;
using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Isolation;

/// <summary>A rebuild: new bytes from the worker, unchanged ranges from the daemon's own copy, so that a range that is called unchanged is.</summary>
internal sealed class UntrustedRebuild : UntrustedJob
{
    private const int Slack = 256;
    private readonly RebuildOrder _order;
    private readonly ISpoolWriter _writer;
    private readonly Stream _original;
    private readonly List<ChangeFact> _untrustedChanges = [];
    private readonly List<DoneFact> _untrustedDone = [];
    private long _behind;
    private JobDone? _end;

    public UntrustedRebuild(IMailBytes original, RebuildOrder order, ISpool spool)
        : base(original)
    {
        _order = order;
        Start = new JobStart
        {
            Kind = JobKind.Rebuild,
            Length = original.Length,
            Sha256 = original.Sha256,
            Limits = order.Limits,
            FileName = order.FileName,
            SubjectTags = order.SubjectTags,
            NoticeId = order.NoticeId,
            Passwords = order.Passwords.Count,
            Treatments = order.Treatments.Count,
            Banners = order.Banners.Count,
        };
        _original = original.OpenRead();
        try
        {
            _writer = spool.Create();
        }
        catch (IOException failure)
        {
            _original.Dispose();
            throw new SpoolFailedException(failure);
        }
    }

    /// <inheritdoc/>
    public override JobStart Start { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Password> Passwords => _order.Passwords;

    /// <inheritdoc/>
    public override IEnumerable<(WorkerFrameType Type, byte[] Payload)> Lists() =>
        Frames(WorkerFrameType.Password, _order.Passwords, WorkerShapes.Default.Password)
            .Concat(Frames(WorkerFrameType.Treatment, _order.Treatments, WorkerShapes.Default.Treatment))
            .Concat(Frames(WorkerFrameType.Banner, _order.Banners, WorkerShapes.Default.Banner));

    /// <inheritdoc/>
    public override void Take(in WorkerFrame frame)
    {
        switch (frame.Type)
        {
            case WorkerFrameType.Copy: Copy(WorkerShapes.Read(frame, WorkerShapes.Default.OutputCopy)); break;
            case WorkerFrameType.NewBytes: Append(frame.Payload.Span); break;
            case WorkerFrameType.Change: TakeChange(WorkerShapes.Read(frame, WorkerShapes.Default.ChangeFact)); break;
            case WorkerFrameType.TakenOut: TakeDone(WorkerShapes.Read(frame, WorkerShapes.Default.DoneFact)); break;
            default: throw new WorkerProtocolException($"{frame.Type} in a rebuild");
        }
    }

    /// <inheritdoc/>
    public override void Finish(JobDone done)
    {
        RequireText(done.Failure, "failure");
        RequireText(done.FileName, "file name");
        if (done.Failure is null)
        {
            // Every ordered change must be reported; that it was done is proven by the walk of the result, not by this word.
            HashSet<string> changed = [.. _untrustedChanges.Select(change => change.Path)];
            Require(_order.Treatments.All(treatment => treatment.Kind is TreatmentKind.Keep or TreatmentKind.Disarm || IsChanged(changed, treatment.Path)), "an ordered change is missing");
        }

        _end = done;
    }

    /// <summary>The outcome. Once, after <see cref="Finish"/>; the caller owns it.</summary>
    public RebuiltOutcome Result()
    {
        JobDone done = _end ?? throw new InvalidOperationException("not finished");
        if (done.Failure is not null) return new RebuiltOutcome { Failed = done.Failure };
        try
        {
            return new RebuiltOutcome { Bytes = _writer.Complete(), Changes = _untrustedChanges, Done = _untrustedDone, FileName = done.FileName };
        }
        catch (IOException failure)
        {
            throw new SpoolFailedException(failure);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _writer.Dispose();
            _original.Dispose();
        }

        base.Dispose(disposing);
    }

    // A part below one that goes as a whole is not reported by itself.
    private static bool IsChanged(HashSet<string> changed, string path)
    {
        for (string above = path; ; above = above[..Math.Max(0, above.LastIndexOf('/'))])
        {
            if (changed.Contains(above)) return true;
            if (above.Length == 0) return false;
        }
    }

    private void Copy(OutputCopy range)
    {
        Require(range.Offset >= _behind && range.Length > 0 && range.Length <= Original.Length - range.Offset, "a range out of order or out of bounds");
        _behind = range.Offset + range.Length;
        _original.Position = range.Offset;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (long left = range.Length; left > 0;)
            {
                int got = ReadOriginal(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
                Append(buffer.AsSpan(0, got));
                left -= got;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private int ReadOriginal(Span<byte> buffer)
    {
        try
        {
            int got = _original.Read(buffer);
            return got > 0 ? got : throw new EndOfStreamException("the original is shorter than it was");
        }
        catch (IOException failure)
        {
            throw new SpoolFailedException(failure);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Require(_writer.Length + bytes.Length <= _order.Limits.TotalBytes + Original.Length, "more bytes than the limit");
        try
        {
            _writer.Write(bytes);
        }
        catch (IOException failure)
        {
            throw new SpoolFailedException(failure);
        }
    }

    private void TakeChange(ChangeFact change)
    {
        Require(_untrustedChanges.Count < _order.Limits.Parts + Slack, "too many changes");
        RequirePath(change.Path, "path");
        if (change.Sha256In.Length > 0) RequireSha256(change.Sha256In, "sha256");
        if (change.Sha256Out is not null) RequireSha256(change.Sha256Out, "sha256");
        RequireText(change.Done, "done");
        RequireText(change.Detail, "detail");
        _untrustedChanges.Add(change);
    }

    private void TakeDone(DoneFact done)
    {
        Require(_untrustedDone.Count < _order.Limits.Findings + Slack, "too many findings taken out");
        Require(FindingKinds.Find(done.Kind) is not null, "a kind of finding that this build does not know");
        RequirePath(done.Path, "path");
        RequireText(done.Location, "location");
        RequireText(done.Done, "done");
        _untrustedDone.Add(done);
    }
}
