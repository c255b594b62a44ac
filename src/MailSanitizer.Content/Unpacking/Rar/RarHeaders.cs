namespace MailSanitizer.Content.Unpacking.Rar;

/// <summary>What a RAR archive will cost, read from its headers (RAR 5.0 archive format; unrar's technote for older ones) before the library sees it.</summary>
internal sealed class RarHeaders
{
    private const int MaxBlocks = 200_000;

    /// <summary>True for RAR 5.</summary>
    public bool IsFive { get; private set; }

    /// <summary>The largest dictionary (bytes).</summary>
    public long Dictionary { get; private set; }

    /// <summary>The largest power of two of key derivation rounds.</summary>
    public int KdfPower { get; private set; }

    /// <summary>True when a lock has no check value, so that no password could be proven.</summary>
    public bool LockWithoutCheck { get; private set; }

    /// <summary>True when members have a BLAKE2 hash instead of a CRC.</summary>
    public bool HasOtherHash { get; private set; }

    /// <summary>Offset behind the end block; null when none was seen (locked headers, old archives).</summary>
    public long? End { get; private set; }

    /// <summary>Reads the headers as far as they are open. Broken ones are the library's to stumble over.</summary>
    public static RarHeaders Read(ArchiveReading reading)
    {
        RarHeaders found = new();
        byte[] magic = reading.Take(0, 8) ?? throw new InvalidDataException("rar: ends inside the mark");
        if (!magic.AsSpan(0, 6).SequenceEqual("Rar!\x1A\x07"u8)) throw new InvalidDataException("not a rar archive");
        found.IsFive = magic[6] == 1 && magic[7] == 0;
        if (found.IsFive) found.ReadFive(reading);
        else found.ReadFour(reading);
        return found;
    }

    private void ReadFour(ArchiveReading reading)
    {
        Dictionary = 4 * 1024 * 1024;
        long at = 7;
        for (int block = 0; block < MaxBlocks && reading.Take(at, 7) is { } head; block++)
        {
            int type = head[2];
            int flags = Le.U16(head, 3);
            long length = Le.U16(head, 5);
            if (length < 7 || (type == 0x73 && (flags & 0x80) != 0)) return;
            if (type == 0x7B)
            {
                End = at + length;
                return;
            }

            long data = 0;
            if ((flags & 0x8000) != 0 || type is 0x74 or 0x7A) data = Le.U32(reading.Take(at + 7, 4) ?? [], 0);
            if (type is 0x74 or 0x7A && (flags & 0x100) != 0) data += (long)Le.U32(reading.Take(at + 32, 4) ?? [], 0) << 32;
            at += length + data;
        }
    }

    private void ReadFive(ArchiveReading reading)
    {
        long at = 8;
        for (int block = 0; block < MaxBlocks && at < reading.Bytes.Length; block++)
        {
            Cursor cursor = new(reading, at + 4);
            long size = cursor.Number();
            long start = cursor.At;
            if (size is <= 0 or > 2 * 1024 * 1024) return;
            long type = cursor.Number();
            long flags = cursor.Number();
            long extra = (flags & 1) != 0 ? cursor.Number() : 0;
            long data = (flags & 2) != 0 ? cursor.Number() : 0;
            if (data < 0 || extra < 0 || extra > size) return;
            if (type == 4)
            {
                cursor.Number();
                LockWithoutCheck |= (cursor.Number() & 1) == 0;
                KdfPower = Math.Max(KdfPower, (int)cursor.Number());
                return;
            }

            if (type is 2 or 3) File(cursor, new Cursor(reading, start + size - extra), start + size);
            at = start + size + data;
            if (at < start) return;
            if (type != 5) continue;
            End = at;
            return;
        }
    }

    private void File(Cursor cursor, Cursor extra, long end)
    {
        long flags = cursor.Number();
        cursor.Number();
        cursor.Number();
        if ((flags & 2) != 0) cursor.Skip(4);
        if ((flags & 4) != 0) cursor.Skip(4);
        long compression = cursor.Number();

        // Bits 10 to 14: 128 KB shifted; RAR 7 (version 1) has a fraction in bits 15 to 19.
        long size = 128L * 1024 << (int)((compression >> 10) & 31);
        if ((compression & 63) == 1) size += size / 32 * ((compression >> 15) & 31);
        if (((compression >> 7) & 7) != 0) Dictionary = Math.Max(Dictionary, size);
        while (extra.At < end)
        {
            long length = extra.Number();
            long next = extra.At + length;
            if (length <= 0 || next > end) return;
            long kind = extra.Number();
            if (kind == 2) HasOtherHash = true;
            if (kind == 1)
            {
                extra.Number();
                LockWithoutCheck |= (extra.Number() & 1) == 0;
                KdfPower = Math.Max(KdfPower, (int)Math.Min(extra.Number(), 255));
            }

            extra = extra.To(next);
        }
    }

    private sealed class Cursor(ArchiveReading reading, long at)
    {
        public long At { get; private set; } = at;

        public Cursor To(long place) => new(reading, place);

        public void Skip(int count) => At += count;

        public long Number()
        {
            long value = 0;
            Span<byte> one = stackalloc byte[1];
            for (int shift = 0; shift < 63; shift += 7)
            {
                if (reading.Bytes.Read(At++, one) == 0) return -1;
                value |= (long)(one[0] & 0x7F) << shift;
                if ((one[0] & 0x80) == 0) return value;
            }

            return -1;
        }
    }
}
