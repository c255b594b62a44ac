namespace MailSanitizer.Content.Formats.Compression;

/// <summary>Bits of a stream, the highest first. With <paramref name="words"/>, bytes are swapped in pairs (LZX reads 16-bit little-endian words).</summary>
/// <remarks>Behind the end come zero bits for as long as a decoder's look-ahead may reach; using more is a truncated stream.</remarks>
internal sealed class MsbBitReader(Stream source, bool words = false)
{
    private readonly byte[] _input = new byte[16 * 1024];
    private int _at;
    private int _end;
    private ulong _bits;
    private int _count;
    private int _beyond;

    /// <summary>The next bits, not taken; at most 32.</summary>
    public uint Peek(int count)
    {
        if (_count < count) Refill();
        return count == 0 ? 0 : (uint)(_bits >> (64 - count));
    }

    /// <summary>Drops bits that were peeked.</summary>
    public void Drop(int count)
    {
        _bits <<= count;
        _count -= count;
    }

    /// <summary>The next bits; at most 32.</summary>
    public uint Take(int count)
    {
        uint value = Peek(count);
        Drop(count);
        return value;
    }

    /// <summary>Drops bits up to the next 16-bit word; a whole word when the place is one already and <paramref name="atLeastOne"/> (LZX, uncompressed blocks).</summary>
    public void AlignWord(bool atLeastOne)
    {
        _ = Peek(16);
        int over = _count & 15;
        if (over == 0 && atLeastOne) over = 16;
        Drop(over);
    }

    private void Refill()
    {
        if (_beyond * 8 > _count) throw new InvalidDataException("ends in the middle");
        if (words)
        {
            while (_count <= 48)
            {
                int first = Next();
                int second = Next();
                _bits |= (ulong)(uint)((second << 8) | first) << (48 - _count);
                _count += 16;
            }

            return;
        }

        while (_count <= 56)
        {
            _bits |= (ulong)(uint)Next() << (56 - _count);
            _count += 8;
        }
    }

    private int Next()
    {
        if (_at < _end || Fill()) return _input[_at++];
        _beyond++;
        return 0;
    }

    private bool Fill()
    {
        _at = 0;
        _end = source.Read(_input, 0, _input.Length);
        return _end > 0;
    }
}
