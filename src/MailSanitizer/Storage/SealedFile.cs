using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Mail;
using Microsoft.Win32.SafeHandles;

namespace MailSanitizer.Storage;

/// <summary>
/// One encrypted file, format version 1: 32 bytes of header (<c>MSEF</c>, version, kind, reserved, 24 bytes of salt), then chunks of 64 KiB of plain text, each
/// AES-256-GCM with its 16-byte tag behind it. The file's key comes from the message's key by HKDF-SHA-256 with the salt; the nonce is the chunk's number
/// and the mark of the last chunk, so that no chunk can be moved, repeated or cut off.
/// </summary>
internal static class SealedFile
{
    public const int HeaderBytes = 32;
    public const int ChunkBytes = 64 * 1024;
    public const int TagBytes = 16;
    private const byte Version = 1;
    private static readonly byte[] Magic = "MSEF"u8.ToArray();

    /// <summary>Bytes on disk for so many bytes of plain text.</summary>
    public static long LengthOnDisk(long plain) => HeaderBytes + plain + Chunks(plain) * TagBytes;

    /// <summary>Encrypts all of <paramref name="plain"/> into a new file, to disk. Returns the number of plain bytes.</summary>
    public static long Write(string path, byte[] key, string name, Stream plain)
    {
        byte[] header = new byte[HeaderBytes];
        Magic.CopyTo(header, 0);
        header[4] = Version;
        RandomNumberGenerator.Fill(header.AsSpan(8));
        using AesGcm cipher = new(FileKey(key, header, name), TagBytes);
        using FileStream file = DurableFiles.CreateNew(path);
        byte[] current = new byte[ChunkBytes];
        byte[] next = new byte[ChunkBytes];
        byte[] sealedChunk = new byte[ChunkBytes + TagBytes];
        byte[] nonce = new byte[12];
        int got = plain.ReadAtLeast(current, ChunkBytes, throwOnEndOfStream: false);
        long total = 0;
        file.Write(header);
        for (long number = 0; ; number++)
        {
            int after = got < ChunkBytes ? 0 : plain.ReadAtLeast(next, ChunkBytes, throwOnEndOfStream: false);
            bool last = after == 0;
            Nonce(nonce, number, last);
            cipher.Encrypt(nonce, current.AsSpan(0, got), sealedChunk.AsSpan(0, got), sealedChunk.AsSpan(got, TagBytes), header);
            file.Write(sealedChunk.AsSpan(0, got + TagBytes));
            total += got;
            if (last) break;
            (current, next) = (next, current);
            got = after;
        }

        file.Flush(flushToDisk: true);
        return total;
    }

    /// <summary>Opens a file for reading at any place. Throws <see cref="InvalidDataException"/> when it is not whole.</summary>
    public static SealedReader Open(string path, byte[] key, string name)
    {
        SafeFileHandle handle = File.OpenHandle(path);
        try
        {
            return new SealedReader(handle, key, name);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>All of a small file. Throws <see cref="InvalidDataException"/> when it is damaged or larger than <paramref name="max"/>.</summary>
    public static byte[] ReadAll(string path, byte[] key, string name, int max)
    {
        using SealedReader reader = Open(path, key, name);
        if (reader.Length > max) throw new InvalidDataException($"{path} has {reader.Length} bytes, {max} are allowed");
        byte[] all = new byte[reader.Length];
        for (int at = 0; at < all.Length;) at += reader.Read(at, all.AsSpan(at));
        if (all.Length == 0) reader.CheckAll();
        return all;
    }

    internal static long Chunks(long plain) => Math.Max(1, (plain + ChunkBytes - 1) / ChunkBytes);

    internal static byte[] FileKey(byte[] key, ReadOnlySpan<byte> header, string name)
    {
        if (!header[..4].SequenceEqual(Magic) || header[4] != Version) throw new InvalidDataException("not an encrypted file of version 1");
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, header[8..].ToArray(), Encoding.ASCII.GetBytes($"mailsanitizer/1/{name}"));
    }

    internal static void Nonce(Span<byte> nonce, long number, bool last)
    {
        nonce.Clear();
        nonce[0] = last ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64BigEndian(nonce[4..], number);
    }
}

/// <summary>Reads an encrypted file at any offset; the file may be removed meanwhile. Safe for one thread a call.</summary>
internal sealed class SealedReader : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly byte[] _header = new byte[SealedFile.HeaderBytes];
    private readonly AesGcm _cipher;
    private readonly byte[] _plain = new byte[SealedFile.ChunkBytes];
    private readonly byte[] _sealed = new byte[SealedFile.ChunkBytes + SealedFile.TagBytes];
    private readonly Lock _gate = new();
    private readonly long _chunks;
    private long _loaded = -1;
    private int _loadedBytes;

    public SealedReader(SafeFileHandle handle, byte[] key, string name)
    {
        _handle = handle;
        long onDisk = RandomAccess.GetLength(handle) - SealedFile.HeaderBytes;
        const int whole = SealedFile.ChunkBytes + SealedFile.TagBytes;
        if (onDisk < SealedFile.TagBytes || RandomAccess.Read(handle, _header, 0) != SealedFile.HeaderBytes) throw new InvalidDataException("encrypted file is cut off");
        long rest = onDisk % whole;
        if (rest is > 0 and < SealedFile.TagBytes) throw new InvalidDataException("encrypted file is cut off");
        _chunks = (onDisk + whole - 1) / whole;
        Length = onDisk - _chunks * SealedFile.TagBytes;
        _cipher = new AesGcm(SealedFile.FileKey(key, _header, name), SealedFile.TagBytes);
    }

    /// <summary>Plain bytes.</summary>
    public long Length { get; }

    /// <summary>Reads from one chunk: at least a byte, 0 at the end. Throws <see cref="InvalidDataException"/> when the chunk is not what was written.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        if (offset >= Length || buffer.IsEmpty) return 0;
        lock (_gate)
        {
            Load(offset / SealedFile.ChunkBytes);
            int at = (int)(offset % SealedFile.ChunkBytes);
            int count = Math.Min(buffer.Length, _loadedBytes - at);
            _plain.AsSpan(at, count).CopyTo(buffer);
            return count;
        }
    }

    /// <summary>Decrypts everything once, so that damage shows before the first byte is used.</summary>
    public void CheckAll()
    {
        lock (_gate)
        {
            for (long number = 0; number < _chunks; number++) Load(number);
        }
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _handle.Dispose();
        CryptographicOperations.ZeroMemory(_plain);
    }

    private void Load(long number)
    {
        if (number == _loaded) return;
        _loaded = -1;
        long from = SealedFile.HeaderBytes + number * (SealedFile.ChunkBytes + SealedFile.TagBytes);
        int got = 0;
        for (int part; got < _sealed.Length && (part = RandomAccess.Read(_handle, _sealed.AsSpan(got), from + got)) > 0;) got += part;
        Span<byte> nonce = stackalloc byte[12];
        SealedFile.Nonce(nonce, number, number == _chunks - 1);
        int plain = got - SealedFile.TagBytes;
        if (plain < 0) throw new InvalidDataException("encrypted file is cut off");
        try
        {
            _cipher.Decrypt(nonce, _sealed.AsSpan(0, plain), _sealed.AsSpan(plain, SealedFile.TagBytes), _plain.AsSpan(0, plain), _header);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new InvalidDataException($"encrypted file: chunk {number} is not what was written");
        }

        _loaded = number;
        _loadedBytes = plain;
    }
}
