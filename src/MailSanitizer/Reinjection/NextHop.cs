using System.Net.Sockets;
using MailSanitizer.Mail;

namespace MailSanitizer.Reinjection;

/// <summary>The room: hands mail to the next hop over pooled connections. Enters: messages with their envelopes. Leaves: the next hop's own reply for each recipient.</summary>
public sealed class NextHop : INextHop, IDisposable
{
    private readonly NextHopOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _slots;
    private readonly Stack<HopConnection> _idle = new();
    private readonly Lock _gate = new();
    private readonly ITimer _sweeper;
    private volatile HopExtensions? _announced;
    private bool _disposed;

    /// <summary>A next hop; nothing is connected yet.</summary>
    public NextHop(NextHopOptions options, TimeProvider time, ILogger<NextHop> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _slots = new SemaphoreSlim(options.Limits.Connections);
        _sweeper = time.CreateTimer(static hop => ((NextHop)hop!).Sweep(), this, options.Limits.IdleTime / 2, options.Limits.IdleTime / 2);
    }

    /// <inheritdoc/>
    public IReadOnlySet<string> Extensions => (_announced ?? HopExtensions.None).Keywords;

    /// <inheritdoc/>
    public long MaximumSize => (_announced ?? HopExtensions.None).MaximumSize;

    /// <inheritdoc/>
    public bool IsKnown => _announced is not null;

    /// <summary>Connections that wait for work.</summary>
    public int IdleConnections
    {
        get
        {
            lock (_gate) return _idle.Count;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SmtpReply>> DeliverAsync(Envelope envelope, OutgoingMessage message, CancellationToken cancellation)
    {
        if (envelope.Recipients.Count == 0) return [];
        await _slots.WaitAsync(cancellation);
        try
        {
            while (true)
            {
                HopConnection? connection = TakeIdle();
                if (connection is null)
                {
                    try
                    {
                        connection = await OpenAsync(cancellation);
                    }
                    catch (Exception failure) when (IsOfTheWire(failure))
                    {
                        _logger.LogWarning("{NextHop} cannot be reached: {Reason}", _options.Endpoint, failure.Message);
                        SmtpReply reply = failure is HopRefusedException refused ? refused.Reply : new SmtpReply(451, "4.4.1", "The next hop cannot be reached");
                        return [.. envelope.Recipients.Select(_ => reply)];
                    }
                }

                if (await TryAsync(connection, envelope, message, cancellation) is { } replies) return replies;
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Asks the next hop what it announces; false when it cannot be reached.</summary>
    public async Task<bool> ProbeAsync(CancellationToken cancellation)
    {
        try
        {
            (await OpenAsync(cancellation)).Quit();
            return true;
        }
        catch (Exception failure) when (IsOfTheWire(failure))
        {
            _logger.LogWarning("{NextHop} cannot be asked what it takes: {Reason}", _options.Endpoint, failure.Message);
            return false;
        }
    }

    /// <summary>Asks again and again until cancelled: often until it was first reached, then rarely.</summary>
    public async Task RunProbesAsync(CancellationToken cancellation)
    {
        TimeSpan wait = _options.Limits.FirstProbeTime;
        while (!cancellation.IsCancellationRequested)
        {
            bool reached = await ProbeAsync(cancellation);
            TimeSpan pause = reached ? _options.Limits.ProbeTime : wait;
            if (!reached && wait < TimeSpan.FromSeconds(30)) wait *= 2;
            await Task.Delay(pause, _time, cancellation).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        HopConnection[] idle;
        lock (_gate)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (HopConnection connection in idle) connection.Quit();
        _sweeper.Dispose();
        _slots.Dispose();
    }

    // What sockets and the other end may do at any time; anything else is a bug and may be seen.
    private static bool IsOfTheWire(Exception failure) => failure is IOException or SocketException or TimeoutException;

    /// <summary>One transaction; null when the pooled connection turned out stale before any content, so that another one may be tried.</summary>
    private async Task<IReadOnlyList<SmtpReply>?> TryAsync(HopConnection connection, Envelope envelope, OutgoingMessage message, CancellationToken cancellation)
    {
        HopTransaction transaction = new(connection, _options, envelope, message, _logger);
        bool keep = false;
        try
        {
            IReadOnlyList<SmtpReply> replies = await transaction.RunAsync(cancellation);
            if (transaction.IsShuttingDown && connection.IsReused) return null;
            keep = transaction.IsClean;
            return replies;
        }
        catch (Exception failure) when (IsOfTheWire(failure))
        {
            if (connection.IsReused && !transaction.HasBegunContent && failure is not TimeoutException) return null;
            _logger.LogWarning("{NextHop} broke off: {Reason}", _options.Endpoint, failure.Message);
            return transaction.BrokenOff(failure);
        }
        finally
        {
            connection.Messages++;
            if (keep && connection.Messages < _options.Limits.MessagesPerConnection) PutIdle(connection);
            else if (keep) connection.Quit();
            else connection.Dispose();
        }
    }

    private async Task<HopConnection> OpenAsync(CancellationToken cancellation)
    {
        HopConnection connection = await HopConnection.OpenAsync(_options, _time, cancellation);
        _announced = connection.Extensions;
        return connection;
    }

    private HopConnection? TakeIdle()
    {
        while (true)
        {
            HopConnection? connection;
            lock (_gate)
            {
                if (!_idle.TryPop(out connection)) return null;
            }

            if (!connection.IsStale() && _time.GetElapsedTime(connection.IdleSince) < _options.Limits.IdleTime)
            {
                connection.IsReused = true;
                return connection;
            }

            connection.Quit();
        }
    }

    private void PutIdle(HopConnection connection)
    {
        connection.IdleSince = _time.GetTimestamp();
        lock (_gate)
        {
            if (!_disposed)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Quit();
    }

    /// <summary>Closes what has been idle too long, so that the next hop's processes are not held.</summary>
    private void Sweep()
    {
        List<HopConnection> old = [];
        lock (_gate)
        {
            HopConnection[] all = [.. _idle];
            _idle.Clear();
            // Popped from the top: the array begins with the freshest.
            for (int index = all.Length - 1; index >= 0; index--)
            {
                if (_time.GetElapsedTime(all[index].IdleSince) >= _options.Limits.IdleTime) old.Add(all[index]);
                else _idle.Push(all[index]);
            }
        }

        foreach (HopConnection connection in old) connection.Quit();
    }
}
