using MailSanitizer.Mail;

namespace MailSanitizer.Isolation;

/// <summary>Warm workers. As many at most as there are turns; each was probed before it is given out, and given out to one job at a time.</summary>
internal sealed class WorkerPool(IsolationOptions options, ISpool spool, ILogger log) : IAsyncDisposable
{
    /// <summary>How long a job waits for another worker before an idle one that will not do is ended for it.</summary>
    private static readonly TimeSpan ChangePatience = TimeSpan.FromMilliseconds(300);

    private readonly WorkerProgram _program = new(options);
    private readonly Lock _gate = new();
    private readonly List<WorkerProcess> _idle = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<WorkerProcess> _all = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly HashSet<Task> _starting = [];
    private readonly HashSet<WorkerProcess> _ending = [];
    private int _missing = options.WorkerCount;

    /// <summary>Why the last start failed; null when the last start succeeded.</summary>
    public string? StartFault { get; private set; }

    /// <summary>Cage of the youngest worker.</summary>
    public Content.WorkerCage? Cage { get; private set; }

    /// <summary>Workers started so far.</summary>
    public int Started { get; private set; }

    /// <summary>Workers that live now.</summary>
    public int Alive
    {
        get
        {
            lock (_gate) return _all.Count;
        }
    }

    /// <summary>Resident memory of all workers (bytes), from the kernel.</summary>
    public long Resident
    {
        get
        {
            lock (_gate) return _all.Sum(worker => ProcessFigures.Of(worker.ProcessId)?.Resident ?? 0);
        }
    }

    /// <summary>Process ids of all workers.</summary>
    public IReadOnlyList<int> Processes
    {
        get
        {
            lock (_gate) return [.. _all.Select(worker => worker.ProcessId)];
        }
    }

    /// <summary>Starts workers until there are as many as there can be; faults are kept in <see cref="StartFault"/>.</summary>
    public async Task WarmAsync(CancellationToken cancellation)
    {
        while (TryReserve())
        {
            try
            {
                Return(await StartReservedAsync(cancellation));
            }
            catch (WorkerStartException)
            {
                return;
            }
        }
    }

    /// <summary>
    /// A worker for one job: an idle one, else a new one. <paramref name="fresh"/>: only one that has done nothing yet; <paramref name="not"/>: not that one.
    /// Throws <see cref="WorkerStartException"/>.
    /// </summary>
    public async Task<WorkerProcess> TakeAsync(bool fresh, int? not, CancellationToken cancellation)
    {
        for (bool mayWait = true; ; mayWait = false)
        {
            Task changed;
            WorkerProcess? spare = null;
            lock (_gate)
            {
                changed = _changed.Task;
                if (_idle.FirstOrDefault(worker => worker.IsUsable && worker.Number != not && (!fresh || worker.Jobs <= 1)) is { } found)
                {
                    _idle.Remove(found);
                    return found;
                }

                // Every place is taken, and the idle ones will not do. Another one may come back any moment; else one of the idle makes room.
                if (_missing == 0 && _idle.Count > 0 && !(mayWait && not is not null && _all.Count > _idle.Count))
                {
                    spare = _idle[^1];
                    _idle.RemoveAt(_idle.Count - 1);
                }
            }

            if (spare is not null) Retire(spare);
            if (TryReserve()) return await StartReservedAsync(cancellation);
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny(changed, Task.Delay(ChangePatience, patience.Token));
            await patience.CancelAsync();
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Takes a worker back. One that is spent, old or fat is replaced in the background.</summary>
    public void Return(WorkerProcess worker, bool spent = false)
    {
        // One that has only been probed is kept whatever its figures: its successor would have the same, and so on without end.
        bool young = worker.Jobs <= 1 || (worker.Jobs < options.JobsPerWorker && worker.Resident < options.ResidentPerWorker);
        if (!spent && young && worker.IsUsable && !_closing.IsCancellationRequested)
        {
            lock (_gate)
            {
                // The last one back is the first one out: its memory is warm.
                _idle.Insert(0, worker);
                Changed();
            }

            return;
        }

        Retire(worker);
        Refill();
    }

    /// <summary>Ends when every worker has ended and nothing of them is left on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        WorkerProcess[] all;
        Task[] starting;
        lock (_gate)
        {
            all = [.. _all];
            starting = [.. _starting];
        }

        foreach (WorkerProcess worker in all) worker.Dispose();
        await Task.WhenAll(starting);
        Task[] ending;
        lock (_gate) ending = [.. _all.Union(_ending).Select(worker => worker.Gone)];
        await Task.WhenAll(ending);
        _closing.Dispose();
    }

    private void Refill()
    {
        if (_closing.IsCancellationRequested || !TryReserve()) return;
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task? task = null;
        task = Task.Run(async () =>
        {
            await begun.Task;
            try
            {
                Return(await StartReservedAsync(_closing.Token));
            }
            catch (Exception failure) when (failure is WorkerStartException or OperationCanceledException)
            {
                // Kept in StartFault and logged; the next job tries again.
            }
            finally
            {
                lock (_gate) _starting.Remove(task!);
            }
        });
        lock (_gate) _starting.Add(task);
        begun.SetResult();
    }

    // Under the gate.
    private void Changed()
    {
        _changed.SetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private bool TryReserve()
    {
        lock (_gate)
        {
            if (_missing == 0) return false;
            _missing--;
            return true;
        }
    }

    private async Task<WorkerProcess> StartReservedAsync(CancellationToken cancellation)
    {
        WorkerProcess? worker = null;
        bool good = false;
        try
        {
            worker = await StartOneAsync(cancellation);
            if (await Probe.FailsAsync(worker, spool) is { } fails) throw new WorkerStartException($"a fresh worker is not well: {fails}");
            lock (_gate)
            {
                _all.Add(worker);
                StartFault = null;
                Cage = worker.Hello!.Cage;
                Started++;
            }

            good = true;
            return worker;
        }
        catch (SpoolFailedException failure)
        {
            throw Failed(new WorkerStartException(failure.Message));
        }
        catch (WorkerStartException failure)
        {
            throw Failed(failure);
        }
        finally
        {
            if (!good)
            {
                if (worker is not null)
                {
                    worker.Dispose();
                    await worker.Gone;
                }

                lock (_gate)
                {
                    _missing++;
                    Changed();
                }
            }
        }
    }

    private async Task<WorkerProcess> StartOneAsync(CancellationToken cancellation)
    {
        try
        {
            return await WorkerProcess.StartAsync(_program, options, cancellation);
        }
        catch (WorkerStartException failure) when (_program.HasLauncher)
        {
            log.LogInformation("No namespaces for workers on this host ({Reason}); they start without", failure.Message);
            _program.UsesLauncher = false;
            return await WorkerProcess.StartAsync(_program, options, cancellation);
        }
    }

    private WorkerStartException Failed(WorkerStartException failure)
    {
        lock (_gate) StartFault = failure.Message;
        log.LogError("Worker: {Fault}", failure.Message);
        return failure;
    }

    private void Retire(WorkerProcess worker)
    {
        worker.Dispose();
        lock (_gate)
        {
            _ = _idle.Remove(worker);
            if (_all.Remove(worker)) _missing++;
            _ending.Add(worker);
            Changed();
        }

        _ = worker.Gone.ContinueWith(
            _ =>
            {
                lock (_gate) _ending.Remove(worker);
            },
            TaskScheduler.Default);
    }
}
