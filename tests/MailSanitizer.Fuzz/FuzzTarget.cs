using System.Diagnostics;
using System.Reflection;

namespace MailSanitizer.Fuzz;

/// <summary>One parser under random input. A target throws when the parser breaks a promise; any exception is a failure.</summary>
/// <param name="Name">Room and parser: <c>zip-reader</c>.</param>
/// <param name="Seeds">Good inputs that are mutated.</param>
/// <param name="Run">Feeds one input.</param>
public sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Run);

/// <summary>All targets, and the loop that drives one.</summary>
public static class FuzzTargets
{
    /// <summary>Every public static property of type <see cref="FuzzTarget"/> in classes named <c>…Fuzz</c>.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
        [.. typeof(FuzzTargets).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Fuzz", StringComparison.Ordinal))
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Static))
            .Where(property => property.PropertyType == typeof(FuzzTarget))
            .Select(property => (FuzzTarget)property.GetValue(null)!)
            .OrderBy(target => target.Name, StringComparer.Ordinal)];

    /// <summary>Drives a target for a time; the seed makes a run repeatable. Returns the number of inputs; throws with the input in hex on a failure.</summary>
    public static long Drive(FuzzTarget target, TimeSpan time, int seed)
    {
        Random random = new(seed);
        long count = 0;
        Stopwatch watch = Stopwatch.StartNew();
        foreach (byte[] good in target.Seeds) One(target, good, count++);
        while (watch.Elapsed < time) One(target, Mutate(target, random), count++);
        return count;
    }

    private static void One(FuzzTarget target, byte[] input, long number)
    {
        Stopwatch watch = Stopwatch.StartNew();
        try
        {
            target.Run(input);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{target.Name} input {number}: {Convert.ToHexString(input.AsSpan(0, Math.Min(input.Length, 4096)))}", failure);
        }

        if (watch.Elapsed > TimeSpan.FromSeconds(20)) throw new InvalidOperationException($"{target.Name} input {number} took {watch.Elapsed}: {Convert.ToHexString(input.AsSpan(0, Math.Min(input.Length, 4096)))}");
    }

    private static byte[] Mutate(FuzzTarget target, Random random)
    {
        byte[] input = target.Seeds.Count == 0 ? [] : (byte[])target.Seeds[random.Next(target.Seeds.Count)].Clone();
        int rounds = 1 << random.Next(0, 6);
        for (int round = 0; round < rounds; round++) input = MutateOnce(input, target, random);
        return input;
    }

    private static byte[] MutateOnce(byte[] input, FuzzTarget target, Random random)
    {
        if (input.Length == 0) return [(byte)random.Next(256)];
        int at = random.Next(input.Length);
        int length = random.Next(1, Math.Min(64, input.Length - at) + 1);
        switch (random.Next(8))
        {
            case 0: input[at] ^= (byte)(1 << random.Next(8)); return input;
            case 1: input[at] = (byte)random.Next(256); return input;
            case 2: input[at] = new byte[] { 0, 0xFF, 0x7F, 0x80, (byte)'\r', (byte)'\n', (byte)'.', (byte)'"' }[random.Next(8)]; return input;
            case 3: return [.. input[..at], .. input[(at + length)..]];
            case 4: return [.. input[..at], .. input.AsSpan(at, length), .. input[at..]];
            case 5: return input[..at];
            case 6:
                byte[] other = target.Seeds[random.Next(target.Seeds.Count)];
                int from = random.Next(other.Length + 1);
                return [.. input[..at], .. other[from..]];
            default:
                if (at + 4 <= input.Length) BitConverter.TryWriteBytes(input.AsSpan(at), random.Next(4) switch { 0 => -1, 1 => int.MaxValue, 2 => random.Next(), _ => random.Next(16) });
                return input;
        }
    }
}
