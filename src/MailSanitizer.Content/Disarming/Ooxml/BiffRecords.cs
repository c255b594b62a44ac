namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>A record of BIFF12 (MS-XLSB 2.1.4).</summary>
/// <param name="Type">Its number.</param>
/// <param name="Start">Where its header begins.</param>
/// <param name="Offset">Where its data begins.</param>
/// <param name="Length">Bytes of data.</param>
internal readonly record struct BiffRecord(int Type, int Start, int Offset, int Length);

/// <summary>Records of binary workbooks.</summary>
internal static class BiffRecords
{
    /// <summary>A worksheet without a cell: BrtBeginSheet, BrtBeginSheetData, BrtEndSheetData, BrtEndSheet.</summary>
    public static byte[] BlankSheet { get; } = [0x81, 0x01, 0x00, 0x91, 0x01, 0x00, 0x92, 0x01, 0x00, 0x82, 0x01, 0x00];

    /// <summary>Every record; false at the end when the data breaks off.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, out BiffRecord record)
    {
        record = default;
        int start = at;
        if (at >= bytes.Length) return false;
        int type = bytes[at++];
        if ((type & 0x80) != 0)
        {
            if (at >= bytes.Length) return false;
            type = (type & 0x7F) | ((bytes[at++] & 0x7F) << 7);
        }

        int length = 0;
        for (int shift = 0; ; shift += 7)
        {
            if (at >= bytes.Length || shift > 21) return false;
            byte next = bytes[at++];
            length |= (next & 0x7F) << shift;
            if ((next & 0x80) == 0) break;
        }

        if (length > bytes.Length - at) return false;
        record = new BiffRecord(type, start, at, length);
        at += length;
        return true;
    }
}
