namespace MailSanitizer.Isolation;

/// <summary>
/// What is remembered about contents, by SHA-256 and for a bounded number of them: how often one ran into the wall deadline, which ones are slow, and
/// which worker wrote one. In memory only: to forget is the lenient side.
/// </summary>
internal sealed class ContentMemory(TimeProvider time)
{
    private const int Most = 8_192;
    private static readonly TimeSpan Lasts = TimeSpan.FromDays(6);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldest = new();

    /// <summary>Counts a missed deadline; returns how many there are now.</summary>
    public int Missed(string sha256) => Change(sha256, entry => entry with { Misses = entry.Misses + 1 }).Misses;

    /// <summary>The content was done in time: what it missed before was not its doing.</summary>
    public void InTime(string sha256)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(sha256, out Entry entry) && entry.Misses > 0) _entries[sha256] = entry with { Misses = 0 };
        }
    }

    /// <summary>The content is slow.</summary>
    public void Slow(string sha256) => Change(sha256, entry => entry with { Slow = true });

    /// <summary>The content was written by that worker.</summary>
    public void WrittenBy(string sha256, int worker) => Change(sha256, entry => entry with { Writer = worker });

    /// <summary>What is known of it.</summary>
    public (bool Slow, int? Writer) Of(string sha256)
    {
        lock (_gate) return _entries.TryGetValue(sha256, out Entry entry) && time.GetElapsedTime(entry.At) < Lasts ? (entry.Slow, entry.Writer) : default;
    }

    private Entry Change(string sha256, Func<Entry, Entry> change)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(sha256, out Entry entry) || time.GetElapsedTime(entry.At) >= Lasts)
            {
                if (!_entries.ContainsKey(sha256))
                {
                    while (_oldest.Count >= Most) _entries.Remove(_oldest.Dequeue());
                    _oldest.Enqueue(sha256);
                }

                entry = default;
            }

            return _entries[sha256] = change(entry) with { At = time.GetTimestamp() };
        }
    }

    private readonly record struct Entry(int Misses, bool Slow, int? Writer, long At);
}
