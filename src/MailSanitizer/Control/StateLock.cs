using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MailSanitizer.Control;

/// <summary>The one owner of a state folder (flock on <c>state/lock</c>). Goes with the process, however it ends.</summary>
public sealed partial class StateLock : IDisposable
{
    private const int ExclusiveNow = 2 | 4; // LOCK_EX | LOCK_NB
    private const int ReadWriteCreate = 2 | 0x40 | 0x80000; // O_RDWR | O_CREAT | O_CLOEXEC, the same on x86 and arm; mode 0600
    private readonly SafeFileHandle _handle;

    private StateLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>Takes the lock; null when another process (or this one) has it. Makes the folder when it is missing. Throws <see cref="IOException"/> when the folder cannot be used.</summary>
    public static StateLock? TryTake(string stateFolder)
    {
        Mail.DurableFiles.CreateFolder(stateFolder);
        // Not File.OpenHandle: it takes a shared flock of its own, which is this very lock.
        int descriptor = Open(Path.Combine(stateFolder, "lock"), ReadWriteCreate, 0x180);
        if (descriptor < 0) throw new IOException($"{stateFolder}/lock: error {Marshal.GetLastPInvokeError()}");
        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        int result = Flock(descriptor, ExclusiveNow);
        int error = Marshal.GetLastPInvokeError();
        if (result == 0)
        {
            // For people who look; the lock is the flock, never the number.
            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(handle, System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), 0);
            return new StateLock(handle);
        }

        handle.Dispose();
        return error == 11 ? null : throw new IOException($"flock {stateFolder}/lock: error {error}");
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(int descriptor, int operation);
}
