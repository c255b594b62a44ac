using System.Collections.Concurrent;

namespace MailSanitizer.Isolation;

/// <summary>Looks at running jobs from outside: processor time, memory, wall deadline, and when one turns slow.</summary>
internal sealed class JobWatch : IDisposable
{
    private readonly ConcurrentDictionary<Watched, byte> _running = new();
    private readonly IsolationOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public JobWatch(IsolationOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _timer = time.CreateTimer(_ => Look(), null, options.WatchEvery, options.WatchEvery);
    }

    /// <summary>Watches until the result is disposed of.</summary>
    public IDisposable Watch(WorkerProcess worker, WorkerLanes.Turn turn, TimeSpan cpu, TimeSpan deadline, Action slow)
    {
        Watched watched = new(this, worker, turn, cpu + _options.CpuGrace, _time.GetTimestamp(), deadline, slow);
        _running.TryAdd(watched, 0);
        return watched;
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        foreach (Watched job in _running.Keys)
        {
            if (_time.GetElapsedTime(job.Since) > job.Deadline)
            {
                job.Worker.Kill(AttemptEnd.OverDeadline, $"not done within {job.Deadline.TotalSeconds:0.#} s");
                continue;
            }

            if (ProcessFigures.Of(job.Worker.ProcessId) is not { } figures) continue;
            TimeSpan cpu = figures.Cpu - job.Worker.CpuAtStart;
            if (cpu > job.Cpu) job.Worker.Kill(AttemptEnd.OverCpu, $"used {cpu.TotalSeconds:0.#} s of processor time and did not stop by itself");
            else if (figures.Resident > _options.Memory * 2) job.Worker.Kill(AttemptEnd.Died, "holds more memory than its limit");
            else if (cpu > _options.SlowAfter && !job.IsSlow) job.BecameSlow();
        }
    }

    private sealed class Watched(JobWatch watch, WorkerProcess worker, WorkerLanes.Turn turn, TimeSpan cpu, long since, TimeSpan deadline, Action slow) : IDisposable
    {
        public WorkerProcess Worker => worker;

        public TimeSpan Cpu => cpu;

        public long Since => since;

        public TimeSpan Deadline => deadline;

        public bool IsSlow { get; private set; } = turn.IsSlow;

        public void BecameSlow()
        {
            IsSlow = true;
            slow();
            if (!turn.TryBecomeSlow()) worker.Kill(AttemptEnd.Displaced, "slow, and the slow lane is full");
        }

        public void Dispose() => watch._running.TryRemove(this, out _);
    }
}
