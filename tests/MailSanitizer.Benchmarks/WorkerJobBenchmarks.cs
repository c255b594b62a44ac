using System.Text;
using BenchmarkDotNet.Attributes;
using MailSanitizer.Isolation;
using MailSanitizer.Mail;

namespace MailSanitizer.Benchmarks;

/// <summary>What the process border costs: one walk of one message through a warm worker, and the resident memory of the workers behind it.</summary>
[InProcess]
[MemoryDiagnoser]
public class WorkerJobBenchmarks
{
    private string _folder = "";
    private ContentWorkers _workers = null!;
    private IMailBytes _message = null!;
    private TimeSpan _ownBefore;
    private TimeSpan _workersBefore;

    /// <summary>Bytes of the message's one attachment.</summary>
    [Params(10 * 1024, 1024 * 1024, 10 * 1024 * 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _folder = Path.Combine(Path.GetTempPath(), $"mailsanitizer-benchmark-{Guid.NewGuid():N}");
        Spool spool = new(Path.Combine(_folder, "spool"));
        _workers = new ContentWorkers(new IsolationOptions { Workers = 2, ScratchFolder = Path.Combine(_folder, "scratch"), MustNotOpen = [_folder] }, spool, TimeProvider.System);
        _workers.WarmAsync(CancellationToken.None).GetAwaiter().GetResult();
        if (_workers.State.Fault is { } fault) throw new InvalidOperationException(fault);
        byte[] content = new byte[Size * 3 / 4];
        new Random(1).NextBytes(content);
        using ISpoolWriter writer = spool.Create();
        writer.Write(Encoding.ASCII.GetBytes(
            "From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks)));
        _message = writer.Complete();
        _ownBefore = Environment.CpuUsage.TotalTime;
        _workersBefore = WorkersCpu();
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        double jobs = Math.Max(1, _workers.State.Jobs);
        double own = (Environment.CpuUsage.TotalTime - _ownBefore).TotalMilliseconds / jobs;
        double theirs = (WorkersCpu() - _workersBefore).TotalMilliseconds / jobs;
        Console.WriteLine($"// {Size} bytes: processor time of one job: daemon {own:0.000} ms, worker {theirs:0.000} ms ({jobs} jobs)");
        Console.WriteLine($"// {Size} bytes: {_workers.State.Workers} workers, {_workers.State.ResidentBytes / 1024 / 1024} MB resident in all, {_workers.State.Started} started, cage {_workers.State.Cage}");
        _message.Dispose();
        await _workers.DisposeAsync();
    }

    [Benchmark]
    public async Task<int> WalkAsync()
    {
        using WalkOutcome outcome = await _workers.WalkAsync(_message, new WalkOrder(), CancellationToken.None);
        return outcome.Result?.Leaves.Count ?? throw new InvalidOperationException(outcome.Fault ?? "died");
    }

    private TimeSpan WorkersCpu() => TimeSpan.FromTicks(_workers.State.Processes.Sum(process => ProcessFigures.Of(process)?.Cpu.Ticks ?? 0));
}
