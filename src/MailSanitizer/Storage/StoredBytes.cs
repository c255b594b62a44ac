using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>
/// Stored mail as mail bytes: small ones decrypted in memory, large ones decrypted chunk by chunk while they are read. No plain text touches the disk.
/// Every chunk was checked before this was handed out.
/// </summary>
internal sealed class StoredBytes : IMailBytes
{
    /// <summary>Plain bytes kept in memory (bytes); the same bound as the daemon's leaves.</summary>
    public const int InMemory = 256 * 1024;

    private readonly SealedReader? _reader;
    private readonly byte[]? _memory;

    private StoredBytes(SealedReader? reader, byte[]? memory, string sha256)
    {
        _reader = reader;
        _memory = memory;
        Sha256 = sha256;
    }

    /// <summary>Opens and checks. Throws <see cref="InvalidDataException"/> when the file is damaged or not these bytes.</summary>
    public static StoredBytes Open(string path, byte[] key, string name, string sha256)
    {
        SealedReader reader = SealedFile.Open(path, key, name);
        try
        {
            if (reader.Length > InMemory)
            {
                reader.CheckAll();
                return new StoredBytes(reader, null, sha256);
            }

            byte[] all = new byte[reader.Length];
            for (int at = 0; at < all.Length;) at += reader.Read(at, all.AsSpan(at));
            if (all.Length == 0) reader.CheckAll();
            reader.Dispose();
            return new StoredBytes(null, all, sha256);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    public long Length => _memory?.Length ?? _reader!.Length;

    public string Sha256 { get; }

    public Stream OpenRead() => _memory is not null ? new MemoryStream(_memory, writable: false) : new ReaderStream(_reader!);

    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = _memory;
        return _memory is not null;
    }

    public void Dispose() => _reader?.Dispose();

    private sealed class ReaderStream(SealedReader reader) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => reader.Length;

        public override long Position
        {
            get => _position;
            set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
        }

        public override int Read(Span<byte> buffer)
        {
            int got = reader.Read(_position, buffer);
            _position += got;
            return got;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer.AsSpan(offset, count)));

        public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => Length + offset,
        };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
