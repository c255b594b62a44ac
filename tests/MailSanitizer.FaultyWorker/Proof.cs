using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using MailSanitizer.Content;

namespace MailSanitizer.FaultyWorker;

/// <summary>Tries, from inside the cage, what the cage is there to stop. Each line: what, and <c>allowed</c> or the error.</summary>
internal static partial class Proof
{
    private static bool Arm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static IEnumerable<(string Name, string Outcome)> All(IScratch scratch)
    {
        yield return ("socket-inet", Call(Arm ? 198 : 41, 2, 1));
        yield return ("socket-unix", Call(Arm ? 198 : 41, 1, 1));
        yield return ("socketpair", Call(Arm ? 199 : 53, 1, 1, 0, Buffer(64)));
        yield return ("connect", Call(Arm ? 203 : 42, 0, Buffer(64), 16));
        yield return ("execve", Call(Arm ? 221 : 59, Text("/bin/true"), Buffer(64), Buffer(64)));
        yield return ("execveat", Call(Arm ? 281 : 322, -100, Text("/bin/true"), Buffer(64), Buffer(64)));
        yield return ("clone-process", Call(Arm ? 220 : 56, 17));
        if (!Arm) yield return ("fork", Call(57));
        if (!Arm) yield return ("vfork", Call(58));
        yield return ("clone3", Call(435, Buffer(128), 88));
        yield return ("ptrace", Call(Arm ? 117 : 101));
        yield return ("process-vm-readv", Call(Arm ? 270 : 310, Parent, Buffer(64), 1, Buffer(64), 1));
        yield return ("pidfd-open", Call(434, Parent));
        yield return ("io-uring-setup", Call(425, 8, Buffer(256)));
        yield return ("io-uring-enter", Call(426, 0, 1));
        yield return ("memfd-create", Call(Arm ? 279 : 319, Text("x")));
        yield return ("kill-parent", Call(Arm ? 129 : 62, Parent));
        yield return ("tgkill-parent", Call(Arm ? 131 : 234, Parent, Parent));
        yield return ("bpf", Call(Arm ? 280 : 321, 5, Buffer(128), 128));
        yield return ("mount", Call(Arm ? 40 : 165, Text("none"), Text("/tmp"), Text("tmpfs")));
        yield return ("unshare", Call(Arm ? 97 : 272, 0x10000000));
        yield return ("setuid", Call(Arm ? 146 : 105));
        yield return ("keyctl", Call(Arm ? 219 : 250, 0, -3, 1));
        yield return ("userfaultfd", Call(Arm ? 282 : 323));
        yield return ("perf-event-open", Call(Arm ? 241 : 298, Buffer(128)));
        yield return ("raise-limit", Call(Arm ? 261 : 302, 0, 2, Buffer(16), 0));
        yield return ("map-shared", Map(0x21));
        yield return ("map-growing", Map(0x122));
        if (!Arm) yield return ("x32", "not tried: it kills");
        yield return ("read-passwd", Opening("/etc/passwd", FileAccess.Read));
        yield return ("read-hosts", Opening("/etc/hosts", FileAccess.Read));
        yield return ("read-environ-of-parent", Opening(string.Create(CultureInfo.InvariantCulture, $"/proc/{Parent}/environ"), FileAccess.Read));
        yield return ("list-root", Listing("/"));
        yield return ("list-home", Listing("/root"));
        yield return ("list-proc", Listing("/proc"));
        yield return ("write-application", Opening(Path.Combine(AppContext.BaseDirectory, "new-file"), FileAccess.Write));
        yield return ("write-tmp", Opening("/tmp/mailsanitizer-proof", FileAccess.Write));
        yield return ("start-process", Managed(() => Process.Start("/bin/true")));
        yield return ("tcp", Managed(() => new TcpClient().Connect("127.0.0.1", 9)));
        yield return ("memory", Memory());
        yield return ("own-scratch", Managed(() => scratch.CreateUnlinked().Write([1, 2, 3])));
        yield return ("read-runtime", Opening(typeof(object).Assembly.Location, FileAccess.Read));
        yield return ("thread", Managed(() =>
        {
            Thread thread = new(() => { });
            thread.Start();
            thread.Join();
        }));
    }

    private static nint Parent => (nint)Call(out _, Arm ? 173 : 110);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    private static nint Call(out int error, nint number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        nint result = Syscall(number, a, b, c, d, e, f);
        error = result < 0 ? Marshal.GetLastPInvokeError() : 0;
        return result;
    }

    private static string Call(nint number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0)
    {
        _ = Call(out int error, number, a, b, c, d, e);
        return error == 0 ? "allowed" : Error(error);
    }

    private static string Map(nint flags)
    {
        _ = Call(out int error, Arm ? 222 : 9, 0, 1 << 20, 3, flags, -1);
        return error == 0 ? "allowed" : Error(error);
    }

    private static string Error(int error) => error switch
    {
        1 => "EPERM",
        12 => "ENOMEM",
        13 => "EACCES",
        38 => "ENOSYS",
        _ => string.Create(CultureInfo.InvariantCulture, $"errno {error}"),
    };

    private static unsafe nint Buffer(nuint size) => (nint)NativeMemory.AllocZeroed(size);

    private static nint Text(string text) => Marshal.StringToCoTaskMemUTF8(text);

    private static string Opening(string path, FileAccess access) => Managed(() =>
    {
        using FileStream file = new(path, access == FileAccess.Read ? FileMode.Open : FileMode.Create, access);
        if (access == FileAccess.Read) _ = file.ReadByte();
    });

    private static string Listing(string path) => Managed(() => _ = Directory.GetFileSystemEntries(path));

    // Private writable memory until it is refused, given back then; in MiB.
    private static unsafe string Memory()
    {
        const int block = 8 * 1024 * 1024;
        List<nint> blocks = [];
        while (blocks.Count < 1024)
        {
            nint at = Call(out int error, Arm ? 222 : 9, 0, block, 3, 0x22, -1);
            if (error != 0) break;
            blocks.Add(at);
        }

        foreach (nint at in blocks) _ = Call(out _, Arm ? 215 : 11, at, block);
        return string.Create(CultureInfo.InvariantCulture, $"{blocks.Count * 8}");
    }

    private static string Managed(Action action)
    {
        try
        {
            action();
            return "allowed";
        }
        catch (Exception failure)
        {
            return failure.GetType().Name;
        }
    }
}
