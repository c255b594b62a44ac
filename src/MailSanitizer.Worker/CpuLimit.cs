namespace MailSanitizer.Worker;

/// <summary>
/// Cancels a job when the process has used its processor time. Wall time does not count here: on a starved host a job takes long and is none the worse.
/// A reader that does not look at the token is ended by the daemon, which watches the same clock from outside.
/// </summary>
internal sealed class CpuLimit : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);
    private readonly CancellationTokenSource _source = new();
    private readonly Timer _timer;
    private readonly TimeSpan _end;

    public CpuLimit(TimeSpan limit)
    {
        _end = Environment.CpuUsage.TotalTime + limit;
        _timer = new Timer(_ => Look(), null, Step, Step);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        using ManualResetEvent ended = new(false);
        if (_timer.Dispose(ended)) _ = ended.WaitOne();
        _source.Dispose();
    }

    private void Look()
    {
        if (Environment.CpuUsage.TotalTime >= _end) _source.Cancel();
    }
}
