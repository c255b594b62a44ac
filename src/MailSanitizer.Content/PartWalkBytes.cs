using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace MailSanitizer.Content;

/// <summary>Scratch space failed (disk full, no descriptors): a fault of ours, never a finding. The worker reports it as such.</summary>
public sealed class ScratchFailedException(Exception inner) : IOException("scratch space failed", inner);

/// <summary>Makes part bytes: in pooled memory up to <see cref="Limits.PartMemory"/>, above it in an unlinked file; above four times that in all, always in a file.</summary>
internal sealed class PartStore(IScratch scratch, int memory)
{
    private readonly IScratch _scratch = scratch;
    private readonly int _memory = memory;
    private long _inMemory;

    /// <summary>Files and pooled arrays that are in use; shown by tests to go back to 0.</summary>
    public int Open { get; private set; }

    public PartWriter Create(long expected = 0) => new(this, expected);

    private bool MayHold(long bytes) => bytes <= _memory && _inMemory + bytes <= 4L * _memory;

    /// <summary>Takes bytes of unknown length; <see cref="Complete"/> hands them over, <see cref="Dispose"/> without it gives them back.</summary>
    internal sealed class PartWriter : IDisposable
    {
        private const int Chunk = 64 * 1024;
        private readonly PartStore _store;
        private byte[]? _buffer;
        private int _used;
        private FileStream? _file;
        private IncrementalHash? _hash;

        public PartWriter(PartStore store, long expected)
        {
            _store = store;
            long size = Math.Clamp(expected, 512, Math.Max(512, store._memory));
            _buffer = ArrayPool<byte>.Shared.Rent((int)(store.MayHold(size) ? size : Math.Min(size, Chunk)));
        }

        public long Length { get; private set; }

        /// <summary>Room for the next bytes; at least one.</summary>
        public Span<byte> GetSpan()
        {
            if (_used < _buffer!.Length) return _buffer.AsSpan(_used, Math.Min(_buffer.Length - _used, Chunk * 4));
            if (_file is null && _store.MayHold(_buffer.Length * 2L))
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
                _buffer.AsSpan(0, _used).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = larger;
            }
            else
            {
                Spill();
                if (_buffer.Length < Chunk)
                {
                    ArrayPool<byte>.Shared.Return(_buffer);
                    _buffer = ArrayPool<byte>.Shared.Rent(Chunk);
                }
            }

            return _buffer.AsSpan(_used, Math.Min(_buffer.Length - _used, Chunk * 4));
        }

        public void Advance(int count)
        {
            _used += count;
            Length += count;
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                Span<byte> room = GetSpan();
                int count = Math.Min(room.Length, bytes.Length);
                bytes[..count].CopyTo(room);
                Advance(count);
                bytes = bytes[count..];
            }
        }

        public PartBytes Complete()
        {
            byte[] buffer = _buffer ?? throw new InvalidOperationException("completed twice");
            if (_file is not null)
            {
                if (_used > 0) Spill();
                ArrayPool<byte>.Shared.Return(buffer);
                string sha256 = Convert.ToHexStringLower(_hash!.GetHashAndReset());
                _hash.Dispose();
                FileStream file = _file;
                _buffer = null;
                _file = null;
                _hash = null;
                return new FilePartBytes(_store, file, Length, sha256);
            }

            _buffer = null;
            return new PooledPartBytes(_store, buffer, (int)Length);
        }

        public void Dispose()
        {
            if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
            _file?.Dispose();
            _hash?.Dispose();
        }

        private void Spill()
        {
            try
            {
                _file ??= _store._scratch.CreateUnlinked();
                _file.Write(_buffer!, 0, _used);
                _file.Flush();
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                throw new ScratchFailedException(failed);
            }

            _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            _hash.AppendData(_buffer!, 0, _used);
            _used = 0;
        }
    }

    private sealed class PooledPartBytes : PartBytes
    {
        private readonly PartStore _store;
        private readonly int _length;
        private byte[]? _buffer;

        public PooledPartBytes(PartStore store, byte[] buffer, int length)
        {
            _store = store;
            _buffer = buffer;
            _length = length;
            store._inMemory += buffer.Length;
            store.Open++;
        }

        public override long Length => _length;

        private ReadOnlySpan<byte> Content => (_buffer ?? throw new ObjectDisposedException(nameof(PartBytes))).AsSpan(0, _length);

        public override int Read(long offset, Span<byte> buffer)
        {
            ReadOnlySpan<byte> content = Content;
            if (offset < 0 || offset >= content.Length) return 0;
            int count = Math.Min(content.Length - (int)offset, buffer.Length);
            content.Slice((int)offset, count).CopyTo(buffer);
            return count;
        }

        public override bool TryGetMemory(out ReadOnlyMemory<byte> memory)
        {
            memory = (_buffer ?? throw new ObjectDisposedException(nameof(PartBytes))).AsMemory(0, _length);
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
            {
                _store._inMemory -= buffer.Length;
                _store.Open--;
                ArrayPool<byte>.Shared.Return(buffer);
            }

            base.Dispose(disposing);
        }
    }

    private sealed class FilePartBytes : PartBytes
    {
        private readonly PartStore _store;
        private readonly FileStream _file;
        private readonly SafeFileHandle _handle;
        private bool _closed;

        public FilePartBytes(PartStore store, FileStream file, long length, string sha256)
        {
            _store = store;
            _file = file;
            _handle = file.SafeFileHandle;
            Length = length;
            Sha256 = sha256;
            store.Open++;
        }

        public override long Length { get; }

        public override int Read(long offset, Span<byte> buffer)
        {
            if (offset < 0 || offset >= Length) return 0;
            Span<byte> wanted = buffer[..(int)Math.Min(buffer.Length, Length - offset)];
            int total = 0;
            try
            {
                while (total < wanted.Length)
                {
                    int got = RandomAccess.Read(_handle, wanted[total..], offset + total);
                    if (got == 0) break;
                    total += got;
                }
            }
            catch (IOException failed)
            {
                throw new ScratchFailedException(failed);
            }

            return total;
        }

        protected override void Dispose(bool disposing)
        {
            if (!_closed)
            {
                _closed = true;
                _store.Open--;
                _file.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

/// <summary>A range of other bytes; owns nothing.</summary>
internal sealed class RangePartBytes(PartBytes source, long offset, long length) : PartBytes
{
    public override long Length => length;

    public override int Read(long at, Span<byte> buffer)
    {
        if (at < 0 || at >= length) return 0;
        return source.Read(offset + at, buffer[..(int)Math.Min(buffer.Length, length - at)]);
    }

    public override bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        if (!source.TryGetMemory(out memory)) return false;
        memory = memory.Slice((int)offset, (int)length);
        return true;
    }
}

/// <summary>A sequence of ranges of other bytes. Owns what it is told to own.</summary>
internal sealed class SegmentedPartBytes : PartBytes
{
    private readonly (PartBytes Source, long Offset, long Length, long Start)[] _segments;
    private readonly PartBytes? _owned;

    public SegmentedPartBytes(IEnumerable<(PartBytes Source, long Offset, long Length)> segments, PartBytes? owned = null)
    {
        _owned = owned;
        List<(PartBytes, long, long, long)> placed = [];
        long start = 0;
        foreach ((PartBytes source, long offset, long length) in segments)
        {
            if (length <= 0) continue;
            placed.Add((source, offset, length, start));
            start += length;
        }

        _segments = [.. placed];
        Length = start;
    }

    public override long Length { get; }

    public override int Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset >= Length) return 0;
        int index = Find(offset);
        int total = 0;
        while (total < buffer.Length && index < _segments.Length)
        {
            (PartBytes source, long from, long length, long start) = _segments[index++];
            long inside = offset + total - start;
            int wanted = (int)Math.Min(buffer.Length - total, length - inside);
            int got = source.Read(from + inside, buffer.Slice(total, wanted));
            total += got;
            if (got < wanted) break;
        }

        return total;
    }

    /// <summary>Calls back for each piece of a range, in order.</summary>
    public void ForEach(long offset, long length, Action<PartBytes, long, long> piece)
    {
        for (int index = Find(offset); index < _segments.Length && length > 0; index++)
        {
            (PartBytes source, long from, long segmentLength, long start) = _segments[index];
            long inside = offset - start;
            long count = Math.Min(length, segmentLength - inside);
            piece(source, from + inside, count);
            offset += count;
            length -= count;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _owned?.Dispose();
        base.Dispose(disposing);
    }

    private int Find(long offset)
    {
        int low = 0, high = _segments.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_segments[middle].Start <= offset) low = middle;
            else high = middle - 1;
        }

        return low;
    }
}
