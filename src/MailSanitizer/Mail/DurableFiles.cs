using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MailSanitizer.Mail;

/// <summary>File steps of Storage, Audit and Control that survive a power cut: made aside, fsynced with the folder, renamed. Throws <see cref="IOException"/> when the disk cannot.</summary>
internal static partial class DurableFiles
{
    /// <summary>Owner only.</summary>
    public const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Owner only.</summary>
    public const UnixFileMode PrivateFolder = PrivateFile | UnixFileMode.UserExecute;

    // O_RDONLY | O_CLOEXEC, the same on every Linux architecture; O_DIRECTORY is not (x86 and arm differ), and is not needed.
    private const int ReadOnly = 0x80000;

    /// <summary>Makes a folder (and its parents), readable by the owner only.</summary>
    public static void CreateFolder(string path)
    {
        if (!Directory.Exists(path)) Directory.CreateDirectory(path, PrivateFolder);
    }

    /// <summary>A new file that nobody else can read.</summary>
    public static FileStream CreateNew(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Share = FileShare.Read,
        BufferSize = 0,
        UnixCreateMode = PrivateFile,
    });

    /// <summary>Writes a new file and its bytes to disk; its name is durable only after <see cref="SyncFolder"/>.</summary>
    public static void WriteNew(string path, ReadOnlySpan<byte> bytes)
    {
        using FileStream stream = CreateNew(path);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Replaces a file as a whole: readers see the old bytes or the new ones, after a crash too.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        string aside = $"{path}.{Guid.NewGuid():N}.new";
        try
        {
            WriteNew(aside, bytes);
            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }

        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes the names in a folder durable (fsync of the folder).</summary>
    public static void SyncFolder(string path)
    {
        // File.OpenHandle refuses folders, and without their fsync a renamed file may be gone after a power cut.
        int descriptor = Open(path, ReadOnly);
        if (descriptor < 0) throw Failure("open", path);
        using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        if (Fsync(descriptor) != 0) throw Failure("fsync", path);
    }

    /// <summary>Overwrites a file in place with zeros, to disk, then removes it. Only for keys: what they opened is noise afterwards.</summary>
    public static void Shred(string path)
    {
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            stream.Write(new byte[(int)Math.Min(stream.Length, 64 * 1024)]);
            stream.Flush(flushToDisk: true);
        }

        File.Delete(path);
    }

    private static IOException Failure(string call, string path) => new($"{call} {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);
}
