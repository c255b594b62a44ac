using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>
/// A folder of encrypted files with one key of their own, wrapped in its file <c>key</c>. Made aside and renamed into place: it is there whole or not at all.
/// </summary>
internal sealed class SealedFolder
{
    private const string KeyFile = "key";
    private readonly string _path;
    private readonly byte[] _key;

    private SealedFolder(string path, byte[] key)
    {
        _path = path;
        _key = key;
    }

    /// <summary>Makes a folder with these files (encrypted) and this plain one; false when one of that name is there already.</summary>
    public static bool Create(string path, string aside, Guid owner, KeyRing keys, IReadOnlyList<(string Name, Func<Stream> Open)> files, (string Name, byte[] Bytes)? plain)
    {
        if (Directory.Exists(path)) return false;
        DurableFiles.CreateFolder(aside);
        try
        {
            (byte[] key, byte[] wrapped) = keys.NewKey(owner);
            DurableFiles.WriteNew(Path.Combine(aside, KeyFile), wrapped);
            foreach ((string name, Func<Stream> open) in files)
            {
                using Stream stream = open();
                SealedFile.Write(Path.Combine(aside, name), key, name, stream);
            }

            if (plain is { } clear) DurableFiles.WriteNew(Path.Combine(aside, clear.Name), clear.Bytes);
            DurableFiles.SyncFolder(aside);
            try
            {
                Directory.Move(aside, path);
            }
            catch (IOException) when (Directory.Exists(path))
            {
                Directory.Delete(aside, recursive: true);
                return false;
            }

            DurableFiles.SyncFolder(Path.GetDirectoryName(path)!);
            return true;
        }
        catch
        {
            if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
            throw;
        }
    }

    /// <summary>Opens the folder; null when it is gone or its key was destroyed. Throws <see cref="InvalidDataException"/> when the key does not fit.</summary>
    public static SealedFolder? Open(string path, Guid owner, KeyRing keys)
    {
        byte[] wrapped;
        try
        {
            wrapped = File.ReadAllBytes(Path.Combine(path, KeyFile));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        byte[]? key = keys.Unwrap(wrapped, owner);
        // Zeros are what a deletion leaves when it is cut off half-way: destroyed, not damaged.
        if (key is null && !wrapped.AsSpan().ContainsAnyExcept((byte)0)) return null;
        return key is null ? throw new InvalidDataException($"{path}: no key in the key file opens it") : new SealedFolder(path, key);
    }

    /// <summary>True when that file is there.</summary>
    public bool Has(string name) => File.Exists(Path.Combine(_path, name));

    /// <summary>A small file, whole.</summary>
    public byte[] ReadAll(string name, int max) => SealedFile.ReadAll(Path.Combine(_path, name), _key, name, max);

    /// <summary>A file as mail bytes.</summary>
    public StoredBytes OpenBytes(string name, string sha256) => StoredBytes.Open(Path.Combine(_path, name), _key, name, sha256);

    /// <summary>Puts a new version of a file in the place of the old one.</summary>
    public void ReplaceSealed(string name, byte[] plain)
    {
        string aside = Path.Combine(_path, $"{name}.{Guid.NewGuid():N}.new");
        using (MemoryStream stream = new(plain, writable: false)) SealedFile.Write(aside, _key, name, stream);
        File.Move(aside, Path.Combine(_path, name), overwrite: true);
        DurableFiles.SyncFolder(_path);
    }

    /// <summary>Wraps the folder's key with the key in use.</summary>
    public static bool Rewrap(string path, Guid owner, KeyRing keys)
    {
        string file = Path.Combine(path, KeyFile);
        if (!File.Exists(file)) return false;
        byte[] wrapped = File.ReadAllBytes(file);
        if (keys.IsCurrent(wrapped)) return false;
        byte[]? key = keys.Unwrap(wrapped, owner);
        if (key is null) return wrapped.AsSpan().ContainsAnyExcept((byte)0) ? throw new InvalidDataException($"{path}: no key in the key file opens it") : false;
        DurableFiles.Replace(file, keys.Wrap(key, owner));
        return true;
    }

    /// <summary>Destroys the key, then removes all files but <paramref name="keep"/>; without one, the folder as well. May be run again at any point.</summary>
    public static void Erase(string path, string? keep)
    {
        if (!Directory.Exists(path)) return;
        string key = Path.Combine(path, KeyFile);
        if (File.Exists(key)) DurableFiles.Shred(key);
        DurableFiles.SyncFolder(path);
        foreach (string file in Directory.GetFiles(path))
        {
            if (keep is null || Path.GetFileName(file) != keep) File.Delete(file);
        }

        if (keep is null) Directory.Delete(path);
        DurableFiles.SyncFolder(keep is null ? Path.GetDirectoryName(path)! : path);
    }
}
