using System.Buffers.Binary;

namespace MailSanitizer.Content.Formats.Compression;

/// <summary>
/// Decodes a raw deflate stream (RFC 1951). Own code, because the platform's decoder takes a truncated stream for a whole one, reads beyond the
/// end, and loses what it decoded before a fault; each would leave bytes unseen. A fault is thrown (<see cref="InvalidDataException"/>) only after
/// all that stands before it was read.
/// </summary>
public sealed class InflateStream : ForwardStream
{
    private const int Window = 32 * 1024;
    private const int Room = 128 * 1024;
    private const int LongestMatch = 258;
    private const int LiteralRoot = 11;
    private const int DistanceRoot = 9;

    private static readonly ushort[] LengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    private static readonly byte[] LengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    private static readonly ushort[] DistanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
    private static readonly byte[] LengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private Stream _source;
    private readonly byte[] _input = new byte[64 * 1024];
    private readonly byte[] _output = new byte[Window + Room];
    private readonly InflateTable _literals = new(LiteralRoot, 288);
    private readonly InflateTable _distances = new(DistanceRoot, 32);
    private readonly InflateTable _codes = new(7, 19);

    private int _inputAt;
    private int _inputEnd;
    private long _fed;
    private ulong _bits;
    private int _count;
    private int _beyond;

    private int _readAt;
    private int _writeAt;
    private int _stored = -1;
    private bool _inBlock;
    private bool _final;
    private string? _failure;

    /// <summary>A decoder over <paramref name="source"/>, which is read in large pieces and not disposed. <paramref name="history"/>: up to 32 KB that distances may point into (MSZIP).</summary>
    public InflateStream(Stream source, ReadOnlySpan<byte> history = default)
    {
        _source = source;
        if (history.Length > Window) history = history[^Window..];
        history.CopyTo(_output);
        _readAt = _writeAt = history.Length;
    }

    /// <summary>True when the last block was decoded to its end.</summary>
    public bool Finished { get; private set; }

    /// <summary>Bytes of the source that belong to the stream (up to the byte that holds its last bit); exact once <see cref="Finished"/>.</summary>
    public long Consumed => _fed - (_inputEnd - _inputAt) - (_count >> 3) + _beyond;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (_readAt == _writeAt)
        {
            if (_failure is not null) throw new InvalidDataException(_failure);
            if (Finished) return 0;
            Slide();
            Decode();
        }

        int count = Math.Min(buffer.Length, _writeAt - _readAt);
        _output.AsSpan(_readAt, count).CopyTo(buffer);
        _readAt += count;
        return count;
    }

    /// <summary>Begins a new stream whose distances may point into what was decoded before (MSZIP).</summary>
    public void Restart(Stream source)
    {
        _source = source;
        (_inputAt, _inputEnd, _fed, _bits, _count, _beyond) = (0, 0, 0, 0, 0, 0);
        (_stored, _inBlock, _final, _failure) = (-1, false, false, null);
        _readAt = _writeAt;
        Finished = false;
    }

    private void Slide()
    {
        if (_writeAt <= Window) return;
        _output.AsSpan(_writeAt - Window, Window).CopyTo(_output);
        _readAt = _writeAt = Window;
    }

    private void Decode()
    {
        while (_failure is null && _writeAt < _output.Length - LongestMatch)
        {
            if (!_inBlock)
            {
                if (_final)
                {
                    Finished = true;
                    return;
                }

                StartBlock();
            }
            else if (_stored >= 0)
            {
                CopyStored();
            }
            else
            {
                DecodeSymbols();
            }
        }
    }

    private void StartBlock()
    {
        _final = Take(1) == 1;
        uint type = Take(2);
        _inBlock = true;
        switch (type)
        {
            case 0:
                _ = Take(_count & 7);
                uint length = Take(16);
                if ((length ^ 0xFFFF) != Take(16)) Fail("a stored block whose length is not confirmed");
                _stored = (int)length;
                break;
            case 1: FixedTables(); break;
            case 2: DynamicTables(); break;
            default: Fail("a block of unknown kind"); break;
        }
    }

    private void CopyStored()
    {
        while (_stored > 0 && _writeAt < _output.Length - LongestMatch)
        {
            if (_count >= 8)
            {
                _output[_writeAt++] = (byte)Take(8);
                if (_failure is not null)
                {
                    _writeAt--;
                    return;
                }

                _stored--;
                continue;
            }

            if (_inputAt == _inputEnd && !Fill())
            {
                Fail("ends inside a stored block");
                return;
            }

            int run = Math.Min(Math.Min(_stored, _inputEnd - _inputAt), _output.Length - LongestMatch - _writeAt);
            _input.AsSpan(_inputAt, run).CopyTo(_output.AsSpan(_writeAt));
            _inputAt += run;
            _writeAt += run;
            _stored -= run;
        }

        if (_stored > 0) return;
        _stored = -1;
        _inBlock = false;
    }

    private void FixedTables()
    {
        Span<byte> lengths = stackalloc byte[288];
        lengths[..144].Fill(8);
        lengths[144..256].Fill(9);
        lengths[256..280].Fill(7);
        lengths[280..].Fill(8);
        _ = _literals.Build(lengths, LiteralMeaning);
        Span<byte> distances = stackalloc byte[32];
        distances.Fill(5);
        _ = _distances.Build(distances, DistanceMeaning);
    }

    private void DynamicTables()
    {
        int literals = (int)Take(5) + 257;
        int distances = (int)Take(5) + 1;
        int codes = (int)Take(4) + 4;
        if (literals > 286 || distances > 30)
        {
            Fail("too many codes");
            return;
        }

        Span<byte> codeLengths = stackalloc byte[19];
        for (int at = 0; at < codes; at++) codeLengths[LengthOrder[at]] = (byte)Take(3);
        if (!_codes.Build(codeLengths, static symbol => (uint)symbol << 16))
        {
            Fail("code lengths that make no code");
            return;
        }

        Span<byte> lengths = stackalloc byte[286 + 30];
        int total = literals + distances;
        for (int at = 0; at < total && _failure is null;)
        {
            Refill();
            uint entry = _codes.Entries[(int)(_bits & 127)];
            if ((entry >> 8 & 0xFF) == InflateTable.Invalid)
            {
                Fail("a code length that no code has");
                return;
            }

            _ = Take((int)(entry & 0xFF));
            int symbol = (int)(entry >> 16);
            if (symbol < 16)
            {
                lengths[at++] = (byte)symbol;
                continue;
            }

            (int repeat, byte value) = symbol switch
            {
                16 => ((int)Take(2) + 3, at > 0 ? lengths[at - 1] : (byte)255),
                17 => ((int)Take(3) + 3, (byte)0),
                _ => ((int)Take(7) + 11, (byte)0),
            };
            if (value == 255 || at + repeat > total)
            {
                Fail("a repeated code length without room");
                return;
            }

            lengths.Slice(at, repeat).Fill(value);
            at += repeat;
        }

        if (_failure is not null) return;
        if (lengths[256] == 0 || !_literals.Build(lengths[..literals], LiteralMeaning) || !_distances.Build(lengths.Slice(literals, distances), DistanceMeaning)) Fail("code lengths that make no code");
    }

    private static uint LiteralMeaning(int symbol) => symbol switch
    {
        < 256 => (uint)symbol << 16,
        256 => InflateTable.End << 8,
        <= 285 => ((uint)LengthBase[symbol - 257] << 16) | ((InflateTable.Base | LengthExtra[symbol - 257]) << 8),
        _ => InflateTable.Invalid << 8,
    };

    private static uint DistanceMeaning(int symbol) => symbol < 30
        ? ((uint)DistanceBase[symbol] << 16) | ((InflateTable.Base | (uint)Math.Max(0, (symbol >> 1) - 1)) << 8)
        : InflateTable.Invalid << 8;

    private void DecodeSymbols()
    {
        uint[] literals = _literals.Entries;
        uint[] distances = _distances.Entries;
        uint literalSub = (1u << _literals.SubBits) - 1;
        uint distanceSub = (1u << _distances.SubBits) - 1;
        byte[] output = _output;
        int limit = output.Length - LongestMatch;
        int at = _writeAt;
        while (at < limit)
        {
            if (_count < 48) Refill();
            uint entry = literals[(int)(_bits & ((1u << LiteralRoot) - 1))];
            if (((entry >> 8) & 0xFF) == InflateTable.Sub) entry = literals[(int)((entry >> 16) + ((uint)(_bits >> LiteralRoot) & literalSub))];
            uint kind = (entry >> 8) & 0xFF;
            Drop((int)(entry & 0xFF));
            if (kind == InflateTable.Literal)
            {
                if (_beyond > 0 && Overrun()) break;
                output[at++] = (byte)(entry >> 16);
                continue;
            }

            if ((kind & 0xE0) != InflateTable.Base)
            {
                if (kind == InflateTable.End && !(_beyond > 0 && Overrun())) _inBlock = false;
                else Fail("a code that stands for nothing");
                break;
            }

            int length = (int)(entry >> 16) + Extra((int)(kind & 0x1F));
            entry = distances[(int)(_bits & ((1u << DistanceRoot) - 1))];
            if (((entry >> 8) & 0xFF) == InflateTable.Sub) entry = distances[(int)((entry >> 16) + ((uint)(_bits >> DistanceRoot) & distanceSub))];
            kind = (entry >> 8) & 0xFF;
            if ((kind & 0xE0) != InflateTable.Base)
            {
                Fail("a distance code that stands for nothing");
                break;
            }

            Drop((int)(entry & 0xFF));
            int distance = (int)(entry >> 16) + Extra((int)(kind & 0x1F));
            if (_beyond > 0 && Overrun()) break;
            if (distance > at)
            {
                Fail("a distance to before the beginning");
                break;
            }

            int from = at - distance;
            if (distance >= length)
            {
                output.AsSpan(from, length).CopyTo(output.AsSpan(at));
            }
            else if (distance == 1)
            {
                output.AsSpan(at, length).Fill(output[from]);
            }
            else
            {
                for (int index = 0; index < length; index++) output[at + index] = output[from + index];
            }

            at += length;
        }

        _writeAt = at;
    }

    private void Drop(int bits)
    {
        _bits >>= bits;
        _count -= bits;
    }

    private int Extra(int bits)
    {
        int value = (int)(_bits & ((1u << bits) - 1));
        Drop(bits);
        return value;
    }

    private uint Take(int bits)
    {
        if (_count < bits) Refill();
        uint value = (uint)Extra(bits);
        if (_beyond > 0) _ = Overrun();
        return value;
    }

    // Zero bytes stand in for what is missing behind the end; using one of their bits is the truncation.
    private bool Overrun()
    {
        if (_count >= _beyond * 8) return false;
        Fail("ends in the middle");
        return true;
    }

    private void Refill()
    {
        if (_inputEnd - _inputAt >= 8)
        {
            _bits |= BinaryPrimitives.ReadUInt64LittleEndian(_input.AsSpan(_inputAt)) << _count;
            int taken = (63 - _count) >> 3;
            _inputAt += taken;
            _count += taken * 8;
            _bits &= _count == 64 ? ulong.MaxValue : (1UL << _count) - 1;
            return;
        }

        while (_count <= 56)
        {
            if (_inputAt == _inputEnd && !Fill())
            {
                _beyond++;
            }
            else
            {
                _bits |= (ulong)_input[_inputAt++] << _count;
            }

            _count += 8;
        }
    }

    private bool Fill()
    {
        _inputAt = 0;
        _inputEnd = _source.Read(_input, 0, _input.Length);
        _fed += _inputEnd;
        return _inputEnd > 0;
    }

    private void Fail(string why) => _failure ??= $"deflate: {why}";
}
