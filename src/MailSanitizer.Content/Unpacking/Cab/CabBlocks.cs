namespace MailSanitizer.Content.Unpacking.Cab;

/// <summary>The data blocks of a folder in order ([MS-CAB] 2.5), each compared with its checksum. As a stream: their compressed bytes, one block behind the other.</summary>
internal sealed class CabBlocks(PartBytes bytes, CabFolder folder, int reserve) : ForwardStream
{
    private const int MaxPacked = 32768 + 6144;

    private readonly Queue<int> _frames = new();
    private long _at = folder.Data;
    private int _left = folder.Blocks;
    private int _position;
    private string? _failure;

    /// <summary>Blocks whose checksum does not fit.</summary>
    public int Mismatches { get; private set; }

    /// <summary>The compressed bytes of the block that was read last.</summary>
    public byte[] Packed { get; private set; } = [];

    /// <summary>Reads the next block; false behind the last. Throws when it is broken.</summary>
    public bool Next()
    {
        if (_left == 0) return false;
        _left--;
        Span<byte> head = stackalloc byte[8];
        if (bytes.Read(_at, head) < 8) throw new InvalidDataException("ends before a data block");
        int packed = Le.U16(head, 4);
        int size = Le.U16(head, 6);
        if (packed > MaxPacked || size > 32768) throw new InvalidDataException("a data block of an impossible length");
        byte[] data = new byte[packed];
        if (bytes.Read(_at + 8 + reserve, data) < packed) throw new InvalidDataException("ends inside a data block");
        _at += 8 + reserve + packed;
        uint declared = Le.U32(head, 0);
        if (declared != 0 && Sum(head[4..8], Sum(data, 0)) != declared) Mismatches++;
        Packed = data;
        _position = 0;
        _frames.Enqueue(size);
        return true;
    }

    /// <summary>Length of the next frame's content; null behind the last. Reads on when it has to.</summary>
    public int? NextFrame()
    {
        if (_frames.Count == 0 && _failure is not null) throw new InvalidDataException(_failure);
        if (_frames.Count == 0 && !Next()) return null;
        return _frames.Dequeue();
    }

    public override int Read(Span<byte> buffer)
    {
        while (_position == Packed.Length)
        {
            if (_failure is not null || !TryNext()) return 0;
        }

        int count = Math.Min(buffer.Length, Packed.Length - _position);
        Packed.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    // Reading ahead must not break the frame that is decoded now: the fault waits for its own frame.
    private bool TryNext()
    {
        try
        {
            return Next();
        }
        catch (InvalidDataException failure)
        {
            _failure = failure.Message;
            return false;
        }
    }

    /// <summary>The checksum ([MS-CAB] 3.1): 32-bit words combined, the rest in reversed order.</summary>
    internal static uint Sum(ReadOnlySpan<byte> data, uint sum)
    {
        while (data.Length >= 4)
        {
            sum ^= Le.U32(data, 0);
            data = data[4..];
        }

        uint rest = 0;
        foreach (byte value in data) rest = (rest << 8) | value;
        return sum ^ rest;
    }
}
