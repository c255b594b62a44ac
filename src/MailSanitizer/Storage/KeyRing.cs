using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>
/// The key file that wraps every message's own key: one line a key, <c>mailsanitizer-key-1 &lt;id&gt; &lt;base64&gt;</c>, the last line in use. Made on first start, 0600.
/// </summary>
/// <remarks>Whoever has this file and the store can read the mail; without it the store is noise. It belongs into the backup, apart from the store's.</remarks>
public sealed class KeyRing
{
    private const string Mark = "mailsanitizer-key-1";
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Length of a wrapped key: version, key id, nonce, key, tag (bytes).</summary>
    public const int WrappedBytes = 1 + 8 + NonceBytes + KeyBytes + TagBytes;

    private readonly string _path;
    private readonly Lock _gate = new();
    private List<(ulong Id, byte[] Key)> _keys;

    private KeyRing(string path, List<(ulong Id, byte[] Key)> keys)
    {
        _path = path;
        _keys = keys;
    }

    /// <summary>Id of the key that wraps new ones, hex.</summary>
    public string CurrentId => Snapshot()[^1].Id.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Number of keys in the file: more than one while a rotation is under way.</summary>
    public int Count => Snapshot().Count;

    /// <summary>Reads the file, or makes it. Throws <see cref="InvalidDataException"/> when it is damaged or readable by others.</summary>
    public static KeyRing Open(string path)
    {
        if (!File.Exists(path))
        {
            KeyRing made = new(path, [Fresh()]);
            DurableFiles.CreateFolder(Path.GetDirectoryName(path)!);
            made.Save(made._keys);
            return made;
        }

        UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(path) & others) != 0) throw new InvalidDataException($"{path} is open to other users: its mode must be 0600");
        return new KeyRing(path, Parse(path, File.ReadAllText(path)));
    }

    /// <summary>A new random key, wrapped for the message whose id is given.</summary>
    public (byte[] Key, byte[] Wrapped) NewKey(Guid owner)
    {
        byte[] key = RandomNumberGenerator.GetBytes(KeyBytes);
        return (key, Wrap(key, owner));
    }

    /// <summary>Wraps a key with the key in use.</summary>
    public byte[] Wrap(ReadOnlySpan<byte> key, Guid owner)
    {
        (ulong id, byte[] wrapping) = Snapshot()[^1];
        byte[] wrapped = new byte[WrappedBytes];
        wrapped[0] = 1;
        BitConverter.TryWriteBytes(wrapped.AsSpan(1), id);
        Span<byte> nonce = wrapped.AsSpan(9, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using AesGcm cipher = new(wrapping, TagBytes);
        cipher.Encrypt(nonce, key, wrapped.AsSpan(9 + NonceBytes, KeyBytes), wrapped.AsSpan(9 + NonceBytes + KeyBytes), owner.ToByteArray());
        return wrapped;
    }

    /// <summary>The key inside; null when its wrapping key is not in the file or the bytes are not what was written.</summary>
    public byte[]? Unwrap(ReadOnlySpan<byte> wrapped, Guid owner)
    {
        if (wrapped.Length != WrappedBytes || wrapped[0] != 1) return null;
        ulong id = BitConverter.ToUInt64(wrapped[1..]);
        foreach ((ulong candidate, byte[] wrapping) in Snapshot())
        {
            if (candidate != id) continue;
            byte[] key = new byte[KeyBytes];
            using AesGcm cipher = new(wrapping, TagBytes);
            try
            {
                cipher.Decrypt(wrapped.Slice(9, NonceBytes), wrapped.Slice(9 + NonceBytes, KeyBytes), wrapped[(9 + NonceBytes + KeyBytes)..], key, owner.ToByteArray());
                return key;
            }
            catch (AuthenticationTagMismatchException)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>True when this wrapped key was made with the key in use.</summary>
    public bool IsCurrent(ReadOnlySpan<byte> wrapped) => wrapped.Length == WrappedBytes && BitConverter.ToUInt64(wrapped[1..]) == Snapshot()[^1].Id;

    /// <summary>Adds a key and wraps with it from now on; the old ones stay until <see cref="DropOld"/>.</summary>
    public void Rotate()
    {
        lock (_gate)
        {
            List<(ulong Id, byte[] Key)> keys = [.. _keys, Fresh()];
            Save(keys);
            _keys = keys;
        }
    }

    /// <summary>Removes all keys but the one in use: what is still wrapped by them is lost, so everything must have been wrapped anew.</summary>
    public void DropOld()
    {
        lock (_gate)
        {
            List<(ulong Id, byte[] Key)> keys = [_keys[^1]];
            Save(keys);
            _keys = keys;
        }
    }

    private List<(ulong Id, byte[] Key)> Snapshot()
    {
        lock (_gate) return _keys;
    }

    private static (ulong Id, byte[] Key) Fresh() => (BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)), RandomNumberGenerator.GetBytes(KeyBytes));

    private void Save(List<(ulong Id, byte[] Key)> keys)
    {
        StringBuilder text = new();
        foreach ((ulong id, byte[] key) in keys) text.Append(CultureInfo.InvariantCulture, $"{Mark} {id:x16} {Convert.ToBase64String(key)}\n");
        DurableFiles.Replace(_path, Encoding.ASCII.GetBytes(text.ToString()));
    }

    private static List<(ulong Id, byte[] Key)> Parse(string path, string text)
    {
        List<(ulong Id, byte[] Key)> keys = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            byte[] key = new byte[KeyBytes];
            if (words.Length != 3 || words[0] != Mark
                || !ulong.TryParse(words[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong id)
                || !Convert.TryFromBase64String(words[2], key, out int length) || length != KeyBytes)
            {
                throw new InvalidDataException($"{path} line {keys.Count + 1} is not a key");
            }

            keys.Add((id, key));
        }

        return keys.Count > 0 ? keys : throw new InvalidDataException($"{path} holds no key");
    }
}
