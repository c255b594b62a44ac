using System.Globalization;

namespace MailSanitizer.Isolation;

/// <summary>What the kernel says of a process (proc(5)).</summary>
/// <param name="Cpu">Processor time, user and system.</param>
/// <param name="RunQueue">Time that its main thread, which does the jobs, was ready and had no processor; null where the kernel does not count it.</param>
/// <param name="Resident">Resident memory (bytes).</param>
internal readonly record struct ProcessFigures(TimeSpan Cpu, TimeSpan? RunQueue, long Resident)
{
    // USER_HZ is 100 on every Linux ABI.
    private const int TicksPerSecond = 100;

    /// <summary>Reads them; null when the process is gone.</summary>
    public static ProcessFigures? Of(int process)
    {
        try
        {
            string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");

            // The name in field 2 may hold spaces and brackets: count from the last bracket. utime and stime are fields 14 and 15.
            string stat = File.ReadAllText(folder + "/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            long ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            long pages = long.Parse(fields[21], CultureInfo.InvariantCulture);
            return new ProcessFigures(TimeSpan.FromSeconds((double)ticks / TicksPerSecond), Waited(folder), pages * Environment.SystemPageSize);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static TimeSpan? Waited(string folder)
    {
        try
        {
            string[] fields = File.ReadAllText(folder + "/schedstat").Split(' ');
            return fields.Length >= 2 ? TimeSpan.FromMicroseconds(long.Parse(fields[1], CultureInfo.InvariantCulture) / 1000.0) : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }
}
