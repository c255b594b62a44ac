namespace MailSanitizer.Worker.Cage;

/// <summary>
/// The kernel's limits. DATA is the memory cap (private writable memory, native code included); not AS, for the garbage collector reserves far more
/// address space than it uses; and not the heap limit alone, which does not bind native memory.
/// </summary>
internal static class ResourceLimits
{
    private const int FileSize = 1;
    private const int Data = 2;
    private const int Core = 4;
    private const int OpenFiles = 7;

    /// <summary>Sets all of them, soft and hard. SIGXFSZ is ignored, so that a file at its limit is an error and not a death.</summary>
    public static void Set(long data, long file, int descriptors)
    {
        Set(Core, 0, "CORE");
        Set(FileSize, (ulong)file, "FSIZE");
        Set(OpenFiles, (ulong)descriptors, "NOFILE");
        Set(Data, (ulong)data, "DATA");
        _ = Native.Signal(Native.SignalFileSize, 1);
    }

    /// <summary>What is in force: DATA, FSIZE, NOFILE; 0 where there is no limit, or where CORE is not 0.</summary>
    public static (long Data, long File, int Descriptors) InForce() =>
        Get(Core) == 0 ? (Bounded(Data), Bounded(FileSize), (int)Bounded(OpenFiles)) : (0, 0, 0);

    private static void Set(int resource, ulong value, string name)
    {
        if (Native.SetLimit(resource, new Native.Limit { Soft = value, Hard = value }) != 0)
            throw new CageException($"RLIMIT_{name} cannot be set to {value}: {Native.LastError}; raise the daemon's own limit (systemd: Limit{name}=) above it");
    }

    private static ulong Get(int resource) => Native.GetLimit(resource, out Native.Limit limit) == 0 ? limit.Hard : ulong.MaxValue;

    private static long Bounded(int resource) => Get(resource) is var value && value > long.MaxValue ? 0 : (long)value;
}
