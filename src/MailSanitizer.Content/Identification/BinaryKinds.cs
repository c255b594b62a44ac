using System.Buffers.Binary;

namespace MailSanitizer.Content.Identification;

/// <summary>Formats that need more than bytes at fixed places, and the checks that keep short signatures from fitting by chance.</summary>
internal static class BinaryKinds
{
    /// <summary>The check of a format whose signature fits.</summary>
    public static bool Holds(string id, ReadOnlySpan<byte> head, long length) => id switch
    {
        "jpeg" => head.Length > 4 && head[3] is >= 0xC0 and not 0xFF,
        "jxl" => head[0] != 0xFF || length > 12,
        "gz" => head.Length >= 10 && (head[3] & 0xE0) == 0,
        "z" => head.Length > 3 && (head[2] & 0x60) == 0 && (head[1] == 0xA0 || (head[2] & 0x1F) is >= 9 and <= 16),
        "bz2" => head[3] is >= (byte)'1' and <= (byte)'9',
        "java-class" => head.Length >= 8 && BinaryPrimitives.ReadUInt16BigEndian(head[6..]) is >= 45 and < 120,
        "swf" => head.Length >= 8 && head[3] is > 0 and < 60,
        "wmf" => head[0] != 1 || (head.Length >= 18 && BinaryPrimitives.ReadUInt16LittleEndian(head[16..]) == 0),
        "lnk" => head.Length >= 20,
        "jse" => head.Length >= 12 && head[10..].StartsWith("=="u8),
        "ttf" => head.Length >= 12 && BinaryPrimitives.ReadUInt16BigEndian(head[4..]) is > 0 and < 64,
        "mdb" or "accdb" => length >= 1024,
        "icc" => length >= 128 && BinaryPrimitives.ReadUInt32BigEndian(head) <= length,
        "fat-image" => head[0] is 0xEB or 0xE9,
        "ext-image" => length >= 64 * 1024 && BinaryPrimitives.ReadUInt32LittleEndian(head[1024..]) > 0,
        "pyc" => head[0] is not (0 or (byte)'\r' or (byte)'\n'),
        "prefetch" => head[0] is 17 or 23 or 26 or 30 or 31 || head[0] == (byte)'M',
        "zst" or "lz4" => length > 8,
        "hlp" => BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) is var free && (free == uint.MaxValue || free < length),
        _ => true,
    };

    /// <summary>Formats told by structure.</summary>
    public static string? Match(ReadOnlySpan<byte> head, PartBytes bytes)
    {
        if (head.StartsWith("MZ"u8) || head.StartsWith("ZM"u8)) return Executable(head, bytes);
        if (head.StartsWith("RIFF"u8) && head.Length >= 12) return Riff(head[8..12]);
        if (head.StartsWith("RIFX"u8) && head.Length >= 12) return "wav";
        if (head.StartsWith("BM"u8) && head.Length >= 26 && BinaryPrimitives.ReadUInt32LittleEndian(head[14..]) is 12 or 16 or 40 or 52 or 56 or 64 or 108 or 124) return "bmp";
        if (head.Length >= 12 && head[4..].StartsWith("ftyp"u8)) return IsoMedia(head[8..12]);
        if (head.Length >= 12 && (head[4..].StartsWith("moov"u8) || head[4..].StartsWith("mdat"u8)) && BinaryPrimitives.ReadUInt32BigEndian(head) is 1 or >= 8) return "mov";
        if (head.StartsWith("!<arch>\n"u8)) return head.Length >= 21 && head[8..].StartsWith("debian-binary"u8) ? "deb" : "ar";
        if (IsIcon(head)) return "ico";
        if (IsLzh(head)) return "lzh";
        if (IsTar(head)) return "tar";
        if (IsArj(head)) return "arj";
        if (head.StartsWith<byte>([0xCA, 0xFE, 0xBA, 0xBE]) && head.Length >= 8 && BinaryPrimitives.ReadUInt32BigEndian(head[4..]) is > 0 and < 45) return "macho";
        if (head.Length >= 8 && head[0] == 0x0A && head[1] <= 5 && head[2] == 1 && head[3] is 1 or 2 or 4 or 8 && head.Length > 128) return "pcx";
        if (IsMp3(head)) return "mp3";
        if (IsAac(head)) return "aac";
        if (head.StartsWith<byte>([0, 0, 1, 0xBA]) || head.StartsWith<byte>([0, 0, 1, 0xB3])) return "mpeg";
        if (head.Length > 188 * 3 && head[0] == 0x47 && head[188] == 0x47 && head[376] == 0x47) return "mpegts";
        if (head.Length > 196 * 3 && head[4] == 0x47 && head[196] == 0x47 && head[388] == 0x47) return "mpegts";
        if (IsBiff(head)) return "biff";
        if (IsMacBinary(head, bytes.Length)) return "macbinary";
        if (IsTga(bytes)) return "tga";
        if (head.Length >= 13 && head[0] == 0x5D && head[1] == 0 && head[2] == 0 && head[4] <= 8 && (head[12] is 0 or 0xFF) && bytes.Length > 18) return "lzma";
        if (head.Length > 84 && bytes.Length == 84 + (50L * BinaryPrimitives.ReadUInt32LittleEndian(head[80..])) && bytes.Length > 84) return "stl";
        if (IsDbf(head, bytes.Length)) return "dbf";
        if (IsPickle(head, bytes)) return "pickle";
        return DiskImage(bytes);
    }

    private static string Executable(ReadOnlySpan<byte> head, PartBytes bytes)
    {
        if (head.Length < 64) return "exe";
        Span<byte> header = stackalloc byte[96];
        uint at = BinaryPrimitives.ReadUInt32LittleEndian(head[60..]);
        if (bytes.Read(at, header) < 4) return "exe";
        if (header.StartsWith("NE"u8)) return "ne";
        if (!header.StartsWith<byte>([(byte)'P', (byte)'E', 0, 0])) return "exe";
        ushort subsystem = BinaryPrimitives.ReadUInt16LittleEndian(header[92..]);
        if (subsystem is >= 10 and <= 13) return "efi";
        if (subsystem == 1) return "sys";
        return (BinaryPrimitives.ReadUInt16LittleEndian(header[22..]) & 0x2000) != 0 ? Library(bytes) : "exe";
    }

    // Add-ins and control panel items are libraries that export a function of a fixed name; the name stands in clear in the export table.
    private static string Library(PartBytes bytes)
    {
        const int Most = 8 * 1024 * 1024;
        byte[] window = new byte[256 * 1024];
        for (long at = 0; at < Math.Min(bytes.Length, Most); at += window.Length - 16)
        {
            ReadOnlySpan<byte> span = window.AsSpan(0, bytes.Read(at, window));
            if (span.IndexOf("xlAutoOpen\0"u8) >= 0) return "xll";
            if (span.IndexOf("CPlApplet\0"u8) >= 0) return "cpl";
            if (span.Length < window.Length) break;
        }

        return "dll";
    }

    /// <summary>What a cabinet is for: told by the names of its members, which stand uncompressed in its head.</summary>
    public static string Cabinet(ReadOnlySpan<byte> head) =>
        head.IndexOf(".diagpkg\0"u8) >= 0 ? "diagcab" : head.IndexOf(".theme\0"u8) >= 0 ? "themepack" : head.IndexOf("manifest.xsf\0"u8) >= 0 ? "infopath" : "cab";

    /// <summary>What a xar archive is for: an installer has a list of what it installs, which its compressed table of contents names.</summary>
    public static string Xar(ReadOnlySpan<byte> head)
    {
        const int MostContents = 256 * 1024;
        if (head.Length < 28) return "xar";
        int header = BinaryPrimitives.ReadUInt16BigEndian(head[4..]);
        if (header < 28 || header >= head.Length) return "xar";
        using MemoryStream packed = new(head[header..].ToArray());
        using System.IO.Compression.ZLibStream inflated = new(packed, System.IO.Compression.CompressionMode.Decompress);
        byte[] contents = new byte[MostContents];
        int length = 0;
        try
        {
            for (int got; length < contents.Length && (got = inflated.Read(contents, length, contents.Length - length)) > 0;) length += got;
        }
        catch (InvalidDataException)
        {
            // A table that breaks off is judged by what came before.
        }

        ReadOnlySpan<byte> table = contents.AsSpan(0, length);
        return table.IndexOf(">PackageInfo<"u8) >= 0 || table.IndexOf(">Distribution<"u8) >= 0 ? "pkg" : "xar";
    }

    private static string Riff(ReadOnlySpan<byte> kind) =>
        kind.SequenceEqual("WAVE"u8) ? "wav" : kind.SequenceEqual("AVI "u8) ? "avi" : kind.SequenceEqual("WEBP"u8) ? "webp" : kind.SequenceEqual("RMID"u8) ? "midi" : "riff";

    private static string IsoMedia(ReadOnlySpan<byte> brand)
    {
        string text = System.Text.Encoding.Latin1.GetString(brand);
        return text switch
        {
            "heic" or "heix" or "hevc" or "hevx" or "heim" or "heis" or "mif1" or "msf1" => "heic",
            "avif" or "avis" => "avif",
            "qt  " => "mov",
            "M4A " or "M4B " or "M4P " => "m4a",
            "crx " => "cr3",
            _ when text.StartsWith("3g", StringComparison.Ordinal) => "3gp",
            "isom" or "iso2" or "iso4" or "iso5" or "iso6" or "mp41" or "mp42" or "avc1" or "dash" or "M4V " or "M4VH" or "M4VP" or "MSNV" or "F4V " or "f4v " or "mp71" or "NDSC" or "XAVC" => "mp4",
            _ => "iso-media",
        };
    }

    private static bool IsIcon(ReadOnlySpan<byte> head) =>
        head.Length >= 22 && head[0] == 0 && head[1] == 0 && head[2] is 1 or 2 && head[3] == 0 && head[4] is > 0 and < 128 && head[5] == 0
        && head[9] == 0 && BinaryPrimitives.ReadUInt32LittleEndian(head[18..]) == 6 + (16u * head[4]);

    private static bool IsLzh(ReadOnlySpan<byte> head) =>
        head.Length >= 22 && head[2] == '-' && head[3] == 'l' && head[4] is (byte)'h' or (byte)'z' or (byte)'Z' && head[6] == '-' && head[20] <= 3
        && head[5] is (>= (byte)'0' and <= (byte)'9') or (byte)'d' or (byte)'s' or (byte)'x' or (byte)'c' or (byte)'e';

    private static bool IsTar(ReadOnlySpan<byte> head)
    {
        if (head.Length < 512 || head[0] == 0) return false;
        long stated = 0;
        int digits = 0;
        foreach (byte c in head.Slice(148, 8))
        {
            if (c is >= (byte)'0' and <= (byte)'7')
            {
                stated = (stated * 8) + (c - '0');
                digits++;
            }
            else if (digits > 0)
            {
                break;
            }
        }

        if (digits == 0) return false;
        long sum = 8 * ' ';
        for (int i = 0; i < 512; i++) sum += i is >= 148 and < 156 ? 0 : head[i];
        return sum == stated;
    }

    private static bool IsArj(ReadOnlySpan<byte> head) =>
        head.Length >= 34 && head[0] == 0x60 && head[1] == 0xEA && BinaryPrimitives.ReadUInt16LittleEndian(head[2..]) is >= 30 and <= 2600 && head[10] == 2;

    private static bool IsMp3(ReadOnlySpan<byte> head)
    {
        if (head.Length >= 10 && head.StartsWith("ID3"u8) && head[3] is >= 2 and <= 4 && (head[6] | head[7] | head[8] | head[9]) < 128) return true;
        int first = Frame(head);
        return first > 0 && head.Length > first + 4 && Frame(head[first..]) > 0;

        static int Frame(ReadOnlySpan<byte> at)
        {
            if (at.Length < 4 || at[0] != 0xFF || (at[1] & 0xE0) != 0xE0) return 0;
            int version = (at[1] >> 3) & 3, layer = (at[1] >> 1) & 3, rate = at[2] >> 4, sampling = (at[2] >> 2) & 3;
            if (version == 1 || layer != 1 || rate is 0 or 15 || sampling == 3) return 0;
            ReadOnlySpan<int> rates1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
            ReadOnlySpan<int> rates2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
            ReadOnlySpan<int> samplings = [44_100, 48_000, 32_000];
            int frequency = samplings[sampling] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
            return ((version == 3 ? 144_000 * rates1[rate] : 72_000 * rates2[rate]) / frequency) + ((at[2] >> 1) & 1);
        }
    }

    private static bool IsAac(ReadOnlySpan<byte> head)
    {
        int first = Frame(head);
        return first >= 7 && head.Length > first + 7 && Frame(head[first..]) >= 7;

        static int Frame(ReadOnlySpan<byte> at) => at.Length >= 7 && at[0] == 0xFF && (at[1] & 0xF6) == 0xF0 ? ((at[3] & 3) << 11) | (at[4] << 3) | (at[5] >> 5) : 0;
    }

    // Excel 2 to 4 wrote the bare stream: a BOF record of the version's own number.
    private static bool IsBiff(ReadOnlySpan<byte> head) =>
        head.Length >= 8 && head[0] == 9 && head[1] is 0 or 2 or 4 or 8 && head[2] is 4 or 6 or 8 or 16 && head[3] == 0 && BinaryPrimitives.ReadUInt16LittleEndian(head[6..]) is 0x0005 or 0x0010 or 0x0020 or 0x0040 or 0x0100;

    private static bool IsMacBinary(ReadOnlySpan<byte> head, long length)
    {
        if (head.Length < 128 || head[0] != 0 || head[1] is 0 or > 63 || head[74] != 0 || head[82] != 0) return false;
        foreach (byte c in head.Slice(2, head[1]))
        {
            if (c is < 32 or 127) return false;
        }

        long data = BinaryPrimitives.ReadUInt32BigEndian(head[83..]), resource = BinaryPrimitives.ReadUInt32BigEndian(head[87..]);
        return data + resource > 0 && length >= 128 + ((data + 127) / 128 * 128) + resource && head[122] is 129 or 130 or 0 && length <= 128 + data + resource + 1024;
    }

    private static bool IsTga(PartBytes bytes)
    {
        Span<byte> tail = stackalloc byte[18];
        return bytes.Length > 44 && bytes.Read(bytes.Length - 18, tail) == 18 && tail.SequenceEqual("TRUEVISION-XFILE.\0"u8);
    }

    private static bool IsDbf(ReadOnlySpan<byte> head, long length)
    {
        if (head.Length < 65 || head[0] is not (0x03 or 0x30 or 0x31 or 0x83 or 0x8B or 0xF5) || head[2] is 0 or > 12 || head[3] is 0 or > 31) return false;
        int header = BinaryPrimitives.ReadUInt16LittleEndian(head[8..]), record = BinaryPrimitives.ReadUInt16LittleEndian(head[10..]);
        long rows = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        return header >= 65 && record > 0 && Math.Abs(header + (rows * record) - length) <= 2;
    }

    private static bool IsPickle(ReadOnlySpan<byte> head, PartBytes bytes)
    {
        Span<byte> last = stackalloc byte[1];
        return head.Length > 4 && head[0] == 0x80 && head[1] is >= 2 and <= 5 && bytes.Read(bytes.Length - 1, last) == 1 && last[0] == (byte)'.';
    }

    private static string? DiskImage(PartBytes bytes)
    {
        Span<byte> sector = stackalloc byte[6];
        if (bytes.Length > 32_774 && bytes.Read(32_768, sector) == 6)
        {
            if (sector[1..].SequenceEqual("CD001"u8)) return "iso";
            if (sector[1..].SequenceEqual("BEA01"u8)) return "udf";
        }

        Span<byte> tail = stackalloc byte[4];
        if (bytes.Length >= 1024 && bytes.Read(bytes.Length - 512, tail) == 4)
        {
            if (tail.SequenceEqual("koly"u8)) return "dmg";
            if (tail.SequenceEqual("cone"u8)) return "vhd";
        }

        if (IsPartitioned(bytes)) return "bin-image";
        if (bytes.Length > 32 && bytes.Read(bytes.Length - 12, tail) == 4 && tail.SequenceEqual("NER5"u8)) return "nrg";
        return null;
    }

    // A master boot record with at least one partition that makes sense: what dd copies from a disk, or a GPT's protective one.
    private static bool IsPartitioned(PartBytes bytes)
    {
        Span<byte> sector = stackalloc byte[512];
        if (bytes.Length < 64 * 1024 || bytes.Length % 512 != 0 || bytes.Read(0, sector) < 512 || sector[510] != 0x55 || sector[511] != 0xAA) return false;
        int used = 0;
        for (int at = 446; at < 510; at += 16)
        {
            ReadOnlySpan<byte> entry = sector.Slice(at, 16);
            if (entry[0] is not (0 or 0x80)) return false;
            uint start = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), sectors = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
            if (entry[4] == 0 ? start != 0 || sectors != 0 : start == 0 || sectors == 0) return false;
            if (entry[4] != 0) used++;
        }

        return used > 0;
    }
}
