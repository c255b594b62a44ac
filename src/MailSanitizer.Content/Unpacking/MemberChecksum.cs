using System.Buffers.Binary;
using System.IO.Hashing;

namespace MailSanitizer.Content.Unpacking;

/// <summary>A checksum that an archive declares for a member, followed while the member is read.</summary>
public abstract class MemberChecksum
{
    /// <summary>Takes the next bytes.</summary>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>True when what was read has the declared value.</summary>
    public abstract bool Matches { get; }

    /// <summary>CRC-32 as ZIP, 7z, RAR, ARJ, gzip and yEnc have it.</summary>
    public static MemberChecksum Crc32(uint declared) => new Crc32Checksum(declared);

    /// <summary>CRC-16 with polynomial 0x8005, reflected (LZH).</summary>
    public static MemberChecksum Crc16(ushort declared) => new Crc16Checksum(declared);

    /// <summary>The sum of all bytes (cpio 070702).</summary>
    public static MemberChecksum Sum32(uint declared) => new SumChecksum(declared);

    private sealed class Crc32Checksum(uint declared) : MemberChecksum
    {
        private readonly Crc32 _crc = new();

        public override bool Matches => _crc.GetCurrentHashAsUInt32() == declared;

        public override void Append(ReadOnlySpan<byte> bytes) => _crc.Append(bytes);
    }

    private sealed class Crc16Checksum(ushort declared) : MemberChecksum
    {
        private ushort _crc;

        public override bool Matches => _crc == declared;

        public override void Append(ReadOnlySpan<byte> bytes) => _crc = Crc16Arc.Append(_crc, bytes);
    }

    private sealed class SumChecksum(uint declared) : MemberChecksum
    {
        private uint _sum;

        public override bool Matches => _sum == declared;

        public override void Append(ReadOnlySpan<byte> bytes)
        {
            uint sum = _sum;
            foreach (byte value in bytes) sum += value;
            _sum = sum;
        }
    }
}

/// <summary>CRC-16 with polynomial 0x8005, reflected, start 0 ("ARC"; LHA header notes).</summary>
public static class Crc16Arc
{
    private static readonly ushort[] Table = Make();

    /// <summary>Continues a sum over more bytes.</summary>
    public static ushort Append(ushort crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes) crc = (ushort)((crc >> 8) ^ Table[(byte)(crc ^ value)]);
        return crc;
    }

    private static ushort[] Make()
    {
        ushort[] table = new ushort[256];
        for (int index = 0; index < 256; index++)
        {
            int value = index;
            for (int bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? (value >> 1) ^ 0xA001 : value >> 1;
            table[index] = (ushort)value;
        }

        return table;
    }
}

/// <summary>CRC-16/XMODEM (polynomial 0x1021, start 0), as BinHex 4 has it over data followed by nothing.</summary>
public static class Crc16Xmodem
{
    /// <summary>Continues a sum over more bytes.</summary>
    public static ushort Append(ushort crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            crc ^= (ushort)(value << 8);
            for (int bit = 0; bit < 8; bit++) crc = (ushort)((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
        }

        return crc;
    }
}

/// <summary>Little- and big-endian numbers out of a span; 0 where the span is too short, so that a truncated header is judged by its length alone.</summary>
internal static class Le
{
    public static ushort U16(ReadOnlySpan<byte> bytes, int at) => at >= 0 && at + 2 <= bytes.Length ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]) : (ushort)0;

    public static uint U32(ReadOnlySpan<byte> bytes, int at) => at >= 0 && at + 4 <= bytes.Length ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) : 0;

    public static ulong U64(ReadOnlySpan<byte> bytes, int at) => at >= 0 && at + 8 <= bytes.Length ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]) : 0;
}
