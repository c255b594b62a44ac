using System.Text;

namespace MailSanitizer.Content.Unpacking.Tnef;

/// <summary>One MAPI property of a TNEF stream, with the place of its value.</summary>
/// <param name="Id">Property id; 0x8000 and above for named ones.</param>
/// <param name="Type">Property type without the multi-value flag.</param>
/// <param name="NameSet">Set of a named property.</param>
/// <param name="NameId">Number of a named property.</param>
/// <param name="Offset">Where the value begins.</param>
/// <param name="Length">Its length (bytes).</param>
internal readonly record struct TnefProperty(ushort Id, ushort Type, Guid NameSet, uint NameId, long Offset, long Length);

/// <summary>Reads the properties of a TNEF attribute ([MS-OXTNEF] 2.1.3.4).</summary>
internal static class TnefProperties
{
    private const int MaxProperties = 10_000;

    /// <summary>The properties between two offsets, every value of multi-valued ones.</summary>
    public static IEnumerable<TnefProperty> Read(ArchiveReading reading, long at, long end)
    {
        uint count = U32(reading, ref at, end);
        if (count > MaxProperties) throw new InvalidDataException("more properties than can be");
        for (uint number = 0; number < count; number++)
        {
            uint tag = U32(reading, ref at, end);
            ushort type = (ushort)tag;
            ushort id = (ushort)(tag >> 16);
            (Guid set, uint name) = id >= 0x8000 ? Name(reading, ref at, end) : default;
            bool many = (type & 0x1000) != 0;
            type &= 0xEFFF;
            int width = Width(type);
            uint values = many || width == 0 ? U32(reading, ref at, end) : 1;
            if (values > MaxProperties) throw new InvalidDataException("more values than can be");
            for (uint value = 0; value < values; value++)
            {
                long length = width > 0 ? width : U32(reading, ref at, end);
                if (length > end - at) throw new InvalidDataException("a value beyond its attribute");
                yield return new TnefProperty(id, type, set, name, at, length);
                at += (length + 3) / 4 * 4;
            }
        }
    }

    /// <summary>A text value.</summary>
    public static string Text(ArchiveReading reading, TnefProperty property, int max = 4096)
    {
        byte[] raw = reading.Take(property.Offset, (int)Math.Min(property.Length, max)) ?? [];
        return (property.Type == 0x1F ? Encoding.Unicode.GetString(raw) : ArchiveNames.Decode("", raw).Text).TrimEnd('\0');
    }

    /// <summary>A number.</summary>
    public static int Number(ArchiveReading reading, TnefProperty property) => (int)Le.U32(reading.Take(property.Offset, 4) ?? [], 0);

    // Bytes of a fixed type, padded to four; 0 for those that state their length.
    private static int Width(ushort type) => type switch
    {
        0x02 or 0x03 or 0x04 or 0x0A or 0x0B => 4,
        0x05 or 0x06 or 0x07 or 0x14 or 0x40 => 8,
        0x48 => 16,
        0x0D or 0x1E or 0x1F or 0x102 => 0,
        0x00 or 0x01 => 4,
        _ => throw new InvalidDataException($"a property of unknown type {type:x}"),
    };

    private static (Guid Set, uint Id) Name(ArchiveReading reading, ref long at, long end)
    {
        byte[] set = reading.Take(at, 16) ?? throw new InvalidDataException("ends inside a property");
        at += 16;
        uint kind = U32(reading, ref at, end);
        uint value = U32(reading, ref at, end);
        if (kind == 0) return (new Guid(set), value);
        if (value > end - at) throw new InvalidDataException("a name beyond its attribute");
        at += (value + 3L) / 4 * 4;
        return (new Guid(set), 0);
    }

    private static uint U32(ArchiveReading reading, ref long at, long end)
    {
        byte[]? raw = at > end - 4 ? null : reading.Take(at, 4);
        if (raw is null) throw new InvalidDataException("ends inside a property");
        at += 4;
        return Le.U32(raw, 0);
    }
}
