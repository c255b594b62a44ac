using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using MailSanitizer.Content;

namespace MailSanitizer.Isolation;

/// <summary>
/// One worker process and the thread that it belongs to: the thread starts it, speaks with it, and ends when it ends. One thread for life, because the
/// kernel kills the child when the very thread that made it is gone, and because pipes are read without blocking a pool thread.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int SignalBase = 128;
    private const int ExitCannotStart = 78;
    private const int ExitHostFault = 75;
    private static int s_count;

    private readonly WorkerProgram _program;
    private readonly string _scratch;
    private readonly BlockingCollection<(UntrustedJob Job, TaskCompletionSource<Attempt> End)> _runs = new(1);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Process? _process;
    private WorkerErrors? _errors;
    private (AttemptEnd End, string Text)? _killed;
    private bool _ended;
    private uint _job;
    private TimeSpan? _runQueueAtStart;
    private TimeSpan _runQueue;
    private TimeSpan _ownTime;

    private WorkerProcess(WorkerProgram program, string scratchFolder)
    {
        _program = program;
        Number = Interlocked.Increment(ref s_count);
        _scratch = Path.Combine(scratchFolder, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Number}-{Guid.NewGuid():N}"));
    }

    /// <summary>Number of the worker, never used twice by one daemon.</summary>
    public int Number { get; }

    /// <summary>Process id; 0 before the start.</summary>
    public int ProcessId { get; private set; }

    /// <summary>The hello.</summary>
    public WorkerHello? Hello { get; private set; }

    /// <summary>Ends, never with a fault, when the process has ended and its folder is taken away.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Jobs done.</summary>
    public int Jobs { get; private set; }

    /// <summary>Resident memory after the last job (bytes), as the worker says.</summary>
    public long Resident { get; private set; }

    /// <summary>Processor time when the running job began.</summary>
    public TimeSpan CpuAtStart { get; private set; }

    /// <summary>False once it died, was killed, or gave a result that ends its use.</summary>
    public bool IsUsable
    {
        get
        {
            lock (_gate) return !_ended && _killed is null;
        }
    }

    /// <summary>Starts a worker; the task ends when it said hello and its build and cage were found right, else with a <see cref="WorkerStartException"/>.</summary>
    public static async Task<WorkerProcess> StartAsync(WorkerProgram program, IsolationOptions options, CancellationToken cancellation)
    {
        WorkerProcess worker = new(program, options.ScratchFolder);
        Thread thread = new(worker.Live) { IsBackground = true, Name = "worker" };
        thread.Start();
        try
        {
            await worker._ready.Task.WaitAsync(options.StartDeadline, cancellation);
            return worker;
        }
        catch (WorkerStartException)
        {
            // It has ended, and its thread tidies up: nothing of it is left when the caller hears of it.
            await worker.Gone;
            throw;
        }
        catch (TimeoutException)
        {
            worker.Kill(AttemptEnd.Fault, "start");
            throw new WorkerStartException($"a worker did not start within {options.StartDeadline.TotalSeconds} s: the host is starved, or its disk is slow");
        }
        catch (OperationCanceledException)
        {
            worker.Kill(AttemptEnd.Cancelled, "start");
            await worker.Gone;
            throw;
        }
    }

    /// <summary>Runs one job; never throws for what the worker does.</summary>
    public Task<Attempt> RunAsync(UntrustedJob job)
    {
        TaskCompletionSource<Attempt> end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _runs.Add((job, end));
        }
        catch (InvalidOperationException)
        {
            end.SetResult(new Attempt(AttemptEnd.Died, "the worker had ended before the job"));
        }

        return end.Task;
    }

    /// <summary>Ends the process; the running try ends with what is said here.</summary>
    public void Kill(AttemptEnd end, string text)
    {
        lock (_gate)
        {
            _killed ??= (end, text);
            if (_ended || _process is null) return;
            if (ProcessFigures.Of(ProcessId)?.RunQueue - _runQueueAtStart is { } waited) _runQueue = waited;
            try
            {
                _process.Kill();
            }
            catch (InvalidOperationException)
            {
                // It ended by itself just now.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill(AttemptEnd.Cancelled, "not needed any more");
        _runs.CompleteAdding();
    }

    private void Live()
    {
        try
        {
            Begin();
            WorkerFrameReader reader = new(_process!.StandardOutput.BaseStream);
            WorkerFrameWriter writer = new(_process.StandardInput.BaseStream);
            Greet(reader);
            _ready.SetResult();
            foreach ((UntrustedJob job, TaskCompletionSource<Attempt> end) in _runs.GetConsumingEnumerable())
            {
                Attempt attempt = Run(reader, writer, job);
                if (attempt.End != AttemptEnd.Done) Kill(attempt.End, attempt.Text);
                end.SetResult(attempt);
                if (attempt.End != AttemptEnd.Done) break;
            }
        }
        catch (WorkerStartException failure)
        {
            _ = _ready.TrySetException(failure);
        }
        catch (Exception failure) when (failure is IOException or Win32Exception or UnauthorizedAccessException or InvalidOperationException)
        {
            _ = _ready.TrySetException(new WorkerStartException($"a worker cannot be started: {failure.Message}"));
        }
        finally
        {
            End();
            _gone.SetResult();
        }
    }

    private void Begin()
    {
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(Path.GetDirectoryName(_scratch)!);
        Directory.CreateDirectory(_scratch, own);
        _program.Prepare(_scratch);
        Process process = Process.Start(_program.Start(_scratch)) ?? throw new WorkerStartException("no process");
        lock (_gate)
        {
            _process = process;
            ProcessId = process.Id;
            if (_killed is not null) process.Kill();
        }

        _errors = new WorkerErrors(process.StandardError.BaseStream);
    }

    private void Greet(WorkerFrameReader reader)
    {
        WorkerFrame? first;
        try
        {
            first = reader.Read();
        }
        catch (WorkerProtocolException failure)
        {
            throw new WorkerStartException($"{_program.Location} does not speak as a worker ({failure.Message}): is it of another version? Restart the daemon after an upgrade");
        }

        switch (first)
        {
            case { Type: WorkerFrameType.Fault, Job: 0 } fault:
                throw new WorkerStartException($"a worker refuses to start: {WorkerShapes.Read(fault, WorkerShapes.Default.WorkerFault).Text}");
            case { Type: WorkerFrameType.Hello, Job: 0 } hello:
                Hello = WorkerShapes.Read(hello, WorkerShapes.Default.WorkerHello);
                if (_program.Differs(Hello) is { } difference) throw new WorkerStartException(difference);
                return;
            default:
                throw new WorkerStartException($"a worker ended before it said hello ({DescribeExit(WaitForExit())}{_errors?.Summary}): {_program.Location}");
        }
    }

    private Attempt Run(WorkerFrameReader reader, WorkerFrameWriter writer, UntrustedJob job)
    {
        long started = Stopwatch.GetTimestamp();
        ProcessFigures? before = ProcessFigures.Of(ProcessId);
        CpuAtStart = before?.Cpu ?? TimeSpan.Zero;
        _runQueueAtStart = before?.RunQueue;
        _runQueue = _ownTime = TimeSpan.Zero;
        JobConversation conversation = new(reader, writer, ++_job, spent => _ownTime += spent);
        Attempt attempt;
        try
        {
            attempt = conversation.Run(job, out JobDone? done);
            if (done is not null)
            {
                Jobs++;
                Resident = done.ResidentBytes;
            }
        }
        catch (WorkerProtocolException failure)
        {
            // An end is explained by how the process ended; any other breach speaks for itself.
            attempt = (reader.Ended ? Ended() : null) ?? new Attempt(AttemptEnd.Died, $"the worker broke the protocol: {failure.Message}");
        }
        catch (SpoolFailedException failure)
        {
            attempt = new Attempt(AttemptEnd.Fault, failure.Message);
        }
        catch (IOException)
        {
            attempt = conversation.LastWords() ?? Ended() ?? new Attempt(AttemptEnd.Died, "the worker closed its pipe");
        }

        catch (Exception failure)
        {
            // A bug of ours in what reads the worker: it must not take the daemon down, and it is nobody's content.
            attempt = new Attempt(AttemptEnd.Fault, $"reading the worker failed: {failure}");
        }

        lock (_gate)
        {
            // What we did ourselves explains what was seen; a result that was whole before stands.
            if (_killed is { } killed && attempt.End != AttemptEnd.Done) attempt = new Attempt(killed.End, killed.Text);
        }

        return attempt with { Elapsed = Stopwatch.GetElapsedTime(started), HostWait = _ownTime + _runQueue };
    }

    // Null when it did not end.
    private Attempt? Ended()
    {
        int? code = WaitForExit();
        return code switch
        {
            null => null,
            ExitHostFault or ExitCannotStart => new Attempt(AttemptEnd.Fault, $"the worker gave up ({DescribeExit(code)})"),
            SignalBase + 9 or SignalBase + 15 or SignalBase + 2 or SignalBase + 1 =>
                new Attempt(AttemptEnd.KilledFromOutside, $"a worker was ended from outside ({DescribeExit(code)}): the kernel out of memory (see dmesg; fewer workers or more memory), or a person"),
            _ => new Attempt(AttemptEnd.Died, $"{DescribeExit(code)}{_errors?.Summary}"),
        };
    }

    private int? WaitForExit()
    {
        Process process = _process!;
        return process.WaitForExit(TimeSpan.FromSeconds(2)) ? process.ExitCode : null;
    }

    private static string DescribeExit(int? code) => code switch
    {
        null => "still running",
        > SignalBase and <= SignalBase + 64 => string.Create(CultureInfo.InvariantCulture, $"signal {code - SignalBase}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"exit {code}"),
    };

    private void End()
    {
        lock (_gate)
        {
            _ended = true;
            if (_process is { } process)
            {
                try
                {
                    if (!process.HasExited) process.Kill();
                }
                catch (InvalidOperationException)
                {
                    // Ended in between.
                }
            }
        }

        _runs.CompleteAdding();
        while (_runs.TryTake(out (UntrustedJob Job, TaskCompletionSource<Attempt> End) left))
            left.End.SetResult(_killed is { } killed ? new Attempt(killed.End, killed.Text) : new Attempt(AttemptEnd.Died, "the worker had ended before the job"));
        if (_process is { } ended)
        {
            _ = ended.WaitForExit(TimeSpan.FromSeconds(5));
            ended.Dispose();
        }

        try
        {
            if (Directory.Exists(_scratch)) Directory.Delete(_scratch, recursive: true);
        }
        catch (IOException)
        {
            // An empty folder is left; the next start of the daemon clears it.
        }
    }
}
