namespace MailSanitizer.Content;

/// <summary>What walk and rebuild of one job share: the meters, the store, the choice of handlers. One job, one thread.</summary>
internal sealed class PartWalkJob(IReadOnlyList<IPartHandler> handlers, IScratch scratch, Limits limits, Func<TimeSpan> cpu, CancellationToken cancellation)
{
    private readonly TimeSpan _start = cpu();
    private readonly TimeSpan _allowed = TimeSpan.FromSeconds(limits.JobCpuSeconds);
    private TimeSpan _guessed;
    private TimeSpan _looked;

    public Limits Limits { get; } = limits;

    public CancellationToken Cancellation { get; } = cancellation;

    public PartStore Store { get; } = new(scratch, limits.PartMemory);

    public int Parts { get; set; }

    public long Bytes { get; set; }

    /// <summary>A fault of ours, or a job that cannot be done, that went up through a handler: whatever the handler made of it, the job ends with it.</summary>
    public Exception? Fault { get; private set; }

    public Exception Remember(Exception fault) => Fault ??= fault;

    /// <summary>Throws when the job is cancelled, has failed, or has used up its processor time.</summary>
    public void Check()
    {
        if (Fault is not null) throw Fault;
        Cancellation.ThrowIfCancellationRequested();
        if (cpu() - _start > _allowed) throw new LimitReachedException(WalkFindings.OverTime);
    }

    public bool ChargeGuessing(TimeSpan spent, ref TimeSpan ofPart)
    {
        _guessed += spent;
        ofPart += spent;
        return ofPart.TotalMilliseconds < Limits.GuessingPartMilliseconds && _guessed.TotalMilliseconds < Limits.GuessingMessageMilliseconds;
    }

    /// <summary>Processor time of the job so far.</summary>
    public TimeSpan Cpu => cpu() - _start;

    public bool ChargeLures(TimeSpan spent)
    {
        _looked += spent;
        return _looked.TotalMilliseconds < Limits.ImageQrMilliseconds;
    }

    /// <summary>The handlers of a part, in their fixed order.</summary>
    public IEnumerable<IPartHandler> HandlersOf(Part part)
    {
        foreach (IPartHandler handler in handlers)
        {
            foreach (string format in handler.Formats)
            {
                if (!part.Formats.Contains(format)) continue;
                yield return handler;
                break;
            }
        }
    }

    /// <summary>True for what a handler's failure may be turned into a finding for; false for what is ours to bear or to pass on.</summary>
    public bool IsContentFailure(Exception failure) =>
        Fault is null && failure is not (OperationCanceledException or ScratchFailedException or OutOfMemoryException or JobFailedException);

    /// <summary>Stores a child within the limits.</summary>
    public StoredPart StoreChild(Stream content, long packedSize)
    {
        if (PartBytes.TryGetRange(content, out PartBytes source, out long offset, out long length))
        {
            // The container's own bytes, uncompressed: a window on them costs nothing and lives as long as the container.
            FindingKind? over = null;
            if (Bytes + length > Limits.TotalBytes) (over, length) = (WalkFindings.OverSize, Math.Max(0, Limits.TotalBytes - Bytes));
            Bytes += length;
            return new StoredPart(new RangePartBytes(source, offset, length), over, null);
        }

        using PartStore.PartWriter writer = Store.Create(packedSize);
        FindingKind? limit = null;
        Exception? broken = null;
        while (limit is null && broken is null)
        {
            Span<byte> room;
            try
            {
                Check();
                room = writer.GetSpan();
            }
            catch (LimitReachedException reached)
            {
                limit = reached.Kind;
                break;
            }
            catch (ScratchFailedException failed)
            {
                throw Remember(failed);
            }

            int got = 0;
            try
            {
                got = content.Read(room);
            }
            catch (LimitReachedException reached)
            {
                limit = reached.Kind;
            }
            catch (ScratchFailedException failed)
            {
                throw Remember(failed);
            }
            catch (Exception failure) when (IsContentFailure(failure))
            {
                broken = failure;
            }

            if (got == 0) break;
            long allowed = Math.Min(got, Math.Max(0, Limits.TotalBytes - Bytes));
            writer.Advance((int)allowed);
            Bytes += allowed;
            if (allowed < got) limit = WalkFindings.OverSize;
            else if (packedSize > 0 && writer.Length > Limits.RatioFloor && writer.Length / packedSize > Limits.Ratio) limit = WalkFindings.OverRatio;
        }

        return new StoredPart(writer.Complete(), limit, broken);
    }
}

/// <summary>A stored child, with what cut it short: a limit, or a failure of the stream.</summary>
internal readonly record struct StoredPart(PartBytes Bytes, FindingKind? Limit, Exception? Broken);

/// <summary>The job as ordered cannot be done (a path or hash that does not fit): a value of the report, carried past the handlers.</summary>
internal sealed class JobFailedException(string why) : Exception(why);

/// <summary>A sink whose failures (a broken pipe to the daemon) end the job, whatever the handler on the stack makes of exceptions.</summary>
internal sealed class GuardedSink(IWalkSink sink, PartWalkJob job) : IWalkSink
{
    public void Part(PartFact fact) => Guard(() => sink.Part(fact));

    public void Finding(FindingFact fact) => Guard(() => sink.Finding(fact));

    public void Candidate(CandidateFact fact) => Guard(() => sink.Candidate(fact));

    public void Link(LinkFact fact) => Guard(() => sink.Link(fact));

    public void Leaf(string path, string sha256, string view, PartBytes bytes) => Guard(() => sink.Leaf(path, sha256, view, bytes));

    private void Guard(Action call)
    {
        try
        {
            call();
        }
        catch (Exception failed)
        {
            job.Remember(failed);
            throw;
        }
    }
}
