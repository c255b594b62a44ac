using System.Buffers.Binary;

namespace MailSanitizer.Content.Unpacking.Encodings;

/// <summary>BinHex 4.0 (RFC 1741): data fork, resource fork, each with its CRC.</summary>
public sealed class BinHexHandler : ArchiveHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["binhex"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        BinHexStream stream = new(reading.Bytes, BinHexStream.Start(reading.Bytes) ?? throw new InvalidDataException("no BinHex text in it"));
        byte[] first = Need(stream, 1);
        byte[] rest = Need(stream, first[0] + 21);
        byte[] name = rest[..first[0]];
        if (Crc16Xmodem.Append(0, [.. first, .. rest.AsSpan(0, rest.Length - 2)]) != BinaryPrimitives.ReadUInt16BigEndian(rest.AsSpan(rest.Length - 2))) reading.Report(ArchiveFindings.ChecksumMismatch, "header", "the checksum does not fit");
        long data = BinaryPrimitives.ReadUInt32BigEndian(rest.AsSpan(first[0] + 11));
        long resource = BinaryPrimitives.ReadUInt32BigEndian(rest.AsSpan(first[0] + 15));
        PartName shown = ArchiveNames.Decode("member", name);
        ForkStream fork = new(stream, data);
        yield return new ArchiveMember(new ChildDescription(shown) { PackedSize = reading.Bytes.Length }) { Open = () => fork, Size = data };
        Check(fork, shown.Text, reading);
        if (resource == 0) yield break;
        ForkStream second = new(stream, resource);
        yield return new ArchiveMember(new ChildDescription(new PartName("derived", shown.Text + ".rsrc")) { PackedSize = reading.Bytes.Length }) { Open = () => second, Size = resource };
        Check(second, shown.Text + ".rsrc", reading);
    }

    private static byte[] Need(Stream stream, int length)
    {
        byte[] taken = new byte[length];
        if (stream.ReadAtLeast(taken, length, throwOnEndOfStream: false) < length) throw new InvalidDataException("ends inside the header");
        return taken;
    }

    private static void Check(ForkStream fork, string name, ArchiveReading reading)
    {
        if (fork.Matches is false) reading.Report(ArchiveFindings.ChecksumMismatch, name, "the checksum does not fit the content");
    }

    private sealed class ForkStream(Stream source, long length) : ForwardStream
    {
        private long _left = length;
        private ushort _crc;

        /// <summary>Whether the CRC behind the fork fits; null before its end.</summary>
        public bool? Matches { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            if (_left == 0)
            {
                Matches ??= _crc == BinaryPrimitives.ReadUInt16BigEndian(Need(source, 2));
                return 0;
            }

            int got = source.Read(buffer[..(int)Math.Min(_left, buffer.Length)]);
            if (got == 0 && !buffer.IsEmpty) throw new InvalidDataException("ends in the middle");
            _left -= got;
            _crc = Crc16Xmodem.Append(_crc, buffer[..got]);
            return got;
        }
    }
}

/// <summary>The bytes of a BinHex text: six bits a character, then runs.</summary>
internal sealed class BinHexStream(PartBytes bytes, long start) : ForwardStream
{
    private const string Alphabet = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";

    private static readonly sbyte[] Values = [.. Enumerable.Range(0, 256).Select(value => (sbyte)Alphabet.IndexOf((char)value, StringComparison.Ordinal))];

    private readonly byte[] _input = new byte[16 * 1024];
    private long _offset = start;
    private int _at;
    private int _end;
    private int _bits;
    private int _count;
    private byte _last;
    private int _repeat;
    private bool _done;

    /// <summary>Where the data begins: behind the colon that follows the mark line; null without one.</summary>
    public static long? Start(PartBytes bytes)
    {
        bool marked = false;
        foreach (TextLine line in TextLines.From(bytes, 0))
        {
            if (marked && line.Text.Length > 0 && line.Text[0] == ':') return line.Offset + 1;
            if (line.Text.AsSpan().IndexOf("(This file must be converted with BinHex"u8) >= 0) marked = true;
        }

        return null;
    }

    public override int Read(Span<byte> buffer)
    {
        int count = 0;
        while (count < buffer.Length)
        {
            if (_repeat > 0)
            {
                _repeat--;
                buffer[count++] = _last;
                continue;
            }

            if (Coded() is not { } value) break;
            if (value != 0x90)
            {
                buffer[count++] = _last = (byte)value;
                continue;
            }

            if (Coded() is not { } times) break;
            if (times == 0) buffer[count++] = _last = 0x90;
            else _repeat = times - 1;
        }

        return count;
    }

    private int? Coded()
    {
        while (_count < 8)
        {
            if (_done) return null;
            if (_at == _end)
            {
                _end = bytes.Read(_offset, _input);
                _offset += _end;
                _at = 0;
                if (_end == 0)
                {
                    _done = true;
                    return null;
                }
            }

            byte character = _input[_at++];
            if (character is (byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t') continue;
            if (character == ':')
            {
                _done = true;
                return null;
            }

            if (Values[character] < 0) throw new InvalidDataException("a character that BinHex does not have");
            _bits = (_bits << 6) | (byte)Values[character];
            _count += 6;
        }

        _count -= 8;
        int value = (_bits >> _count) & 0xFF;
        _bits &= (1 << _count) - 1;
        return value;
    }
}
