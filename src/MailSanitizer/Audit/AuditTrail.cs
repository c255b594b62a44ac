using System.Threading.Channels;
using MailSanitizer.Mail;

namespace MailSanitizer.Audit;

/// <summary>
/// The audit's one writer. Callers that come together share one write and one fsync; each is answered when its record is on disk. Opened by the owner of the state
/// folder's lock, once.
/// </summary>
public sealed class AuditTrail : IAuditTrail, IAsyncDisposable
{
    private int _disposed;
    private const int Batch = 256;
    private readonly AuditOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly byte[] _subjectKey;
    private readonly AuditSigner _signer;
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(4096);
    private readonly CancellationTokenSource _stop = new();
    private readonly AuditHead _head;
    private readonly Task _loop;
    private readonly Task _upkeep;
    private AuditFileWriter? _file;

    private AuditTrail(AuditOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
        DurableFiles.CreateFolder(options.Folder);
        _signer = AuditSigner.Open(Path.Combine(options.KeyFolder, "audit-ed25519.key"));
        _subjectKey = SubjectKey.Open(options.KeyFolder);
        _head = new AuditHead(options, _signer, time, log);
        Index = new AuditIndex(options.Folder);
        _file = AuditFileWriter.Open(options, _signer, time);
        _head.Moved(_file);
        _loop = Task.Run(DrainAsync);
        _upkeep = Task.Run(KeepUpAsync);
    }

    /// <summary>Public key that signs closing records and heads (32 bytes, base64): keep a copy off the host.</summary>
    public string PublicKey => Convert.ToBase64String(_signer.PublicKey);

    /// <summary>Sequence number of the last record on disk.</summary>
    public long LastSeq => _head.Seq;

    /// <summary>The index behind <c>audit show</c>.</summary>
    public AuditIndex Index { get; }

    /// <summary>Opens the trail, notes a torn end, and goes on where the last process stopped. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/> when it cannot.</summary>
    public static AuditTrail Open(AuditOptions options, TimeProvider time, ILogger log) => new(options, time, log);

    /// <inheritdoc/>
    public async Task AppendAsync(AuditEvent entry, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Pending item = new(AuditRecord.Of(entry, _options, _subjectKey));
        try
        {
            await _queue.Writer.WriteAsync(item, cancellation);
        }
        catch (ChannelClosedException)
        {
            throw new IOException("the audit is closed");
        }

        // Not cancellable from here: the record may be on disk already.
        await item.Done.Task;
    }

    /// <summary>The keyed hash under which a subject stands in the records; for <c>audit show --subject</c>.</summary>
    public string SubjectHash(string subject) => AuditRecord.SubjectHash(subject, _subjectKey);

    /// <summary>Removes closed files that the options no longer keep; the chain stays provable. Returns how many went.</summary>
    public async Task<int> RetireAsync(CancellationToken cancellation) => await AuditRetention.RunAsync(_options, this, _time, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _queue.Writer.TryComplete();
        await _loop;
        await _stop.CancelAsync();
        await _upkeep;
        _head.Write();
        _file?.Dispose();
        await _head.DisposeAsync();
        Index.Dispose();
        _stop.Dispose();
    }

    private async Task DrainAsync()
    {
        List<Pending> batch = [];
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < Batch && _queue.Reader.TryRead(out Pending? item)) batch.Add(item);
            IOException? failed = null;
            try
            {
                _file ??= AuditFileWriter.Open(_options, _signer, _time);
                if (_file.IsDue(_time.GetUtcNow())) _file = _file.Rotate();
                _file.Append(batch.Select(item => item.Record), _time.GetUtcNow());
                _head.Moved(_file);
            }
            // Every caller must learn it: each of them answers 451. What stands in the file is looked at again before the next record.
            catch (Exception failure)
            {
                failed = new IOException($"audit: {failure.Message}", failure);
                _log.LogError(failure, "The audit cannot be written; mail is answered 451 until it can");
                _file?.Dispose();
                _file = null;
            }

            foreach (Pending item in batch) item.Answer(failed);
        }
    }

    private async Task KeepUpAsync()
    {
        int rounds = 0;
        using PeriodicTimer timer = new(_options.HeadEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                _head.Write();
                if (++rounds % 5 != 0) continue;
                await Index.CatchUpAsync(_stop.Token);
                if (rounds % 300 == 0) await RetireAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
        // The upkeep must outlive a full disk; the writer itself reports to callers.
        catch (Exception failure)
        {
            _log.LogError(failure, "The audit's upkeep stopped: index, head and retention stand still until the next start");
        }
    }

    private sealed class Pending(AuditRecord record)
    {
        public AuditRecord Record { get; } = record;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Answer(IOException? failure)
        {
            if (failure is null) Done.SetResult();
            else Done.SetException(failure);
        }
    }
}

/// <summary>The key of subject hashes.</summary>
internal static class SubjectKey
{
    public static byte[] Open(string folder)
    {
        string path = Path.Combine(folder, "audit-subject.key");
        if (!File.Exists(path))
        {
            DurableFiles.CreateFolder(folder);
            DurableFiles.Replace(path, System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)) + "\n"));
        }

        byte[] key = new byte[33];
        return Convert.TryFromBase64String(File.ReadAllText(path).Trim(), key, out int length) && length == 32 ? key[..32] : throw new InvalidDataException($"{path} is not a key (32 bytes, base64)");
    }
}
