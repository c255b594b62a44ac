using System.IO.Hashing;
using SharpCompress.Compressors.LZMA;

namespace MailSanitizer.Content.Unpacking.SevenZip;

/// <summary>What a 7z archive will cost, read from its headers (7zFormat.txt) before the library sees it.</summary>
internal sealed class SevenZipHeader
{
    private const int Start = 32;
    private const int MaxCount = 100_000;

    /// <summary>The largest dictionary of any coder (bytes).</summary>
    public long Dictionary { get; private set; }

    /// <summary>The largest power of two of key derivation rounds.</summary>
    public int Cycles { get; private set; }

    /// <summary>Offset behind the archive.</summary>
    public long End { get; private set; }

    /// <summary>Reads the headers; throws when they are broken. A header that is locked itself shows only its own cost.</summary>
    public static SevenZipHeader Read(ArchiveReading reading)
    {
        SevenZipHeader found = new();
        byte[] head = reading.Take(0, Start) ?? throw new InvalidDataException("7z: ends inside the start header");
        if (Crc32.HashToUInt32(head.AsSpan(12, 20)) != Le.U32(head, 8)) throw new InvalidDataException("7z: the start header's checksum does not fit");
        ulong offset = Le.U64(head, 12);
        ulong size = Le.U64(head, 20);
        if (offset > (ulong)reading.Bytes.Length || size > (ulong)reading.Limits.DirectoryBytes || offset + size + Start > (ulong)reading.Bytes.Length) throw new InvalidDataException("7z: the header lies beyond the end");
        found.End = Start + (long)offset + (long)size;
        if (size == 0) return found;
        byte[] header = reading.Take(Start + (long)offset, (int)size)!;
        if (Crc32.HashToUInt32(header) != Le.U32(head, 28)) throw new InvalidDataException("7z: the header's checksum does not fit");
        for (int level = 0; level < 4; level++)
        {
            Cursor cursor = new(header);
            int kind = cursor.Byte();
            if (kind == 0x17)
            {
                if (found.Streams(cursor) is not { } packed || packed.Decode(reading) is not { } inner) return found;
                header = inner;
                continue;
            }

            if (kind != 1) throw new InvalidDataException("7z: a header of unknown kind");
            for (int id = cursor.Byte(); id is 3 or 4; id = cursor.Byte()) found.Streams(cursor);
            return found;
        }

        throw new InvalidDataException("7z: headers inside headers");
    }

    // StreamsInfo: pack information and coders; what follows them is the library's.
    private Packed? Streams(Cursor cursor)
    {
        long position = 0;
        List<long> sizes = [];
        Packed? packed = null;
        while (true)
        {
            switch (cursor.Byte())
            {
                case 0: return packed;
                case 6:
                    position = cursor.Number();
                    long streams = cursor.Count(MaxCount);
                    for (int id = cursor.Byte(); id != 0; id = cursor.Byte())
                    {
                        if (id == 9)
                        {
                            for (long at = 0; at < streams; at++) sizes.Add(cursor.Number());
                        }
                        else if (id == 10)
                        {
                            cursor.Digests(streams);
                        }
                        else
                        {
                            throw new InvalidDataException("7z: unknown pack information");
                        }
                    }

                    break;
                case 7:
                    packed = Folders(cursor, position, sizes);
                    break;
                case 8:
                    cursor.SubStreams();
                    return packed;
                default: throw new InvalidDataException("7z: unknown stream information");
            }
        }
    }

    private Packed? Folders(Cursor cursor, long position, List<long> sizes)
    {
        if (cursor.Byte() != 0x0B) throw new InvalidDataException("7z: no folders where they must stand");
        long folders = cursor.Count(MaxCount);
        if (cursor.Byte() != 0) throw new InvalidDataException("7z: folders that stand elsewhere");
        long outputs = 0;
        Packed? packed = null;
        for (long folder = 0; folder < folders; folder++)
        {
            long coders = cursor.Count(32);
            long inputs = 0;
            long own = 0;
            for (long coder = 0; coder < coders; coder++)
            {
                int flags = cursor.Byte();
                byte[] id = cursor.Bytes(flags & 15);
                long ins = 1;
                long outs = 1;
                if ((flags & 0x10) != 0) (ins, outs) = (cursor.Count(32), cursor.Count(32));
                byte[] properties = (flags & 0x20) != 0 ? cursor.Bytes(cursor.Count(1024)) : [];
                Judge(id, properties);
                inputs += ins;
                own += outs;
                if (coders == 1 && id.AsSpan().SequenceEqual((byte[])[3, 1, 1]) && properties.Length == 5 && sizes.Count > 0) packed = new Packed(Start + position, sizes[0], properties);
            }

            for (long pair = 0; pair < own - 1; pair++)
            {
                cursor.Number();
                cursor.Number();
            }

            long packedStreams = inputs - (own - 1);
            if (packedStreams > 1)
            {
                for (long stream = 0; stream < packedStreams; stream++) cursor.Number();
            }

            outputs += own;
        }

        if (cursor.Byte() != 0x0C) throw new InvalidDataException("7z: no sizes where they must stand");
        for (long output = 0; output < outputs; output++)
        {
            long size = cursor.Number();
            if (output == 0 && packed is not null) packed = packed with { Unpacked = size };
        }

        for (int id = cursor.Byte(); id != 0; id = cursor.Byte())
        {
            if (id != 10) throw new InvalidDataException("7z: unknown folder information");
            cursor.Digests(folders);
        }

        return packed;
    }

    private void Judge(ReadOnlySpan<byte> id, byte[] properties)
    {
        if (id.SequenceEqual((byte[])[3, 1, 1]) && properties.Length >= 5) Dictionary = Math.Max(Dictionary, Le.U32(properties, 1));
        else if (id.SequenceEqual((byte[])[0x21]) && properties.Length >= 1) Dictionary = Math.Max(Dictionary, properties[0] >= 40 ? uint.MaxValue : (2L | (uint)(properties[0] & 1)) << ((properties[0] / 2) + 11));
        else if (id.SequenceEqual((byte[])[3, 4, 1]) && properties.Length >= 5) Dictionary = Math.Max(Dictionary, Le.U32(properties, 1));
        else if (id.SequenceEqual((byte[])[6, 0xF1, 7, 1]) && properties.Length >= 1) Cycles = Math.Max(Cycles, properties[0] & 0x3F);
    }

    /// <summary>A header that is compressed by LZMA alone, which is how 7-Zip writes it.</summary>
    private sealed record Packed(long Offset, long Length, byte[] Properties)
    {
        public long Unpacked { get; init; }

        public byte[]? Decode(ArchiveReading reading)
        {
            if (Unpacked < 0 || Unpacked > reading.Limits.DirectoryBytes || Length < 0 || Offset < 0 || Offset > reading.Bytes.Length - Length) throw new InvalidDataException("7z: a packed header of an impossible length");
            if (Le.U32(Properties, 1) > reading.Limits.DictionaryBytes) return null;
            try
            {
                using Stream decoder = LzmaStream.Create(Properties, reading.Bytes.OpenRead(Offset, Length), Length, Unpacked, leaveOpen: false);
                byte[] header = new byte[Unpacked];
                decoder.ReadExactly(header);
                return header;
            }
            catch (Exception failure) when (LibraryFault.Is(failure))
            {
                throw new InvalidDataException("7z: a packed header that cannot be decoded", failure);
            }
        }
    }

    private sealed class Cursor(byte[] bytes)
    {
        private int _at;

        public int Byte() => _at < bytes.Length ? bytes[_at++] : throw new InvalidDataException("7z: ends inside the header");

        public byte[] Bytes(long count)
        {
            if (count > bytes.Length - _at) throw new InvalidDataException("7z: ends inside the header");
            byte[] taken = bytes[_at..(_at + (int)count)];
            _at += (int)count;
            return taken;
        }

        public long Count(int max)
        {
            long count = Number();
            return count >= 0 && count <= max ? count : throw new InvalidDataException("7z: more of something than can be");
        }

        // As many leading ones in the first byte as bytes follow, little-endian; the rest of it is the top.
        public long Number()
        {
            int first = Byte();
            ulong value = 0;
            int mask = 0x80;
            for (int index = 0; index < 8; index++, mask >>= 1)
            {
                if ((first & mask) == 0) return (long)(value | ((ulong)(first & (mask - 1)) << (8 * index)));
                value |= (ulong)Byte() << (8 * index);
            }

            return (long)value;
        }

        public void Digests(long count)
        {
            long defined = count;
            if (Byte() == 0)
            {
                byte[] bits = Bytes((count + 7) / 8);
                defined = 0;
                for (long at = 0; at < count; at++)
                {
                    if ((bits[at / 8] & (0x80 >> (int)(at % 8))) != 0) defined++;
                }
            }

            Bytes(defined * 4);
        }

        // Nothing in it costs anything, and nothing that does follows.
        public void SubStreams() => _at = bytes.Length - 1;
    }
}
