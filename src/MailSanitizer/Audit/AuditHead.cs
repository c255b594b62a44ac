using System.Globalization;
using System.Text.Json.Nodes;

namespace MailSanitizer.Audit;

/// <summary>
/// The head of the chain (sequence number and hash of the last record), signed, in a file, in a copy elsewhere and by syslog: what shows that the end was cut off.
/// </summary>
internal sealed class AuditHead(AuditOptions options, AuditSigner signer, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SyslogSender? _syslog = options.Syslog is null ? null : new SyslogSender(options.Syslog, time, log);
    private (long Seq, string Hash, string File) _now;
    private long _written;
    private bool _copyFailed;

    public long Seq
    {
        get
        {
            lock (_gate) return _now.Seq;
        }
    }

    public void Moved(AuditFileWriter file)
    {
        lock (_gate) _now = (file.Seq, file.Hash, Path.GetFileName(file.Path));
    }

    /// <summary>Writes and sends the head when it has moved.</summary>
    public void Write()
    {
        (long seq, string hash, string file) = Current();
        if (seq == _written || seq == 0) return;
        JsonObject head = new()
        {
            ["v"] = 1,
            ["seq"] = seq,
            ["hash"] = hash,
            ["file"] = file,
            ["time"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        };
        signer.Sign(head, head);
        byte[] bytes = [.. CanonicalJson.Write(head), (byte)'\n'];
        if (!TryReplace(Path.Combine(options.Folder, AuditFiles.Head), bytes)) return;
        _written = seq;
        if (options.HeadFile is { } copy) TryReplace(copy, bytes);
        _syslog?.Send($"audit-head seq={seq} hash={hash} file={file} key={signer.KeyId} signature={head["signature"]}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_syslog is not null) await _syslog.DisposeAsync();
    }

    private (long Seq, string Hash, string File) Current()
    {
        lock (_gate) return _now;
    }

    // The head is a witness, not the record: its place being full or gone must not stop mail, and is logged once.
    private bool TryReplace(string path, byte[] bytes)
    {
        try
        {
            string aside = path + ".new";
            File.WriteAllBytes(aside, bytes);
            File.Move(aside, path, overwrite: true);
            _copyFailed = false;
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (!_copyFailed) log.LogError(failure, "The audit's head cannot be written to {Path}", path);
            _copyFailed = true;
            return false;
        }
    }
}
