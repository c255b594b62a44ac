using MailSanitizer.Mail;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Isolation;

/// <summary>
/// The pool as the pipeline sees it, and the one place that decides what a death means (DESIGN.md, promise 5): a message that ends two workers, each
/// proven well before, has died; everything else that goes wrong is a fault of ours.
/// </summary>
public sealed class ContentWorkers : IContentWorkers, IAsyncDisposable
{
    /// <summary>Missed wall deadlines of one content after which it counts as a death (DESIGN.md, promise 5).</summary>
    private const int MissesAllowed = 3;

    /// <summary>Share of a job's wall time that may have been the host's (run queue, our own spool) for a missed deadline to count.</summary>
    private const double HostShare = 0.25;

    private readonly IsolationOptions _options;
    private readonly ISpool _spool;
    private readonly ILogger _log;
    private readonly WorkerLanes _lanes;
    private readonly WorkerPool _pool;
    private readonly JobWatch _watch;
    private readonly ContentMemory _memory;
    private readonly IsolationCounters _counters = new();

    /// <summary>A pool; no worker is started before <see cref="WarmAsync"/> or the first job.</summary>
    public ContentWorkers(IsolationOptions options, ISpool spool, TimeProvider time, ILogger<ContentWorkers>? log = null)
    {
        _options = options;
        _spool = spool;
        _log = log ?? NullLogger<ContentWorkers>.Instance;
        _lanes = new WorkerLanes(options.WorkerCount);
        _pool = new WorkerPool(options, spool, _log);
        _watch = new JobWatch(options, time);
        _memory = new ContentMemory(time);
    }

    /// <summary>What holds now, for <c>/readyz</c>, <c>config show</c> and metrics.</summary>
    public IsolationState State => new()
    {
        Workers = _pool.Alive,
        WorkersAtMost = _options.WorkerCount,
        Cage = _pool.Cage,
        Fault = _pool.StartFault,
        Started = _pool.Started,
        Deaths = _counters.Deaths,
        Faults = _counters.Faults,
        Jobs = _counters.Jobs,
        Waiting = _lanes.Waiting,
        ResidentBytes = _pool.Resident,
        Processes = _pool.Processes,
    };

    /// <summary>Starts all workers; what goes wrong stands in <see cref="State"/> and is tried again by the first job.</summary>
    public Task WarmAsync(CancellationToken cancellation) => _pool.WarmAsync(cancellation);

    /// <inheritdoc/>
    public async Task<WalkOutcome> WalkAsync(IMailBytes original, WalkOrder order, CancellationToken cancellation)
    {
        JobTerms terms = new(original.Sha256, order.ClientNetwork, order.Limits.JobCpuSeconds, order.Within ?? _options.JobDeadline);
        (Verdict verdict, string text, UntrustedWalk? walk) = await RunAsync(() => new UntrustedWalk(original, order, _spool), terms, cancellation);
        using (walk)
        {
            return verdict switch
            {
                Verdict.Done => new WalkOutcome { Result = walk!.Result() },
                Verdict.Died => new WalkOutcome { Died = true },
                _ => new WalkOutcome { Fault = text },
            };
        }
    }

    /// <inheritdoc/>
    public async Task<RebuiltOutcome> RebuildAsync(IMailBytes original, RebuildOrder order, CancellationToken cancellation)
    {
        JobTerms terms = new(original.Sha256, order.ClientNetwork, order.Limits.JobCpuSeconds, order.Within ?? _options.JobDeadline);
        (Verdict verdict, string text, UntrustedRebuild? rebuild) = await RunAsync(() => new UntrustedRebuild(original, order, _spool), terms, cancellation);
        using (rebuild)
        {
            switch (verdict)
            {
                case Verdict.Died: return new RebuiltOutcome { Failed = "the message ended the process that wrote it anew, twice" };
                case Verdict.Fault: return new RebuiltOutcome { Fault = text };
            }

            try
            {
                RebuiltOutcome outcome = rebuild!.Result();

                // The proof must not be walked where it was written (DESIGN.md, promise 4).
                if (outcome.Bytes is { } bytes) _memory.WrittenBy(bytes.Sha256, rebuild.Worker);
                return outcome;
            }
            catch (SpoolFailedException failure)
            {
                return new RebuiltOutcome { Fault = failure.Message };
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        await _pool.DisposeAsync();
    }

    private async Task<(Verdict Verdict, string Text, T? Job)> RunAsync<T>(Func<T> make, JobTerms terms, CancellationToken cancellation)
        where T : UntrustedJob
    {
        int deaths = 0;
        int killedOutside = 0;
        (bool slow, int? writer) = _memory.Of(terms.Sha256);
        while (true)
        {
            using WorkerLanes.Turn turn = await _lanes.EnterAsync(terms.Network, slow, cancellation);
            T? job = null;
            bool keep = false;
            try
            {
                WorkerProcess worker = await _pool.TakeAsync(fresh: deaths + killedOutside > 0, writer, cancellation);
                job = Make(make, worker);
                Attempt attempt = await TryAsync(job, worker, turn, terms, cancellation);
                switch (attempt.End)
                {
                    case AttemptEnd.Done:
                        _counters.Job();
                        _memory.InTime(terms.Sha256);
                        keep = true;
                        return (Verdict.Done, "", job);
                    case AttemptEnd.Displaced:
                        slow = true;
                        continue;
                    case AttemptEnd.Cancelled:
                        cancellation.ThrowIfCancellationRequested();
                        return Fault(job, "the pool is closing");
                    case AttemptEnd.OverDeadline:
                        return await MissedAsync(job, attempt, terms, cancellation);
                    case AttemptEnd.KilledFromOutside when ++killedOutside < 2:
                        _log.LogWarning("{Reason}; once more", attempt.Text);
                        continue;
                    case AttemptEnd.Died or AttemptEnd.OverCpu:
                        _counters.Death();
                        _log.LogWarning("A worker died ({Reason}) on content {Sha256}", attempt.Text, terms.Sha256);
                        if (++deaths < 2) continue;

                        // The second worker was proven well before. Is the host still? Only then is it the content's doing.
                        _pool.Return(await _pool.TakeAsync(fresh: true, not: null, cancellation));
                        return (Verdict.Died, attempt.Text, job);
                    default:
                        return Fault(job, attempt.Text);
                }
            }
            catch (WorkerStartException failure)
            {
                return Fault(job, failure.Message);
            }
            catch (SpoolFailedException failure)
            {
                return Fault(job, failure.Message);
            }
            finally
            {
                if (!keep) job?.Dispose();
            }
        }
    }

    // The worker is the pool's again, whatever happens here.
    private T Make<T>(Func<T> make, WorkerProcess worker)
        where T : UntrustedJob
    {
        try
        {
            T job = make();
            job.Worker = worker.Number;
            return job;
        }
        catch
        {
            _pool.Return(worker);
            throw;
        }
    }

    private async Task<Attempt> TryAsync(UntrustedJob job, WorkerProcess worker, WorkerLanes.Turn turn, JobTerms terms, CancellationToken cancellation)
    {
        try
        {
            using IDisposable watched = _watch.Watch(worker, turn, TimeSpan.FromSeconds(terms.CpuSeconds), terms.Within, () => _memory.Slow(terms.Sha256));
            await using CancellationTokenRegistration registration = cancellation.Register(() => worker.Kill(AttemptEnd.Cancelled, "cancelled"));
            return await worker.RunAsync(job);
        }
        finally
        {
            _pool.Return(worker, job.SpendsWorker);
        }
    }

    private async Task<(Verdict Verdict, string Text, T? Job)> MissedAsync<T>(T job, Attempt attempt, JobTerms terms, CancellationToken cancellation)
        where T : UntrustedJob
    {
        // A starved host misses deadlines for everybody; that is no sign against this content.
        bool starved = attempt.HostWait > attempt.Elapsed * HostShare;
        if (starved) return Fault(job, $"{attempt.Text}: the host had no processor or disk for it in {attempt.HostWait.TotalSeconds:0.#} s of {attempt.Elapsed.TotalSeconds:0.#} s");
        _pool.Return(await _pool.TakeAsync(fresh: true, not: null, cancellation));
        int misses = _memory.Missed(terms.Sha256);
        if (misses < MissesAllowed) return Fault(job, $"{attempt.Text} ({misses} of {MissesAllowed} for content {terms.Sha256})");
        _counters.Death();
        _log.LogWarning("Content {Sha256} was not done within its time {Misses} times", terms.Sha256, misses);
        return (Verdict.Died, attempt.Text, job);
    }

    private (Verdict Verdict, string Text, T? Job) Fault<T>(T? job, string text)
        where T : UntrustedJob
    {
        _counters.Fault();
        _log.LogError("Fault: {Fault}", text);
        return (Verdict.Fault, text, job);
    }

    private enum Verdict
    {
        Done,
        Died,
        Fault,
    }

    private readonly record struct JobTerms(string Sha256, string Network, int CpuSeconds, TimeSpan Within);
}
