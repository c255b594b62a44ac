using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MailSanitizer.Worker.Cage;

/// <summary>A file without a name: what is in it goes when the process does, however that ends.</summary>
internal static class UnlinkedFile
{
    private const int NotSupported = 95;
    private const int IsDirectory = 21;

    /// <summary>An open, empty file in the folder. Throws <see cref="IOException"/> with the errno as its HResult.</summary>
    public static SafeFileHandle Create(string folder)
    {
        int descriptor = Native.Open(folder, Native.OpenTemporary | Native.OpenReadWrite | Native.OpenCloseOnExec, Convert.ToInt32("600", 8));
        if (descriptor >= 0) return new SafeFileHandle(descriptor, ownsHandle: true);
        int error = Marshal.GetLastPInvokeError();

        // Some file systems (overlayfs before 6.3, NFS) know no O_TMPFILE: there the name lives for two system calls, in a folder that is ours alone.
        return error is NotSupported or IsDirectory ? CreateAndUnlink(folder) : throw Failure(error);
    }

    private static SafeFileHandle CreateAndUnlink(string folder)
    {
        string path = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        int descriptor = Native.Open(path, Native.OpenCreate | Native.OpenExclusive | Native.OpenReadWrite | Native.OpenCloseOnExec, Convert.ToInt32("600", 8));
        if (descriptor < 0) throw Failure(Marshal.GetLastPInvokeError());
        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        if (Native.Unlink(path) == 0) return handle;
        handle.Dispose();
        throw Failure(Marshal.GetLastPInvokeError());
    }

    private static IOException Failure(int error) => new(Marshal.GetPInvokeErrorMessage(error), error);
}
