using System.Collections.Frozen;
using MailSanitizer.Mail;

namespace MailSanitizer.Scanning;

/// <summary>
/// A local list of known bad SHA-256 values: 64 hex digits a line, text behind them is the name, <c>#</c> starts a comment. Read again when the file changes.
/// A line that is no hash, or a file that cannot be read, leaves the list that was in force and is reported.
/// </summary>
public sealed class HashListEngine(string path, Action<string> report) : IScanEngine
{
    private readonly Lock _gate = new();
    private FrozenDictionary<string, string> _hashes = FrozenDictionary<string, string>.Empty;
    private (DateTime Written, long Length) _stamp;
    private bool _loaded;

    /// <inheritdoc/>
    public string Name => "hash-list";

    /// <summary>Entries in force.</summary>
    public int Count => _hashes.Count;

    /// <inheritdoc/>
    public Task<ScanFact> ScanAsync(ScanItem item, CancellationToken cancellation)
    {
        string? fault = Reload();
        FrozenDictionary<string, string> hashes = _hashes;
        ScanFact fact = fault is not null && !_loaded
            ? new ScanFact(item.Path, item.Sha256, Name, "", ScanOutcome.Unavailable, fault, 0)
            : hashes.TryGetValue(item.Sha256, out string? name)
                ? new ScanFact(item.Path, item.Sha256, Name, $"{hashes.Count} hashes", ScanOutcome.Infected, name, 0)
                : new ScanFact(item.Path, item.Sha256, Name, $"{hashes.Count} hashes", ScanOutcome.Clean, "", 0);
        return Task.FromResult(fact);
    }

    /// <summary>Reads the file when it changed; returns what is wrong, or null.</summary>
    public string? Reload()
    {
        lock (_gate)
        {
            try
            {
                FileInfo file = new(path);
                (DateTime, long) stamp = (file.LastWriteTimeUtc, file.Length);
                if (stamp == _stamp && _loaded) return null;
                if (!TryRead(path, out FrozenDictionary<string, string> hashes, out string error))
                {
                    if (stamp != _stamp) report(error);
                    _stamp = stamp;
                    return error;
                }

                _hashes = hashes;
                _stamp = stamp;
                _loaded = true;
                return null;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                string error = $"hash list {path} cannot be read: {failure.Message}";
                report(error);
                return error;
            }
        }
    }

    private static bool TryRead(string path, out FrozenDictionary<string, string> hashes, out string error)
    {
        Dictionary<string, string> rows = new(StringComparer.Ordinal);
        hashes = FrozenDictionary<string, string>.Empty;
        error = "";
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            string text = line.Split('#', 2)[0].Trim();
            if (text.Length == 0) continue;
            string hash = text.Split([' ', '\t', ':', ','], 2)[0].ToLowerInvariant();
            if (hash.Length != 64 || !hash.All(char.IsAsciiHexDigitLower))
            {
                error = $"hash list {path}:{number}: expected 64 hexadecimal digits (SHA-256), found '{(hash.Length > 70 ? hash[..70] + "…" : hash)}'; the list in force stays";
                return false;
            }

            string name = text.Length > 64 ? text[64..].Trim(' ', '\t', ':', ',') : "";
            rows[hash] = name.Length == 0 ? "listed" : name;
        }

        hashes = rows.ToFrozenDictionary(StringComparer.Ordinal);
        return true;
    }
}
