using System.Globalization;
using System.Text;

namespace MailSanitizer.Content.Unpacking.Cpio;

/// <summary>cpio: newc (070701), newc with sums (070702), odc (070707) and the old binary kind in both byte orders.</summary>
public sealed class CpioHandler : ArchiveHandler
{
    private const int MaxName = 64 * 1024;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["cpio"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        long at = 0;
        while (true)
        {
            Header header = Read(reading, at);
            long end = header.Content + header.Size;
            if (header.Name is [(byte)'T', (byte)'R', (byte)'A', (byte)'I', (byte)'L', (byte)'E', (byte)'R', (byte)'!', (byte)'!', (byte)'!'])
            {
                if (Extra.Find(reading.Bytes, end) is { } extra) reading.Report(ArchiveFindings.ExtraBytes, $"offset {extra}", "data behind the end of the archive");
                yield break;
            }

            if (end > reading.Bytes.Length) reading.Report(ArchiveFindings.DamagedArchive, ArchiveNames.Decode("member", header.Name).Text, $"says {header.Size} bytes, {Math.Max(0, reading.Bytes.Length - header.Content)} are left");
            yield return Describe(header, reading);
            at = (end + header.Align - 1) / header.Align * header.Align;
        }
    }

    private static ArchiveMember Describe(Header header, ArchiveReading reading)
    {
        MemberKind kind = (header.Mode & 0xF000) switch
        {
            0x4000 => MemberKind.Folder,
            0x8000 or 0 => MemberKind.File,
            _ => MemberKind.Link,
        };
        string? target = null;
        bool symbolic = (header.Mode & 0xF000) == 0xA000;
        if (symbolic && header.Size is > 0 and < 4096 && reading.Take(header.Content, (int)header.Size) is { } link) target = ArchiveNames.Decode("link", link).Text;
        return new ArchiveMember(new ChildDescription(ArchiveNames.Decode("member", header.Name)) { PackedSize = header.Size })
        {
            Kind = kind,
            Open = kind == MemberKind.File ? () => reading.Bytes.OpenRead(header.Content, header.Size) : null,
            Size = header.Size,
            Checksum = header.Sum is { } sum ? MemberChecksum.Sum32(sum) : null,
            Modified = header.Modified is > 0 and < uint.MaxValue ? DateTimeOffset.FromUnixTimeSeconds(header.Modified).UtcDateTime : null,
            UnixMode = header.Mode & 0xFFF,
            LinkFinding = symbolic ? UnpackingFindings.SymbolicLink : UnpackingFindings.SpecialFile,
            LinkTarget = target,
        };
    }

    private static Header Read(ArchiveReading reading, long at)
    {
        byte[] magic = Need(reading, at, 6);
        return magic switch
        {
            [(byte)'0', (byte)'7', (byte)'0', (byte)'7', (byte)'0', (byte)'1'] => ReadNew(reading, at, sums: false),
            [(byte)'0', (byte)'7', (byte)'0', (byte)'7', (byte)'0', (byte)'2'] => ReadNew(reading, at, sums: true),
            [(byte)'0', (byte)'7', (byte)'0', (byte)'7', (byte)'0', (byte)'7'] => ReadOdc(reading, at),
            [0xC7, 0x71, ..] => ReadBinary(reading, at, swapped: false),
            [0x71, 0xC7, ..] => ReadBinary(reading, at, swapped: true),
            _ => throw new InvalidDataException($"no header at offset {at}"),
        };
    }

    private static Header ReadNew(ArchiveReading reading, long at, bool sums)
    {
        byte[] raw = Need(reading, at, 110);
        long nameLength = Hex(raw, 94);
        byte[] name = Name(reading, at + 110, nameLength);
        long content = (at + 110 + nameLength + 3) / 4 * 4;
        int mode = (int)Hex(raw, 14);
        return new Header(name, mode, Hex(raw, 46), Hex(raw, 54), content, 4, sums && (mode & 0xF000) == 0x8000 ? (uint)Hex(raw, 102) : null);
    }

    private static Header ReadOdc(ArchiveReading reading, long at)
    {
        byte[] raw = Need(reading, at, 76);
        long nameLength = Octal(raw, 59, 6);
        return new Header(Name(reading, at + 76, nameLength), (int)Octal(raw, 18, 6), Octal(raw, 48, 11), Octal(raw, 65, 11), at + 76 + nameLength, 1, null);
    }

    private static Header ReadBinary(ArchiveReading reading, long at, bool swapped)
    {
        byte[] raw = Need(reading, at, 26);
        int Short(int index) => swapped ? (raw[index] << 8) | raw[index + 1] : Le.U16(raw, index);

        // Long values stand with their upper half first, whatever the byte order.
        long Long(int index) => ((long)Short(index) << 16) | (uint)Short(index + 2);
        int nameLength = Short(20);
        return new Header(Name(reading, at + 26, nameLength), Short(6), Long(16), Long(22), at + 26 + ((nameLength + 1) / 2 * 2), 2, null);
    }

    private static byte[] Name(ArchiveReading reading, long at, long length)
    {
        if (length is < 1 or > MaxName) throw new InvalidDataException("a name of an impossible length");
        byte[] raw = Need(reading, at, (int)length);
        int end = Array.IndexOf(raw, (byte)0);
        return end < 0 ? raw : raw[..end];
    }

    private static byte[] Need(ArchiveReading reading, long at, int length) => reading.Take(at, length) ?? throw new InvalidDataException("ends inside a header");

    private static long Hex(byte[] raw, int at) =>
        uint.TryParse(Encoding.ASCII.GetString(raw, at, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) ? value : throw new InvalidDataException("a number that is none");

    private static long Octal(byte[] raw, int at, int length)
    {
        long value = 0;
        foreach (byte digit in raw.AsSpan(at, length))
        {
            if (digit is < (byte)'0' or > (byte)'7') throw new InvalidDataException("a number that is none");
            value = (value << 3) | (uint)(digit - '0');
        }

        return value;
    }

    private sealed record Header(byte[] Name, int Mode, long Modified, long Size, long Content, int Align, uint? Sum);
}
