namespace MailSanitizer.Holding;

/// <summary>
/// Processor time that guessing may cost one correspondence: a bucket that refills with time, so that a flood of locks and tokens of one sender slows down only itself. Kept in memory;
/// a restart fills every bucket.
/// </summary>
public sealed class GuessingMeter(TimeProvider time)
{
    /// <summary>What a correspondence may spend at once. Origin: product decision; four messages at their own limit (15 s).</summary>
    public static readonly TimeSpan Capacity = TimeSpan.FromSeconds(60);

    /// <summary>Time in which an empty bucket fills. Origin: product decision; a tenth of a core for each correspondence at most.</summary>
    public static readonly TimeSpan Refill = TimeSpan.FromMinutes(10);

    // Buckets that are full again say nothing; more than these are never kept.
    private const int Buckets = 50_000;
    private readonly Dictionary<string, (double Spent, long At)> _buckets = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>What is left.</summary>
    public TimeSpan Left(string correspondence)
    {
        lock (_gate) return Capacity - TimeSpan.FromSeconds(Spent(correspondence));
    }

    /// <summary>Takes from it.</summary>
    public void Charge(string correspondence, TimeSpan cpu)
    {
        if (cpu <= TimeSpan.Zero) return;
        lock (_gate)
        {
            if (_buckets.Count >= Buckets) DropFull();
            _buckets[correspondence] = (Spent(correspondence) + cpu.TotalSeconds, time.GetTimestamp());
        }
    }

    private double Spent(string correspondence) => _buckets.TryGetValue(correspondence, out (double Spent, long At) bucket)
        ? Math.Max(0, bucket.Spent - (time.GetElapsedTime(bucket.At) / Refill * Capacity.TotalSeconds))
        : 0;

    private void DropFull()
    {
        foreach (string full in _buckets.Keys.Where(key => Spent(key) <= 0).ToList()) _buckets.Remove(full);
        // All in use at once: the ones that spent least have least to lose.
        if (_buckets.Count >= Buckets) foreach (string small in _buckets.Keys.OrderBy(Spent).Take(Buckets / 10).ToList()) _buckets.Remove(small);
    }
}
