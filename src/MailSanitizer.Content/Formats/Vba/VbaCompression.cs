using System.Buffers.Binary;

namespace MailSanitizer.Content.Formats.Vba;

/// <summary>The compression of VBA streams (MS-OVBA 2.4.1): chunks of at most 4096 bytes, each with back references into itself only.</summary>
public static class VbaCompression
{
    private const int Chunk = 4096;

    /// <summary>
    /// Decompresses a container. False when it does not begin as one or breaks off; <paramref name="text"/> is what could be read until then.
    /// <paramref name="most"/>: bytes out at most; the rest is left out and the result is false.
    /// </summary>
    public static bool TryDecompress(ReadOnlySpan<byte> container, int most, out byte[] text)
    {
        using MemoryStream written = new();
        bool whole = container.Length > 0 && container[0] == 1;
        int at = 1;
        byte[] chunk = new byte[Chunk];
        while (whole && at + 2 <= container.Length)
        {
            int header = BinaryPrimitives.ReadUInt16LittleEndian(container[at..]);
            int size = (header & 0x0FFF) + 3;
            if ((header & 0x7000) != 0x3000)
            {
                whole = false;
                break;
            }

            int end = Math.Min(at + size, container.Length);
            int got = (header & 0x8000) == 0 ? Raw(container[(at + 2)..end], chunk) : Tokens(container[(at + 2)..end], chunk);
            if (got < 0) whole = false;
            got = Math.Abs(got);
            if (written.Length + got > most)
            {
                whole = false;
                break;
            }

            written.Write(chunk, 0, got);
            at = end;
        }

        text = written.ToArray();
        return whole;
    }

    private static int Raw(ReadOnlySpan<byte> data, byte[] chunk)
    {
        int count = Math.Min(data.Length, Chunk);
        data[..count].CopyTo(chunk);
        return count;
    }

    // Negative: broken behind that many bytes.
    private static int Tokens(ReadOnlySpan<byte> data, byte[] chunk)
    {
        int at = 0, length = 0;
        while (at < data.Length)
        {
            int flags = data[at++];
            for (int bit = 0; bit < 8 && at < data.Length; bit++)
            {
                if ((flags & (1 << bit)) == 0)
                {
                    if (length >= Chunk) return -length;
                    chunk[length++] = data[at++];
                    continue;
                }

                if (at + 2 > data.Length || length == 0) return -length;
                int token = BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);
                at += 2;

                // MS-OVBA 2.4.1.3.19.1: the longer the chunk so far, the more bits the offset has.
                int bits = Math.Max(4, System.Numerics.BitOperations.Log2((uint)(length - 1)) + 1);
                if (length == 1) bits = 4;
                int count = (token & (0xFFFF >> bits)) + 3;
                int offset = (token >> (16 - bits)) + 1;
                if (offset > length || length + count > Chunk) return -length;
                for (int i = 0; i < count; i++, length++) chunk[length] = chunk[length - offset];
            }
        }

        return length;
    }
}
