using System.Buffers.Binary;
using System.IO.Compression;
using MailSanitizer.Content.Formats.Opc;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>EMF and WMF inside documents: lists of drawing orders that every office program writes as previews. What they are is told by their first bytes; the one order of WMF that runs code is looked for.</summary>
internal static class Metafiles
{
    private const int Most = 64 * 1024 * 1024;

    /// <summary>True for a metafile that only draws.</summary>
    public static bool IsPassive(OpcPart part, CancellationToken cancellation)
    {
        byte[]? bytes = part.Read(Most, cancellation);
        if (bytes is null) return false;
        if (bytes.Length > 2 && bytes[0] == 0x1F && bytes[1] == 0x8B) bytes = Unpacked(bytes);
        if (bytes is null || bytes.Length < 18) return bytes is { Length: 0 };
        if (bytes.Length >= 44 && bytes[0] == 1 && bytes.AsSpan(40, 4).SequenceEqual(" EMF"u8)) return true;
        int header = BinaryPrimitives.ReadUInt32LittleEndian(bytes) == 0x9AC6CDD7 ? 22 : 0;
        return bytes.Length >= header + 18 && bytes[header] is 1 or 2 && bytes[header + 1] == 0 && bytes[header + 2] == 9 && !HasAbort(bytes, header + 18);
    }

    // META_ESCAPE (MS-WMF 2.3.6) with SETABORTPROC takes a pointer to code: CVE-2005-4560.
    private static bool HasAbort(ReadOnlySpan<byte> bytes, int at)
    {
        while (at + 6 <= bytes.Length)
        {
            long size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            ushort function = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(at + 4)..]);
            if ((function & 0xFF) == 0x26 && at + 8 <= bytes.Length && BinaryPrimitives.ReadUInt16LittleEndian(bytes[(at + 6)..]) == 9) return true;
            if (function == 0 || size < 3 || size > bytes.Length) return false;
            at += (int)size * 2;
        }

        return false;
    }

    private static byte[]? Unpacked(byte[] packed)
    {
        try
        {
            using GZipStream gzip = new(new MemoryStream(packed), CompressionMode.Decompress);
            using MemoryStream all = new();
            byte[] buffer = new byte[16 * 1024];
            for (int got; (got = gzip.Read(buffer)) > 0;)
            {
                if (all.Length + got > Most) return null;
                all.Write(buffer, 0, got);
            }

            return all.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
