using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Unpacking.Cab;

/// <summary>The content of a folder, decoded frame by frame.</summary>
internal sealed class CabFolderStream : ForwardStream
{
    private readonly CabBlocks _blocks;
    private readonly int _method;
    private readonly byte[] _frame = new byte[32768];
    private readonly LzxDecoder? _lzx;
    private readonly QuantumDecoder? _quantum;
    private InflateStream? _inflate;
    private int _start;
    private int _end;

    /// <summary>A decoder of a folder whose method is <see cref="IsKnown"/>.</summary>
    public CabFolderStream(CabBlocks blocks, CabFolder folder)
    {
        _blocks = blocks;
        _method = folder.Compression & 15;
        int window = (folder.Compression >> 8) & 31;
        if (_method == 3) _lzx = new LzxDecoder(blocks, window);
        if (_method == 2) _quantum = new QuantumDecoder(window);
    }

    /// <summary>Bytes decoded and read so far.</summary>
    public long Offset { get; private set; }

    /// <summary>True for the methods that exist, with window sizes that they allow.</summary>
    public static bool IsKnown(CabFolder folder) => (folder.Compression & 15, (folder.Compression >> 8) & 31) switch
    {
        (0 or 1, _) => true,
        (2, >= 10 and <= 21) => true,
        (3, >= 15 and <= 21) => true,
        _ => false,
    };

    public override int Read(Span<byte> buffer)
    {
        while (_start == _end)
        {
            if (_blocks.NextFrame() is not { } size) return 0;
            DecodeFrame(size);
        }

        int count = Math.Min(buffer.Length, _end - _start);
        _frame.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        Offset += count;
        return count;
    }

    private void DecodeFrame(int size)
    {
        Span<byte> frame = _frame.AsSpan(0, size);
        switch (_method)
        {
            case 0:
                if (_blocks.Packed.Length != size) throw new InvalidDataException("a stored block of two lengths");
                _blocks.Packed.CopyTo(frame);
                break;
            case 1: Inflate(frame); break;
            case 2: _quantum!.DecodeFrame(_blocks.Packed, frame); break;
            default: _lzx!.DecodeFrame(frame); break;
        }

        (_start, _end) = (0, size);
    }

    // Each block is a deflate stream of its own that may point into the blocks before ([MS-MCI]).
    private void Inflate(Span<byte> frame)
    {
        byte[] packed = _blocks.Packed;
        if (packed.Length < 2 || packed[0] != 'C' || packed[1] != 'K') throw new InvalidDataException("an MSZIP block without its mark");
        MemoryStream source = new(packed, 2, packed.Length - 2, writable: false);
        if (_inflate is null) _inflate = new InflateStream(source);
        else _inflate.Restart(source);
        for (int at = 0; at < frame.Length;)
        {
            int got = _inflate.Read(frame[at..]);
            if (got == 0) throw new InvalidDataException("an MSZIP block that yields less than it declares");
            at += got;
        }

        if (_inflate.Read(stackalloc byte[1]) > 0) throw new InvalidDataException("an MSZIP block that yields more than it declares");
    }
}
