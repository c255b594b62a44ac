#pragma warning disable CA1416 // File modes: the daemon runs on Linux only (Landlock, seccomp).
namespace MailSanitizer.Mail;

/// <summary>
/// The spool of the daemon: small messages lie in pooled memory, larger ones in files of one folder that are unlinked as soon as they are open, so that
/// a crash leaves nothing behind. Not durable on purpose: what must survive a crash goes through the message store (DESIGN.md, promise 1).
/// </summary>
public sealed class Spool : ISpool
{
    /// <summary>Bytes kept in memory by default; more goes to a file. Origin: nine of ten mails are smaller; 32 sessions cost 8 MB.</summary>
    public const int DefaultMemory = 256 * 1024;

    private const string Suffix = ".spool";
    private readonly string _folder;
    private readonly int _memory;

    /// <summary>A spool in a folder, which is made (mode 0700) when it is missing. What a killed daemon left there is removed.</summary>
    /// <param name="folder">Folder for the files.</param>
    /// <param name="memory">Bytes that stay in memory before a file is begun.</param>
    public Spool(string folder, int memory = DefaultMemory)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(memory, 1);
        _folder = folder;
        _memory = memory;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // A name that is still here was left between open and unlink. A live writer's name may vanish under it: it would unlink it next anyway.
        foreach (string left in Directory.EnumerateFiles(folder, "*" + Suffix)) File.Delete(left);
    }

    /// <inheritdoc/>
    public ISpoolWriter Create() => new SpoolWriter(this, _memory);

    /// <summary>Opens a file that has no name any more. Throws <see cref="IOException"/> when the disk has no room for it.</summary>
    internal FileStream OpenUnlinked()
    {
        string path = Path.Combine(_folder, $"{Guid.CreateVersion7():N}{Suffix}");
        FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        File.Delete(path);
        return file;
    }
}
