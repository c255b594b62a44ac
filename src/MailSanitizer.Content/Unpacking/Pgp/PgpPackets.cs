using System.Buffers.Binary;

namespace MailSanitizer.Content.Unpacking.Pgp;

/// <summary>A packet: its kind, and where its body lies (several pieces with partial lengths).</summary>
internal sealed record PgpPacket(int Tag, PartBytes Bytes, IReadOnlyList<(long Offset, long Length)> Ranges)
{
    /// <summary>The body.</summary>
    public Stream Open() => new JoinedRanges(Bytes, Ranges);
}

/// <summary>Reads OpenPGP packets (RFC 9580 4.2), both header formats.</summary>
internal sealed class PgpPackets(PartBytes bytes)
{
    private const int MaxPieces = 1_000_000;

    private long _at;

    /// <summary>The next packet; null at the end.</summary>
    public PgpPacket? Next()
    {
        if (_at >= bytes.Length) return null;
        int tag = Byte();
        if ((tag & 0x80) == 0) throw new InvalidDataException($"no packet at offset {_at - 1}");
        return (tag & 0x40) != 0 ? New(tag & 0x3F) : Old((tag >> 2) & 15, tag & 3);
    }

    private PgpPacket Old(int tag, int kind)
    {
        long length = kind switch { 0 => Byte(), 1 => (Byte() << 8) | Byte(), 2 => Four(), _ => bytes.Length - _at };
        return new PgpPacket(tag, bytes, [Piece(length)]);
    }

    private PgpPacket New(int tag)
    {
        List<(long, long)> ranges = [];
        while (true)
        {
            int first = Byte();
            if (first is >= 224 and < 255)
            {
                if (ranges.Count > MaxPieces) throw new InvalidDataException("more pieces than can be");
                ranges.Add(Piece(1L << (first & 31)));
                continue;
            }

            long length = first < 192 ? first : first < 224 ? ((first - 192) << 8) + Byte() + 192 : Four();
            ranges.Add(Piece(length));
            return new PgpPacket(tag, bytes, ranges);
        }
    }

    private (long, long) Piece(long length)
    {
        if (length > bytes.Length - _at) throw new InvalidDataException("a packet that is cut");
        long offset = _at;
        _at += length;
        return (offset, length);
    }

    private long Four()
    {
        byte[] four = [(byte)Byte(), (byte)Byte(), (byte)Byte(), (byte)Byte()];
        return BinaryPrimitives.ReadUInt32BigEndian(four);
    }

    private int Byte()
    {
        Span<byte> one = stackalloc byte[1];
        if (bytes.Read(_at, one) == 0) throw new InvalidDataException("ends inside a packet");
        _at++;
        return one[0];
    }
}
