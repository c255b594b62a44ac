using System.Buffers;
using System.Security.Cryptography;

namespace MailSanitizer.Mail;

/// <summary>One pass: counts, hashes and stores. The buffer is the message while it is small, and the write buffer of the file afterwards.</summary>
internal sealed class SpoolWriter(Spool spool, int memory) : ISpoolWriter
{
    private const int FirstBuffer = 16 * 1024;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(FirstBuffer, memory));
    private int _buffered;
    private long _flushed;
    private FileStream? _file;

    public long Length => _flushed + _buffered;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        while (!bytes.IsEmpty)
        {
            int room = Math.Min(_buffer.Length, memory) - _buffered;
            if (room == 0)
            {
                MakeRoom();
                continue;
            }

            int taken = Math.Min(room, bytes.Length);
            bytes[..taken].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += taken;
            bytes = bytes[taken..];
        }
    }

    public IMailBytes Complete()
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        if (_file is not null) Flush();
        else _hash.AppendData(_buffer, 0, _buffered);
        string sha256 = Convert.ToHexStringLower(_hash.GetHashAndReset());
        IMailBytes bytes;
        if (_file is not null)
        {
            bytes = new FileMailBytes(_file, _flushed, sha256);
            ArrayPool<byte>.Shared.Return(_buffer);
        }
        else
        {
            bytes = new PooledMailBytes(_buffer, _buffered, sha256);
        }

        _buffer = null;
        _file = null;
        _hash.Dispose();
        return bytes;
    }

    public void Dispose()
    {
        if (_buffer is null) return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _file?.Dispose();
        _file = null;
        _hash.Dispose();
    }

    private void MakeRoom()
    {
        if (_file is null && _buffer!.Length < memory)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(memory, _buffer.Length * 4));
            _buffer.AsSpan(0, _buffered).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
            return;
        }

        _file ??= spool.OpenUnlinked();
        Flush();
    }

    private void Flush()
    {
        RandomAccess.Write(_file!.SafeFileHandle, _buffer.AsSpan(0, _buffered), _flushed);
        _hash.AppendData(_buffer!, 0, _buffered);
        _flushed += _buffered;
        _buffered = 0;
    }
}
