using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>The formulas of a workbook, as tokens (MS-XLS 2.2.2): what reaches outside, and what stands in the place of one that goes.</summary>
internal static class WorkbookFormulas
{
    // Functions that reach outside (Ftab): INITIATE, POKE, EXECUTE, TERMINATE, EXEC, FOPEN to FREAD, CALL, REGISTER, UNREGISTER, REGISTER.ID, RTD. RUN is a command and has its bit.
    private static readonly HashSet<int> Functions = [110, 132, 133, 134, 135, 136, 137, 138, 139, 149, 150, 175, 176, 177, 178, 179, 180, 181, 182, 201, 267, 379];

    // 0 in as many parentheses as there is room for: any reader computes it, nothing else is read.
    public static void Constant(Span<byte> tokens, Span<byte> rest, ReadOnlySpan<byte> value = default)
    {
        rest.Clear();
        tokens.Fill(0x15);

        // A cell shows the number that it last had (MS-XLS 2.5.133: anything else than a number ends in FFFF), where there is room for it.
        if (tokens.Length >= 9 && value.Length == 8 && (value[6] & value[7]) != 0xFF)
        {
            tokens[0] = 0x1F;
            value.CopyTo(tokens[1..]);
        }
        else if (tokens.Length >= 3) (tokens[0], tokens[1], tokens[2]) = (0x1E, 0, 0);
        else if (tokens.Length == 2) (tokens[0], tokens[1]) = (0x1D, 0);
        else tokens[0] = 0x16;
    }

    public static bool IsConstant(ReadOnlySpan<byte> tokens) => tokens.Length switch
    {
        1 => tokens[0] == 0x16,
        2 => tokens[0] == 0x1D,
        >= 9 when tokens[0] == 0x1F => !tokens[9..].ContainsAnyExcept((byte)0x15),
        _ => tokens[0] == 0x1E && !tokens[3..].ContainsAnyExcept((byte)0x15),
    };

    // MS-XLS 2.5.198: walks the tokens of BIFF8, or of the older BIFF5 with its own lengths. One that is not known ends the reading: a formula that no program can read either.
    public static FindingKind? Judge(ReadOnlySpan<byte> tokens, bool wide)
    {
        bool link = false, acts = false;
        int at = 0;
        while (at < tokens.Length)
        {
            int token = tokens[at] >= 0x40 ? (tokens[at] & 0x1F) | 0x20 : tokens[at];
            ReadOnlySpan<byte> rest = tokens[(at + 1)..];
            int skip = !wide && Old(token, rest) is { } old ? old : token switch
            {
                0x01 or 0x02 => 4,
                >= 0x03 and <= 0x16 => 0,
                0x17 when rest.Length >= 2 => 2 + (rest[0] * ((rest[1] & 1) + 1)),
                0x18 => 5,
                0x19 when rest.Length >= 3 => 3 + ((rest[0] & 4) != 0 ? 2 * (BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]) + 1) : 0),
                0x1C or 0x1D => 1,
                0x1E or 0x21 or 0x29 or 0x2E or 0x2F => 2,
                0x1F or 0x25 or 0x2B or 0x2D => 8,
                0x20 => 7,
                0x22 => 3,
                0x23 or 0x24 or 0x2A or 0x2C => 4,
                0x26 or 0x27 or 0x28 or 0x39 or 0x3A or 0x3C => 6,
                0x3B or 0x3D => 10,
                _ => -1,
            };
            if (skip < 0 || skip > rest.Length) break;
            int function = token == 0x21 && rest.Length >= 2 ? BinaryPrimitives.ReadUInt16LittleEndian(rest) : token == 0x22 && rest.Length >= 3 ? BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]) : -1;
            if (function >= 0 && ((function & 0x8000) != 0 || Functions.Contains(function))) return OfficeFindings.ActiveFunction;
            if (function == 359) link = true;
            if (token == 0x17 && UrlJudge.Judge(wide ? Text(rest[1..], rest[0]) : Encoding.Latin1.GetString(rest.Slice(1, skip - 1))).Kind is UrlKind.Acts) acts = true;
            at += 1 + skip;
        }

        return link && acts ? OfficeFindings.UnsafeHyperlink : null;
    }

    // Where BIFF5 differs: texts have no flag, references shorter rows, references to other sheets longer heads.
    private static int? Old(int token, ReadOnlySpan<byte> rest) => token switch
    {
        0x17 when rest.Length >= 1 => 1 + rest[0],
        0x1A => 10,
        0x1B => 4,
        0x23 => 14,
        0x24 or 0x2A or 0x2C => 3,
        0x25 or 0x2B or 0x2D => 6,
        0x39 => 24,
        0x3A or 0x3C => 17,
        0x3B or 0x3D => 20,
        _ => null,
    };

    // A flag byte, then the characters.
    private static string Text(ReadOnlySpan<byte> flagged, int count)
    {
        if (flagged.Length < 1) return "";
        ReadOnlySpan<byte> rest = flagged[1..];
        return (flagged[0] & 1) != 0 ? Encoding.Unicode.GetString(rest[..Math.Min(rest.Length & ~1, count * 2)]) : Encoding.Latin1.GetString(rest[..Math.Min(rest.Length, count)]);
    }
}
