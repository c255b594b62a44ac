using System.Diagnostics;
using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using MailSanitizer.Content;

namespace MailSanitizer.Isolation;

/// <summary>The worker's program: where it is, which build it was when the daemon started, and how it is started.</summary>
internal sealed partial class WorkerProgram
{
    private const string Name = "MailSanitizer.Worker";
    private const string Launcher = "/usr/bin/unshare";
    private readonly IsolationOptions _options;

    /// <summary>Finds the program. A missing one is a <see cref="WorkerStartException"/> at the first start, not here: the daemon answers 451 meanwhile.</summary>
    public WorkerProgram(IsolationOptions options)
    {
        _options = options;
        Location = options.Program ?? Path.Combine(AppContext.BaseDirectory, Name);
        string library = Location.EndsWith(".dll", StringComparison.Ordinal) ? Location : Location + ".dll";
        Build = BuildOf(library);
    }

    /// <summary>Path of the program.</summary>
    public string Location { get; }

    /// <summary>Build of the worker's assembly as it lay there when the daemon started; null when it could not be read.</summary>
    public string? Build { get; }

    /// <summary>Whether a launcher for namespaces is to be used; switched off for good when a start through it fails.</summary>
    public bool UsesLauncher { get; set; } = true;

    /// <summary>True when the launcher can be used at all.</summary>
    public bool HasLauncher => UsesLauncher && _options.Namespaces && Environment.UserName != "root" && File.Exists(Launcher);

    /// <summary>The start of one worker with its own scratch folder.</summary>
    public ProcessStartInfo Start(string scratch)
    {
        if (!File.Exists(Location) && !File.Exists(Location + ".dll"))
            throw new WorkerStartException($"{Location} is missing: the worker is installed beside the daemon; install it again");
        bool launcher = HasLauncher;
        bool library = Location.EndsWith(".dll", StringComparison.Ordinal) || !File.Exists(Location);
        string program = library ? DotnetHost() : Location;
        ProcessStartInfo start = new(launcher ? Launcher : program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = scratch,
        };
        void Add(params IEnumerable<string> words)
        {
            foreach (string word in words) start.ArgumentList.Add(word);
        }

        if (launcher) Add("--user", "--map-current-user", "--net", "--ipc", "--uts", "--", program);
        if (library) Add(Location.EndsWith(".dll", StringComparison.Ordinal) ? Location : Location + ".dll");
        Add("--scratch", scratch, "--data", Text(_options.Memory), "--heap", Text(_options.HeapInForce), "--file", Text(_options.ScratchFile), "--descriptors", Text(_options.Descriptors));
        if (launcher) Add("--own-network", "1");
        if (_options.RunAs is { } identity) Add("--uid", Text(identity.User), "--gid", Text(identity.Group), "--daemon-uid", "0");
        foreach (string path in _options.MustNotOpen) Add("--must-not-open", path);
        SetEnvironment(start.Environment);
        return start;
    }

    /// <summary>Gives a worker's scratch folder to the user that the worker becomes.</summary>
    public void Prepare(string scratch)
    {
        if (_options.RunAs is { } identity && Owner(scratch, identity.User, identity.Group) != 0)
            throw new WorkerStartException($"{scratch} cannot be given to user {identity.User}: the daemon needs to be root for workers of another user");
    }

    /// <summary>What differs between a hello and what was to be expected; null when nothing does.</summary>
    public string? Differs(WorkerHello hello)
    {
        if (hello.Protocol != WorkerProtocol.Version) return $"the worker speaks protocol {hello.Protocol}, the daemon {WorkerProtocol.Version}: restart the daemon after an upgrade";
        if (hello.Build != WorkerProtocol.Build || (Build is not null && hello.Worker != Build))
            return $"the worker is build {hello.Build} ({hello.Worker}), the daemon {WorkerProtocol.Build} ({Build}): restart the daemon after an upgrade";
        WorkerCage cage = hello.Cage;
        bool limits = cage is { DataLimit: > 0, FileLimit: > 0, Descriptors: > 0 };
        bool files = cage.Landlock > 0 || (_options.RunAs is not null && cage.ClosedPaths == _options.MustNotOpen.Count && cage.ClosedPaths > 0);
        return cage.Seccomp && cage.NoNewPrivileges && limits && files ? null : $"the cage is too weak ({cage}): seccomp, resource limits, and Landlock or an own user are the least";
    }

    // Nothing of the daemon's environment goes in: it can hold secrets, and it can change what a runtime does.
    private static void SetEnvironment(IDictionary<string, string?> environment)
    {
        environment.Clear();
        environment["DOTNET_ROOT"] = DotnetRoot();
        environment["DOTNET_EnableDiagnostics"] = "0";
        environment["DOTNET_DbgEnableMiniDump"] = "0";

        // W^X needs shared memory that RLIMIT_DATA does not count; the filter forbids it.
        environment["DOTNET_EnableWriteXorExecute"] = "0";
        environment["DOTNET_gcServer"] = "0";
        environment["DOTNET_gcConcurrent"] = "0";
        environment["DOTNET_GCgen0size"] = "0x400000";
        environment["DOTNET_GCgen0MaxBudget"] = "0x1000000";
        environment["DOTNET_TieredPGO"] = "0";
        environment["DOTNET_DefaultStackSize"] = "0x180000";
        environment["TZ"] = "UTC";
        environment["LANG"] = "C.UTF-8";
        environment["TMPDIR"] = "/nonexistent";
    }

    private static string DotnetRoot()
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
        string? root = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(runtime)));
        return root is not null && Directory.Exists(Path.Combine(root, "host", "fxr")) ? root : runtime;
    }

    private static string DotnetHost() => Path.Combine(DotnetRoot(), "dotnet");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Owner(string path, uint user, uint group);

    private static string? BuildOf(string library)
    {
        try
        {
            using FileStream file = File.OpenRead(library);
            using PEReader image = new(file);
            MetadataReader metadata = image.GetMetadataReader();
            return $"{metadata.GetAssemblyDefinition().Version}/{metadata.GetGuid(metadata.GetModuleDefinition().Mvid):N}";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or BadImageFormatException or InvalidOperationException)
        {
            return null;
        }
    }
}
