using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MailSanitizer.Audit;

/// <summary>What is wrong with the first broken record.</summary>
public enum AuditFault
{
    /// <summary>Records are missing between two others, or whole files.</summary>
    Removed,

    /// <summary>A record's bytes are not what was written.</summary>
    Altered,

    /// <summary>Records stand in another order, or twice.</summary>
    Reordered,

    /// <summary>The end is missing: a signed head says that there was more.</summary>
    Truncated,

    /// <summary>The chain was written anew: hashes fit, signatures do not.</summary>
    Forged,
}

/// <summary>The first broken record.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="File">File name.</param>
/// <param name="Line">Line in the file, from 1.</param>
/// <param name="Seq">Sequence number of the broken record.</param>
/// <param name="Text">In words.</param>
public sealed record AuditProblem(AuditFault Fault, string File, long Line, long Seq, string Text);

/// <summary>What a check of the chain found.</summary>
/// <param name="Records">Records that were checked and are whole.</param>
/// <param name="Files">Files that were read.</param>
/// <param name="FirstSeq">First sequence number on disk; what came before was removed by retention and is anchored.</param>
/// <param name="LastSeq">Last whole record.</param>
/// <param name="HeadHash">Its SHA-256: compare it with what the syslog server kept.</param>
/// <param name="Problem">The first broken record, or null.</param>
/// <param name="Notes">Torn ends and the like: kept, explained, no fault.</param>
public sealed record AuditVerification(long Records, int Files, long FirstSeq, long LastSeq, string HeadHash, AuditProblem? Problem, IReadOnlyList<string> Notes)
{
    /// <summary>The chain is whole.</summary>
    public bool IsWhole => Problem is null;
}

/// <summary>Proves offline, from files and a public key alone, that nothing was taken out of the audit or changed.</summary>
public sealed class AuditVerifier
{
    private readonly byte[] _publicKey;
    private readonly List<string> _files;
    private readonly string _folder;
    private readonly string? _headFile;
    private readonly List<string> _notes = [];
    private readonly Dictionary<string, string> _retired = new(StringComparer.Ordinal);
    private long _records;
    private long _expected;
    private string _prev = AuditFiles.Zero;
    private long _seq;
    private bool _closed;
    private AuditProblem? _problem;
    private (long Seq, string Hash)? _head;

    private AuditVerifier(string folder, byte[] publicKey, string? headFile)
    {
        _folder = folder;
        _publicKey = publicKey;
        _headFile = headFile;
        _files = AuditFiles.In(folder);
    }

    /// <summary>
    /// Checks the chain. <paramref name="publicKey"/> (base64) should come from elsewhere than this host; <paramref name="headFile"/> is a copy of the head, by default the one
    /// beside the files. Throws <see cref="InvalidDataException"/> when the key is none.
    /// </summary>
    public static AuditVerification Verify(string folder, string publicKey, string? headFile = null, CancellationToken cancellation = default)
    {
        byte[] key = new byte[33];
        if (!Convert.TryFromBase64String(publicKey.Trim(), key, out int length) || length != 32) throw new InvalidDataException("the public key is not 32 bytes in base64");
        return new AuditVerifier(folder, key[..32], headFile).Run(cancellation);
    }

    private AuditVerification Run(CancellationToken cancellation)
    {
        ReadHead();
        if (_files.Count == 0) return Result(_head is { } lost ? new AuditProblem(AuditFault.Removed, "", 0, 1, $"there is no file, and the head says {lost.Seq} records") : null, 0);
        long first = AuditFiles.FirstSeqOf(_files[0])!.Value;
        _expected = first;
        if (first > 1) Anchor(first);
        foreach (string path in _files)
        {
            if (_problem is not null) break;
            cancellation.ThrowIfCancellationRequested();
            if (_records > 0 && !_closed) Fail(AuditFault.Removed, path, 1, _expected, $"the file before {Path.GetFileName(path)} has no closing record: its end is missing");
            else ReadFile(path);
        }

        if (_problem is null && first > 1 && !_retired.ContainsValue(_anchorHash ?? ""))
        {
            Fail(AuditFault.Removed, _files[0], 1, first - 1, $"records before {first} are gone, and no record of the chain says that retention removed them");
        }

        if (_problem is null && _head is { } head && head.Seq > _seq) Fail(AuditFault.Truncated, _files[^1], 0, _seq + 1, $"the chain ends at {_seq}, the signed head says {head.Seq}");
        return Result(_problem, first);
    }

    private string? _anchorHash;

    private AuditVerification Result(AuditProblem? problem, long first) => new(_records, _files.Count, first, _seq, _prev, problem, _notes);

    private void ReadHead()
    {
        string path = _headFile ?? Path.Combine(_folder, AuditFiles.Head);
        if (!File.Exists(path))
        {
            _notes.Add($"no head at {path}: a cut-off end would not show");
            return;
        }

        try
        {
            JsonObject? head = JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject;
            if (head is not null && AuditSignature.Verify(head, head, _publicKey)) _head = ((long)head["seq"]!, (string)head["hash"]!);
            else Fail(AuditFault.Forged, path, 1, 0, "the head is not signed by this key");
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException or ArgumentException or NullReferenceException)
        {
            Fail(AuditFault.Altered, path, 1, 0, "the head cannot be read");
        }
    }

    // The files before were removed by retention: the closing record of the last of them is kept, signed.
    private void Anchor(long first)
    {
        string path = Path.Combine(_folder, AuditFiles.Anchors);
        foreach (string line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(line);
            CanonicalLine record = new(bytes);
            if (!record.Check() || record.Seq != first - 1) continue;
            if (!IsSignedClose(bytes))
            {
                Fail(AuditFault.Forged, path, 0, record.Seq, $"the closing record {record.Seq} is not signed by this key");
                return;
            }

            _prev = _anchorHash = AuditRecord.HashOf(bytes);
            return;
        }

        Fail(AuditFault.Removed, _files[0], 1, 1, $"records 1 to {first - 1} are gone, and no signed closing record stands for them");
    }

    private void ReadFile(string path)
    {
        using AuditLines lines = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1));
        long number = 0;
        long torn = -1;
        _closed = false;
        while (_problem is null && lines.Next())
        {
            number++;
            CanonicalLine line = new(lines.Line);
            if (!lines.IsWhole || !line.Check())
            {
                if (torn < 0) torn = lines.Offset;
                continue;
            }

            if (torn >= 0 && !ExplainsTorn(path, torn, lines, number)) return;
            torn = -1;
            if (_closed) Fail(AuditFault.Forged, path, number, line.Seq, $"record {line.Seq} stands behind the closing record of its file");
            else Take(path, number, line, lines.Line);
        }

        if (torn < 0 || _problem is not null) return;
        if (path == _files[^1]) _notes.Add($"{Path.GetFileName(path)}: {lines.Offset + lines.Length - torn} bytes at the end are no record: a write that was cut off, not yet noted");
        else Fail(AuditFault.Altered, path, number, _expected, $"record {_expected} is not what was written");
    }

    private void Take(string path, long number, CanonicalLine line, ReadOnlySpan<byte> bytes)
    {
        string prev = Encoding.ASCII.GetString(bytes[line.Prev]);
        if (line.Seq != _expected)
        {
            if (line.Seq < _expected || StandsLater(path, number, _expected)) Fail(AuditFault.Reordered, path, number, _expected, $"where record {_expected} belongs stands record {line.Seq}");
            else Fail(AuditFault.Removed, path, number, _expected, $"{(line.Seq - 1 == _expected ? $"record {_expected} is" : $"records {_expected} to {line.Seq - 1} are")} missing");
            return;
        }

        string hash = AuditRecord.HashOf(bytes);
        if (prev != _prev)
        {
            // Either this record was changed or the one before. If the record after points at these very bytes, they are what was written.
            bool intact = PrevOfNext(path, number) == hash || (_head is { } end && end.Seq == line.Seq && end.Hash == hash);
            long broken = intact && _records > 0 ? line.Seq - 1 : line.Seq;
            Fail(AuditFault.Altered, path, broken == line.Seq ? number : number - 1, broken, $"record {broken} is not what was written: its hash is not the one that the chain has");
            return;
        }

        if (_head is { } head && head.Seq == line.Seq && head.Hash != hash)
        {
            Fail(AuditFault.Forged, path, number, line.Seq, $"record {line.Seq} is not the one that the signed head names: the chain was written anew at or before it");
            return;
        }

        ReadOnlySpan<byte> action = bytes[line.Action];
        if (action.SequenceEqual("audit.closed"u8))
        {
            if (!IsSignedClose(bytes))
            {
                Fail(AuditFault.Forged, path, number, line.Seq, $"the closing record {line.Seq} is not signed by this key: the chain was written anew in {Path.GetFileName(path)} or before");
                return;
            }

            _closed = true;
        }
        else if (action.SequenceEqual("audit.retired"u8))
        {
            NoteRetired(bytes);
        }

        _records++;
        _seq = line.Seq;
        _expected = line.Seq + 1;
        _prev = hash;
    }

    private void NoteRetired(ReadOnlySpan<byte> bytes)
    {
        if (JsonNode.Parse(bytes)?["retired"] is not JsonArray retired) return;
        foreach (JsonNode? entry in retired)
        {
            if (entry is JsonObject file && file["file"] is JsonValue name && file["closing_hash"] is JsonValue hash) _retired[name.ToString()] = hash.ToString();
        }
    }

    private bool IsSignedClose(ReadOnlySpan<byte> bytes) =>
        JsonNode.Parse(bytes) is JsonObject whole && whole["audit"] is JsonObject about && AuditSignature.Verify(whole, about, _publicKey);

    // Bytes that are no record are explained by the record behind them, or they are an altered record.
    private bool ExplainsTorn(string path, long from, AuditLines lines, long number)
    {
        long length = lines.Offset - from;
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = from;
        byte[] torn = new byte[length];
        file.ReadExactly(torn);
        if (JsonNode.Parse(lines.Line) is JsonObject record && (record["event"] as JsonObject)?["action"]?.ToString() == "audit.torn" && record["torn"] is JsonObject note
            && note["bytes"] is JsonValue bytes && bytes.TryGetValue(out long said) && said == length && note["sha256"]?.ToString() == Convert.ToHexStringLower(SHA256.HashData(torn)))
        {
            _notes.Add($"{Path.GetFileName(path)}: {length} bytes before record {record["seq"]} are a write that was cut off by a crash; the chain has noted them");
            return true;
        }

        Fail(AuditFault.Altered, path, number - 1, _expected, $"record {_expected} is not what was written");
        return false;
    }

    private bool StandsLater(string path, long after, long seq) => Later(path, after).Any(record => record.Seq == seq);

    private string? PrevOfNext(string path, long after) => Later(path, after).Select(record => record.Prev).FirstOrDefault();

    private IEnumerable<(long Seq, string Prev)> Later(string path, long after)
    {
        foreach (string file in _files.SkipWhile(file => file != path))
        {
            using AuditLines lines = new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1));
            for (long number = 1; lines.Next(); number++)
            {
                if ((file != path || number > after) && Read(lines.Line) is { } record) yield return record;
            }
        }
    }

    private static (long Seq, string Prev)? Read(ReadOnlySpan<byte> bytes)
    {
        CanonicalLine line = new(bytes);
        return line.Check() ? (line.Seq, Encoding.ASCII.GetString(bytes[line.Prev])) : null;
    }

    private void Fail(AuditFault fault, string path, long line, long seq, string text) => _problem ??= new AuditProblem(fault, Path.GetFileName(path), line, seq, text);
}
