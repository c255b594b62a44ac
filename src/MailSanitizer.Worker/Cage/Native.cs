using System.Runtime.InteropServices;

namespace MailSanitizer.Worker.Cage;

/// <summary>The few calls of the C library that the cage is built with. Kernel calls without a wrapper go through <see cref="Syscall"/>.</summary>
internal static partial class Native
{
    public const int OpenPath = 0x200000;
    public const int OpenCloseOnExec = 0x80000;
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 0x40;
    public const int OpenExclusive = 0x80;

    public const int SetParentDeathSignal = 1;
    public const int SetSecureBits = 28;
    public const int SetNoNewPrivileges = 38;
    public const int GetNoNewPrivileges = 39;
    public const int SignalKill = 9;
    public const int SignalFileSize = 25;

    /// <summary>O_TMPFILE holds O_DIRECTORY, whose bit differs between architectures.</summary>
    public static int OpenTemporary => Arm ? 0x404000 : 0x410000;

    public static bool Arm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>False where the cage has no numbers for the machine: then the worker refuses to start.</summary>
    public static bool Known => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint Syscall(nint number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int Control(int option, nint a = 0, nint b = 0, nint c = 0, nint d = 0);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    public static partial int SetLimit(int resource, in Limit limit);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode = 0);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Execute(string path, nint[] arguments, nint[] environment);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    public static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    public static partial int NewSession();

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "umask")]
    public static partial uint Mask(uint mask);

    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    public static partial int SetGroups(nint count, nint groups);

    [LibraryImport("libc", EntryPoint = "setresgid", SetLastError = true)]
    public static partial int SetGroup(uint real, uint effective, uint saved);

    [LibraryImport("libc", EntryPoint = "setresuid", SetLastError = true)]
    public static partial int SetUser(uint real, uint effective, uint saved);

    [LibraryImport("libc", EntryPoint = "getuid")]
    public static partial uint User();

    [LibraryImport("libc", EntryPoint = "getpid")]
    public static partial int Process();

    /// <summary>The text of the last error.</summary>
    public static string LastError => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    /// <summary>struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}

/// <summary>The cage cannot be built: the worker does not start.</summary>
internal sealed class CageException(string message) : Exception(message);
