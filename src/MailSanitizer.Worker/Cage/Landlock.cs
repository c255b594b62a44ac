using System.Runtime.InteropServices;

namespace MailSanitizer.Worker.Cage;

/// <summary>
/// Landlock (Linux 5.13): the thread that restricts itself, and what it execs, sees no file but those that are named. It binds only the calling
/// thread, so it is set before the exec, when every other thread is about to end.
/// </summary>
internal static unsafe class Landlock
{
    private const int CreateRuleset = 444;
    private const int AddRule = 445;
    private const int RestrictSelf = 446;
    private const int VersionFlag = 1;
    private const int PathBeneath = 1;

    private const ulong Execute = 1 << 0;
    private const ulong WriteFile = 1 << 1;
    private const ulong ReadFile = 1 << 2;
    private const ulong ReadFolder = 1 << 3;
    private const ulong RemoveFile = 1 << 5;
    private const ulong MakeFile = 1 << 8;
    private const ulong Truncate = 1 << 14;

    /// <summary>The kernel's ABI version; 0 when Landlock is absent or switched off.</summary>
    public static int Version => (int)Math.Max(0, Native.Syscall(CreateRuleset, 0, 0, VersionFlag));

    /// <summary>Restricts the calling thread for good. Paths that do not exist are left out.</summary>
    public static void Restrict(int version, IEnumerable<string> readAndExecute, IEnumerable<string> read, string scratch)
    {
        Ruleset ruleset = new()
        {
            // Every right that this ABI knows is handled, so that what is not granted is denied.
            Files = version switch { 1 => (1UL << 13) - 1, 2 => (1UL << 14) - 1, 3 or 4 => (1UL << 15) - 1, _ => (1UL << 16) - 1 },
            Network = version >= 4 ? 3UL : 0,
            Scope = version >= 6 ? 3UL : 0,
        };
        nint size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
        int descriptor = (int)Native.Syscall(CreateRuleset, (nint)(&ruleset), size, 0);
        if (descriptor < 0) throw new CageException($"landlock_create_ruleset: {Native.LastError}");
        foreach (string path in readAndExecute) Allow(descriptor, path, Execute | ReadFile | ReadFolder);
        foreach (string path in read) Allow(descriptor, path, ReadFile | ReadFolder);
        Allow(descriptor, "/dev/null", ReadFile | WriteFile);
        Allow(descriptor, scratch, ReadFile | WriteFile | ReadFolder | MakeFile | RemoveFile | (version >= 3 ? Truncate : 0));
        if (Native.Syscall(RestrictSelf, descriptor) != 0) throw new CageException($"landlock_restrict_self: {Native.LastError}");
        _ = Native.Close(descriptor);
    }

    private static void Allow(int ruleset, string path, ulong rights)
    {
        int parent = Native.Open(path, Native.OpenPath | Native.OpenCloseOnExec);
        if (parent < 0) return;
        Beneath rule = new() { Rights = Directory.Exists(path) ? rights : rights & ~(ReadFolder | MakeFile | RemoveFile), Parent = parent };
        if (Native.Syscall(AddRule, ruleset, PathBeneath, (nint)(&rule)) != 0) throw new CageException($"landlock_add_rule {path}: {Native.LastError}");
        _ = Native.Close(parent);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Ruleset
    {
        public ulong Files;
        public ulong Network;
        public ulong Scope;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Beneath
    {
        public ulong Rights;
        public int Parent;
    }
}
