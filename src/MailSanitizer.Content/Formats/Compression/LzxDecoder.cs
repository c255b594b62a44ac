using System.Buffers.Binary;

namespace MailSanitizer.Content.Formats.Compression;

/// <summary>Decodes LZX as cabinets hold it ([MS-PATCH] 2, [MS-CAB]): frames of 32 KB over one window, with the call translation of x86 code.</summary>
internal sealed class LzxDecoder
{
    private const int Lengths = 249;

    private static readonly int[] ExtraBits = MakeExtraBits();
    private static readonly int[] Bases = MakeBases();

    private readonly MsbBitReader _bits;
    private readonly byte[] _window;
    private readonly int _mainCount;
    private readonly byte[] _mainLengths;
    private readonly byte[] _lengthLengths = new byte[Lengths];
    private readonly MsbHuffman _main;
    private readonly MsbHuffman _length = new(Lengths, 10);
    private readonly MsbHuffman _aligned = new(8, 7);
    private readonly MsbHuffman _pre = new(20, 8);
    private int _at;
    private long _written;
    private int _r0 = 1;
    private int _r1 = 1;
    private int _r2 = 1;
    private bool _headerRead;
    private int _translateSize;
    private bool _translate;
    private int _frames;
    private int _type;
    private int _blockLeft;
    private int _half = -1;

    /// <summary>A decoder with a window of 2^<paramref name="windowBits"/> bytes (15 to 21).</summary>
    public LzxDecoder(Stream source, int windowBits)
    {
        _bits = new MsbBitReader(source, words: true);
        _window = new byte[1 << windowBits];
        int slots = windowBits switch { 20 => 42, 21 => 50, _ => windowBits * 2 };
        _mainCount = 256 + (slots * 8);
        _mainLengths = new byte[_mainCount];
        _main = new MsbHuffman(_mainCount, 11);
    }

    /// <summary>Decodes the next frame into <paramref name="frame"/>, whose length is the frame's.</summary>
    public void DecodeFrame(Span<byte> frame)
    {
        if (!_headerRead)
        {
            _headerRead = true;
            if (_bits.Take(1) == 1) _translateSize = (int)((_bits.Take(16) << 16) | _bits.Take(16));
        }

        int mask = _window.Length - 1;
        int start = _at;
        for (int left = frame.Length; left > 0;)
        {
            if (_blockLeft == 0) StartBlock();
            int run = Math.Min(left, _blockLeft);
            int done = _type == 3 ? CopyRaw(run) : DecodeRun(run, left);
            left -= done;
            _blockLeft -= done;
            if (_blockLeft < 0) throw new InvalidDataException("lzx: a match beyond its block");
        }

        if (_half < 0) _bits.AlignWord(atLeastOne: false);
        for (int index = 0; index < frame.Length; index++) frame[index] = _window[(start + index) & mask];
        if (_translate && _translateSize != 0 && _frames < 32768 && frame.Length > 10) Translate(frame, (int)(_written - frame.Length));
        _frames++;
    }

    private static int[] MakeExtraBits()
    {
        int[] bits = new int[51];
        for (int slot = 4; slot < bits.Length; slot++) bits[slot] = Math.Min(17, (slot / 2) - 1);
        return bits;
    }

    private static int[] MakeBases()
    {
        int[] bases = new int[51];
        for (int slot = 1; slot < bases.Length; slot++) bases[slot] = bases[slot - 1] + (1 << ExtraBits[slot - 1]);
        return bases;
    }

    private void StartBlock()
    {
        _half = -1;
        _type = (int)_bits.Take(3);
        _blockLeft = (int)((_bits.Take(16) << 8) | _bits.Take(8));
        if (_blockLeft == 0) throw new InvalidDataException("lzx: an empty block");
        switch (_type)
        {
            case 1:
                ReadTrees();
                break;
            case 2:
                Span<byte> aligned = stackalloc byte[8];
                for (int at = 0; at < 8; at++) aligned[at] = (byte)_bits.Take(3);
                _aligned.Build(aligned);
                ReadTrees();
                break;
            case 3:
                _translate = true;
                _bits.AlignWord(atLeastOne: true);
                _r0 = RawNumber();
                _r1 = RawNumber();
                _r2 = RawNumber();
                break;
            default:
                throw new InvalidDataException("lzx: a block of unknown kind");
        }
    }

    private int RawNumber()
    {
        uint low = _bits.Take(16);
        return (int)(low | (_bits.Take(16) << 16));
    }

    private void ReadTrees()
    {
        ReadLengths(_mainLengths, 0, 256);
        ReadLengths(_mainLengths, 256, _mainCount);
        _main.Build(_mainLengths);
        if (_mainLengths[0xE8] != 0) _translate = true;
        ReadLengths(_lengthLengths, 0, Lengths);
        _length.Build(_lengthLengths);
    }

    // Lengths are told as differences to those of the block before, modulo 17, in a code of their own.
    private void ReadLengths(byte[] lengths, int from, int to)
    {
        Span<byte> pre = stackalloc byte[20];
        for (int at = 0; at < 20; at++) pre[at] = (byte)_bits.Take(4);
        _pre.Build(pre);
        for (int at = from; at < to;)
        {
            int code = _pre.Read(_bits);
            int run = 1;
            byte value = 0;
            switch (code)
            {
                case 17: run = (int)_bits.Take(4) + 4; break;
                case 18: run = (int)_bits.Take(5) + 20; break;
                case 19:
                    run = (int)_bits.Take(1) + 4;
                    value = Difference(lengths[at], _pre.Read(_bits));
                    break;
                default: value = Difference(lengths[at], code); break;
            }

            if (at + run > to) throw new InvalidDataException("lzx: a run of lengths beyond the tree");
            lengths.AsSpan(at, run).Fill(value);
            at += run;
        }
    }

    private static byte Difference(byte before, int code)
    {
        if (code > 16) throw new InvalidDataException("lzx: a length that is none");
        int value = before - code;
        return (byte)(value < 0 ? value + 17 : value);
    }

    private int CopyRaw(int run)
    {
        for (int index = 0; index < run; index++)
        {
            byte value;
            if (_half >= 0)
            {
                value = (byte)_half;
                _half = -1;
            }
            else
            {
                uint word = _bits.Take(16);
                value = (byte)word;
                _half = (int)(word >> 8);
            }

            Add(value);
        }

        // An odd block is padded: the other half of its last word is thrown away by the next block.
        if (run == _blockLeft) _half = -1;
        return run;
    }

    private int DecodeRun(int run, int left)
    {
        int done = 0;
        while (done < run)
        {
            int code = _main.Read(_bits);
            if (code < 256)
            {
                Add((byte)code);
                done++;
                continue;
            }

            code -= 256;
            int length = code & 7;
            if (length == 7) length += _length.Read(_bits);
            length += 2;
            int distance = Distance(code >> 3);
            if (done + length > left) throw new InvalidDataException("lzx: a match beyond its frame");
            if (distance <= 0 || distance > _window.Length || distance > _written) throw new InvalidDataException("lzx: a distance to before the beginning");
            int from = _at - distance;
            int mask = _window.Length - 1;
            for (int index = 0; index < length; index++) Add(_window[(from + index) & mask]);
            done += length;
        }

        return done;
    }

    private int Distance(int slot)
    {
        int distance;
        switch (slot)
        {
            case 0: return _r0;
            case 1:
                distance = _r1;
                _r1 = _r0;
                return _r0 = distance;
            case 2:
                distance = _r2;
                _r2 = _r0;
                return _r0 = distance;
        }

        int extra = ExtraBits[slot];
        distance = Bases[slot] - 2;
        if (_type == 2 && extra >= 3) distance += (int)(_bits.Take(extra - 3) << 3) + _aligned.Read(_bits);
        else distance += (int)_bits.Take(extra);
        _r2 = _r1;
        _r1 = _r0;
        return _r0 = distance;
    }

    private void Add(byte value)
    {
        _window[_at] = value;
        _at = (_at + 1) & (_window.Length - 1);
        _written++;
    }

    // The encoder turned relative targets of E8 calls into absolute ones; turned back here.
    private void Translate(Span<byte> frame, int position)
    {
        for (int at = 0; at < frame.Length - 10;)
        {
            if (frame[at] != 0xE8)
            {
                at++;
                continue;
            }

            int current = position + at;
            int absolute = BinaryPrimitives.ReadInt32LittleEndian(frame[(at + 1)..]);
            if (absolute >= -current && absolute < _translateSize)
            {
                BinaryPrimitives.WriteInt32LittleEndian(frame[(at + 1)..], absolute >= 0 ? absolute - current : absolute + _translateSize);
            }

            at += 5;
        }
    }
}
