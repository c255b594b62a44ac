using System.Globalization;

namespace MailSanitizer.Benchmarks.Load;

/// <summary>Processor time and memory of a process and everything it started, from /proc.</summary>
public static class ProcessTree
{
    private const double TicksPerSecond = 100;

    /// <summary>Seconds of processor time so far, of the tree: those that ended and were waited for count too.</summary>
    public static double Cpu(int root) => Members(root).Sum(process => process.Cpu);

    /// <summary>Resident bytes of the tree now.</summary>
    public static long Resident(int root) => Members(root).Sum(process => process.Resident);

    private static List<(int Id, int Parent, double Cpu, long Resident)> Members(int root)
    {
        List<(int Id, int Parent, double Cpu, long Resident)> all = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id)) continue;
            try
            {
                string stat = File.ReadAllText(folder + "/stat");
                string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                double ticks = fields[11..15].Sum(field => double.Parse(field, CultureInfo.InvariantCulture));
                all.Add((id, int.Parse(fields[1], CultureInfo.InvariantCulture), ticks / TicksPerSecond, long.Parse(fields[21], CultureInfo.InvariantCulture) * Environment.SystemPageSize));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended between the listing and the reading.
            }
        }

        HashSet<int> members = [root];
        while (all.Any(process => members.Contains(process.Parent) && members.Add(process.Id)))
        {
        }

        return [.. all.Where(process => members.Contains(process.Id))];
    }
}
