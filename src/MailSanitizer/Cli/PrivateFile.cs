namespace MailSanitizer.Cli;

/// <summary>A file that a verb writes: new, for its owner alone, under its name only when it is whole. Evidence is never overwritten.</summary>
internal sealed class PrivateFile : IDisposable
{
    private readonly string _path;
    private readonly string _aside;
    private bool _kept;

    private PrivateFile(string path)
    {
        _path = path;
        _aside = $"{path}.{Guid.NewGuid():N}";
        Stream = new FileStream(_aside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Mail.DurableFiles.PrivateFile });
    }

    /// <summary>Takes the bytes.</summary>
    public FileStream Stream { get; }

    /// <summary>Begins it. Throws <see cref="FileExistsException"/> when the name is taken.</summary>
    public static PrivateFile Create(string path) => Path.Exists(path) ? throw new FileExistsException(path) : new PrivateFile(path);

    /// <summary>Gives it its name.</summary>
    public void Keep()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        if (Path.Exists(_path)) throw new FileExistsException(_path);
        File.Move(_aside, _path, overwrite: false);
        _kept = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        if (!_kept) File.Delete(_aside);
    }
}

/// <summary>The name of a file that was to be made is taken.</summary>
internal sealed class FileExistsException(string path) : Exception($"{path}: there is a file already, and it is not overwritten");
