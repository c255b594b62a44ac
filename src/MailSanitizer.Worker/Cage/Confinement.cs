using System.Runtime.InteropServices;
using MailSanitizer.Content;

namespace MailSanitizer.Worker.Cage;

/// <summary>The two stages. Stage 1 takes away what binds the calling thread and what it execs; stage 2 loads the filter that binds all threads.</summary>
internal static class Confinement
{
    private const int CloneNewNetwork = 0x40000000;
    private const int CloneNewIpc = 0x08000000;
    private const int CloneNewHost = 0x04000000;

    // SECBIT_NOROOT and its lock: uid 0 gets no capabilities through exec.
    private const int NoRoot = 1 | 2;

    private static readonly string[] SystemLibraries = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];

    private static readonly string[] SystemFiles =
    [
        "/etc/ld.so.cache", "/etc/ld-musl-x86_64.path", "/etc/ld-musl-aarch64.path", "/etc/ssl/openssl.cnf", "/proc/self", "/proc/meminfo", "/proc/cpuinfo",
        "/proc/stat", "/sys/fs/cgroup", "/sys/devices/system", "/dev/urandom", "/dev/random",
    ];

    /// <summary>Stage 1: builds the outer cage and replaces this program by itself. Returns only by an exception.</summary>
    public static void EnterStage1(WorkerArguments arguments)
    {
        if (!Native.Known) throw new CageException($"no cage is known for {RuntimeInformation.OSDescription} on {RuntimeInformation.ProcessArchitecture}");

        // The kernel ends us when the daemon's thread that started us ends. A terminal's Ctrl-C is for the daemon, which drains.
        Must(Native.Control(Native.SetParentDeathSignal, Native.SignalKill), "PR_SET_PDEATHSIG");
        _ = Native.NewSession();
        _ = Native.Mask(Convert.ToUInt32("077", 8));
        bool ownNetwork = arguments.OwnNetwork || Native.Unshare(CloneNewNetwork | CloneNewIpc | CloneNewHost) == 0;
        if (arguments.Uid is { } uid)
        {
            Must(Native.SetGroups(0, 0), "setgroups");
            Must(Native.SetGroup(arguments.Gid ?? uid, arguments.Gid ?? uid, arguments.Gid ?? uid), "setresgid");
            Must(Native.SetUser(uid, uid, uid), "setresuid");
            Must(Native.Control(Native.SetParentDeathSignal, Native.SignalKill), "PR_SET_PDEATHSIG");
        }

        Must(Native.Control(Native.SetNoNewPrivileges, 1), "PR_SET_NO_NEW_PRIVS");
        ResourceLimits.Set(arguments.DataLimit, arguments.FileLimit, arguments.Descriptors);

        // The rest of the way needs no capability. Without CAP_SETPCAP there is none to drop.
        _ = Native.Control(Native.SetSecureBits, NoRoot);
        DropCapabilities();
        int landlock = Landlock.Version;
        if (landlock > 0) Landlock.Restrict(landlock, [AppContext.BaseDirectory, RuntimeFolder(), .. SystemLibraries], SystemFiles, arguments.Scratch);
        Restart(arguments, landlock, ownNetwork);
    }

    /// <summary>Stage 2: loads the filter and looks at what holds. Throws when less than the least holds.</summary>
    public static WorkerCage EnterStage2(WorkerArguments arguments)
    {
        int closed = arguments.MustNotOpen.Count(path => !CanOpen(path) ? true : throw new CageException($"{path} can be opened from inside the cage"));
        if (arguments.Landlock > 0 && CanOpen("/")) throw new CageException("Landlock was set and does not hold");
        bool ownUid = arguments.DaemonUid is { } daemon && daemon != Native.User() && arguments.MustNotOpen.Count > 0;
        if (arguments.Landlock == 0 && !ownUid)
            throw new CageException("the kernel has no Landlock: give the workers a user of their own that cannot read state and keys (workers: user), or boot with lsm=landlock,…");
        if (Native.Control(Native.GetNoNewPrivileges) != 1) throw new CageException("no_new_privs does not hold");
        (long data, long file, int descriptors) = ResourceLimits.InForce();
        if (data == 0 || file == 0 || descriptors == 0) throw new CageException("resource limits do not hold");
        Seccomp.Enter();
        return new WorkerCage
        {
            NoNewPrivileges = true,
            DataLimit = data,
            FileLimit = file,
            Descriptors = descriptors,
            HeapLimit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Landlock = arguments.Landlock,
            Seccomp = true,
            NoCapabilities = HasNoCapabilities(),
            OwnNetwork = arguments.OwnNetwork,
            Uid = (int)Native.User(),
            ClosedPaths = closed,
        };
    }

    private static void Restart(WorkerArguments arguments, int landlock, bool ownNetwork)
    {
        string program = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: false)?.FullName ?? throw new CageException("/proc/self/exe cannot be read");
        string[] command = File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0');
        List<string> next = [.. command, "--stage", "2", "--landlock", Invariant(landlock)];
        if (ownNetwork) next.AddRange(["--own-network", "1"]);
        string[] environment =
        [
            $"DOTNET_GCHeapHardLimit=0x{arguments.HeapLimit:x}",
            .. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(pair => $"{pair.Key}={pair.Value}"),
        ];
        _ = Native.Execute(program, Pointers(next), Pointers(environment));
        throw new CageException($"exec {program}: {Native.LastError}");
    }

    // Freed by nobody: the program ends or is replaced.
    private static nint[] Pointers(IEnumerable<string> texts) => [.. texts.Select(Marshal.StringToCoTaskMemUTF8), 0];

    private static string Invariant(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string RuntimeFolder()
    {
        string folder = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? AppContext.BaseDirectory;

        // …/shared/Microsoft.NETCore.App/10.0.1: the host beside it is needed too. A self-contained application has its runtime in its own folder.
        string? root = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(folder)));
        return root is not null && Directory.Exists(Path.Combine(root, "host", "fxr")) ? root : folder;
    }

    private static bool CanOpen(string path)
    {
        int descriptor = Native.Open(path, Native.OpenCloseOnExec);
        if (descriptor < 0) return false;
        _ = Native.Close(descriptor);
        return true;
    }

    private static unsafe void DropCapabilities()
    {
        // struct __user_cap_header_struct (version 3, this thread) and two __user_cap_data_struct of zeros.
        uint* header = stackalloc uint[2] { 0x20080522, 0 };
        uint* none = stackalloc uint[6];
        _ = Native.Syscall(SystemCalls.Number(SystemCalls.SetCapabilities), (nint)header, (nint)none);
    }

    private static bool HasNoCapabilities() => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith("CapEff:", StringComparison.Ordinal) || line.StartsWith("CapPrm:", StringComparison.Ordinal))
        .All(line => line[7..].Trim().Trim('0').Length == 0);

    private static void Must(int result, string what)
    {
        if (result != 0) throw new CageException($"{what}: {Native.LastError}");
    }
}
