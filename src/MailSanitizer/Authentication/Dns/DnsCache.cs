namespace MailSanitizer.Authentication.Dns;

/// <summary>Keeps answers for as long as they say, negative and failed ones too, within a bound of memory (least recently used goes first).</summary>
public sealed class DnsCache(IDns inner, int maximumBytes, TimeProvider time) : IDns
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    // RFC 2308 7.1 allows five minutes for failures; a short while already keeps a dead server from costing every message its budget.
    private static readonly TimeSpan Failed = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, DnsKind Kind), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _order = new();
    private long _bytes;

    /// <summary>Bytes held, roughly.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <inheritdoc/>
    public async Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(name);
        (string, DnsKind) key = (name.ToLowerInvariant(), kind);
        if (Find(key) is { } known) return known;
        DnsAnswer answer = await inner.AskAsync(name, kind, cancellation).ConfigureAwait(false);
        Keep(key, answer);
        return answer;
    }

    private DnsAnswer? Find((string, DnsKind) key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out LinkedListNode<Entry>? node)) return null;
            if (node.Value.Until <= time.GetUtcNow())
            {
                Remove(node);
                return null;
            }

            _order.Remove(node);
            _order.AddFirst(node);
            return node.Value.Answer;
        }
    }

    private void Keep((string Name, DnsKind Kind) key, DnsAnswer answer)
    {
        TimeSpan life = answer.Status == DnsStatus.Failed ? Failed : answer.TimeToLive < Longest ? answer.TimeToLive : Longest;
        int weight = answer.Weight + (key.Name.Length * 2);
        // One answer never empties the cache.
        if (life <= TimeSpan.Zero || weight > maximumBytes / 16) return;
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out LinkedListNode<Entry>? old)) Remove(old);
            _entries[key] = _order.AddFirst(new Entry(key, answer, time.GetUtcNow() + life, weight));
            _bytes += weight;
            while (_bytes > maximumBytes && _order.Last is { } last) Remove(last);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _order.Remove(node);
        _entries.Remove(node.Value.Key);
        _bytes -= node.Value.Weight;
    }

    private sealed record Entry((string Name, DnsKind Kind) Key, DnsAnswer Answer, DateTimeOffset Until, int Weight);
}
