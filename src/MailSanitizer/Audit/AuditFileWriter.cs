using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using Microsoft.Win32.SafeHandles;

namespace MailSanitizer.Audit;

/// <summary>The open file of the audit: appends, closes with a signed record, begins the next. Used by one thread.</summary>
internal sealed class AuditFileWriter : IDisposable
{
    private readonly AuditOptions _options;
    private readonly AuditSigner _signer;
    private readonly TimeProvider _time;
    private readonly SafeFileHandle _handle;
    private readonly long _firstSeq;
    private readonly DateOnly _day;
    private long _length;

    private AuditFileWriter(AuditOptions options, AuditSigner signer, TimeProvider time, string path, SafeFileHandle handle, long firstSeq)
    {
        _options = options;
        _signer = signer;
        _time = time;
        _handle = handle;
        _firstSeq = firstSeq;
        Path = path;
        // The day stands in the name, so that a file from yesterday is closed after a restart too.
        _day = DateOnly.ParseExact(System.IO.Path.GetFileName(path).AsSpan(13, 8), "yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
    }

    public string Path { get; }

    /// <summary>Sequence number of the last record.</summary>
    public long Seq { get; private set; }

    /// <summary>SHA-256 of the last record.</summary>
    public string Hash { get; private set; } = AuditFiles.Zero;

    /// <summary>Goes on with the last file, or makes the first.</summary>
    public static AuditFileWriter Open(AuditOptions options, AuditSigner signer, TimeProvider time)
    {
        List<string> files = AuditFiles.In(options.Folder);
        if (files.Count == 0) return Begin(options, signer, time, 1, AuditFiles.Zero);
        string path = files[^1];
        TailReading tail = TailReading.Of(path);
        if (tail.LastSeq is null)
        {
            // A crash between making the file and its first record: the chain ends in the file before.
            return OpenEmpty(options, signer, time, files, path);
        }

        if (tail.LastAction == "audit.closed") return Begin(options, signer, time, tail.LastSeq.Value + 1, tail.LastHash);
        AuditFileWriter writer = new(options, signer, time, path, File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.Read), AuditFiles.FirstSeqOf(path)!.Value)
        {
            Seq = tail.LastSeq.Value,
            Hash = tail.LastHash,
            _length = tail.GoodBytes,
        };
        return writer.Resume(tail);
    }

    /// <summary>True when this file has to be closed before the next record.</summary>
    public bool IsDue(DateTimeOffset now) => _length >= _options.RotateBytes || DateOnly.FromDateTime(now.UtcDateTime) > _day;

    /// <summary>Appends the records with one write and one fsync.</summary>
    public void Append(IEnumerable<AuditRecord> records, DateTimeOffset time)
    {
        using MemoryStream lines = new();
        long seq = Seq;
        string hash = Hash;
        foreach (AuditRecord record in records)
        {
            byte[] line = record.Line(++seq, hash, time);
            hash = AuditRecord.HashOf(line);
            lines.Write(line);
            lines.WriteByte((byte)'\n');
        }

        RandomAccess.Write(_handle, lines.GetBuffer().AsSpan(0, (int)lines.Length), _length);
        RandomAccess.FlushToDisk(_handle);
        _length += lines.Length;
        Seq = seq;
        Hash = hash;
    }

    /// <summary>Closes the file with a signed record and begins the next one.</summary>
    public AuditFileWriter Rotate()
    {
        DateTimeOffset now = _time.GetUtcNow();
        JsonObject about = new() { ["file"] = System.IO.Path.GetFileName(Path), ["first"] = _firstSeq, ["last"] = Seq + 1, ["key"] = _signer.KeyId, ["signature"] = "" };
        JsonObject whole = (JsonObject)JsonNode.Parse(Plain("audit.closed", new JsonObject { ["audit"] = about }).Line(Seq + 1, Hash, now))!;
        _signer.Sign(whole, (JsonObject)whole["audit"]!);
        byte[] line = CanonicalJson.Write(whole);
        RandomAccess.Write(_handle, [.. line, (byte)'\n'], _length);
        RandomAccess.FlushToDisk(_handle);
        Dispose();
        return Begin(_options, _signer, _time, Seq + 2, AuditRecord.HashOf(line));
    }

    public void Dispose() => _handle.Dispose();

    private static AuditFileWriter Begin(AuditOptions options, AuditSigner signer, TimeProvider time, long seq, string prev)
    {
        DateTimeOffset now = time.GetUtcNow();
        string path = System.IO.Path.Combine(options.Folder, AuditFiles.NameOf(seq, now));
        using (DurableFiles.CreateNew(path))
        {
        }

        AuditFileWriter writer = new(options, signer, time, path, File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.Read), seq) { Seq = seq - 1, Hash = prev };
        writer.WriteOpened(now);
        DurableFiles.SyncFolder(options.Folder);
        return writer;
    }

    private static AuditFileWriter OpenEmpty(AuditOptions options, AuditSigner signer, TimeProvider time, List<string> files, string path)
    {
        TailReading before = files.Count > 1 ? TailReading.Of(files[^2]) : new TailReading(0, AuditFiles.Zero, null, 0, 0, "");
        if (before.LastSeq is null) throw new InvalidDataException($"{files[^2]} holds no record");
        TailReading torn = TailReading.Of(path);
        AuditFileWriter writer = new(options, signer, time, path, File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.Read), AuditFiles.FirstSeqOf(path)!.Value)
        {
            Seq = before.LastSeq.Value,
            Hash = before.LastHash,
        };
        writer.Resume(torn);
        writer.WriteOpened(time.GetUtcNow());
        return writer;
    }

    // Bytes behind the last record stay where they are; a record says what they are.
    private AuditFileWriter Resume(TailReading tail)
    {
        if (tail.TornBytes == 0) return this;
        long torn = tail.TornBytes;
        string sha256 = tail.TornSha256;
        if (!tail.TornEndsWithLine)
        {
            RandomAccess.Write(_handle, "\n"u8, _length + torn);
            RandomAccess.FlushToDisk(_handle);
            TailReading again = TailReading.Of(Path);
            (torn, sha256) = (again.TornBytes, again.TornSha256);
        }

        _length += torn;
        Append([Plain("audit.torn", new JsonObject { ["torn"] = new JsonObject { ["bytes"] = torn, ["sha256"] = sha256 } })], _time.GetUtcNow());
        return this;
    }

    private void WriteOpened(DateTimeOffset now) => Append(
        [Plain("audit.opened", new JsonObject { ["audit"] = new JsonObject { ["file"] = System.IO.Path.GetFileName(Path), ["key"] = _signer.KeyId, ["public_key"] = Convert.ToBase64String(_signer.PublicKey) } })], now);

    private AuditRecord Plain(string action, JsonObject fields) => AuditRecord.Of(new AuditEvent(action, null, fields), _options, []);
}

/// <summary>What the end of a file says: the last whole record, and what lies behind it.</summary>
internal sealed record TailReading(long? LastSeq, string LastHash, string? LastAction, long GoodBytes, long TornBytes, string TornSha256)
{
    public bool TornEndsWithLine { get; private init; }

    public static TailReading Of(string path)
    {
        long? seq = null;
        string hash = AuditFiles.Zero;
        string? action = null;
        long good = 0;
        using (AuditLines lines = new(File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)))
        {
            while (lines.Next())
            {
                CanonicalLine line = new(lines.Line);
                if (!lines.IsWhole || !line.Check() || line.Seq < 1) continue;
                seq = line.Seq;
                hash = AuditRecord.HashOf(lines.Line);
                action = System.Text.Encoding.UTF8.GetString(lines.Line[line.Action]);
                good = lines.Offset + lines.Length;
            }
        }

        using FileStream file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        long torn = file.Length - good;
        if (torn == 0) return new TailReading(seq, hash, action, good, 0, "");
        file.Position = good;
        string sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file));
        file.Position = file.Length - 1;
        return new TailReading(seq, hash, action, good, torn, sha256) { TornEndsWithLine = file.ReadByte() == '\n' };
    }
}
