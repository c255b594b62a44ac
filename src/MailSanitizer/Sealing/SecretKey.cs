using System.Security.Cryptography;

namespace MailSanitizer.Sealing;

/// <summary>The secret behind X-MailSanitizer-Id: 32 random bytes in a file that only its owner reads.</summary>
public static class SecretKey
{
    /// <summary>Bytes of the secret.</summary>
    public const int Length = 32;

    /// <summary>Reads the file, or makes it on first use. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/> when it cannot be read: a fault of ours, mail gets 451.</summary>
    public static byte[] LoadOrCreate(string path)
    {
        if (!File.Exists(path)) Create(path);
        byte[] key = File.ReadAllBytes(path);
        return key.Length == Length ? key : throw new InvalidDataException($"{path}: {key.Length} bytes where a key of {Length} is expected");
    }

    private static void Create(string path)
    {
        // Made aside and linked into place: two processes that start at once end with the same key.
        string aside = $"{path}.{Guid.NewGuid():N}";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (FileStream file = new(aside, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(Length));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(aside, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(aside);
        }
    }
}
