using System.Buffers.Binary;
using MailSanitizer.Content.Formats.Opc;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>Binary workbooks (.xlsb, MS-XLSB): names that run, formulas that reach outside, links to other workbooks.</summary>
/// <remarks>A formula that goes becomes its last value: the cell record without the formula is a cell record of its own (2.4.30 and its kin). When one goes in a sheet, all of that sheet go, since they share and refer.</remarks>
internal static class BiffInspection
{
    private const int MostBytes = 128 * 1024 * 1024;

    /// <summary>Looks at one part.</summary>
    public static void Look(OoxmlInspection inspection, OpcPart part, Limits limits, Action<string, string> damage, CancellationToken cancellation)
    {
        if (part.Size > Math.Min(MostBytes, limits.XmlPartBytes)) throw new LimitReachedException(OoxmlFindings.OverLimit);
        if (part.Read(MostBytes, cancellation) is not { } bytes)
        {
            damage(part.Name, "the packed content is broken");
            return;
        }

        BiffPart biff = new(inspection, part, bytes);
        if (!biff.Scan(cancellation)) damage(part.Name, "its records break off");
        else if (biff.Rewritten() is { } rewritten) inspection.Replaced[part] = new MemoryPartBytes(rewritten);
    }

    /// <summary>What a link to another workbook is (BrtBeginSupBook, 2.4.121: 0 workbook, 1 DDE, 2 OLE).</summary>
    public static (FindingKind Kind, string Detail) ExternalLink(OpcPart part, string target, CancellationToken cancellation)
    {
        byte[] bytes = part.Read(1024 * 1024, cancellation) ?? [];
        int at = 0;
        while (BiffRecords.TryRead(bytes, ref at, out BiffRecord record))
        {
            if (record.Type != 360 || record.Length < 2) continue;
            return BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(record.Offset)) switch
            {
                1 => (OfficeFindings.Dde, target),
                2 => (OfficeFindings.LinkedObject, target),
                _ => (OfficeFindings.ExternalLink, target),
            };
        }

        return (OfficeFindings.ExternalLink, target);
    }
}
