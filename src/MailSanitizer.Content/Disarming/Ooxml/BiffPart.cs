using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Opc;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>One part of a binary workbook: its records, and what of them goes.</summary>
internal sealed class BiffPart(OoxmlInspection inspection, OpcPart part, byte[] bytes)
{
    private const int FormulaString = 8, FormulaNumber = 9, FormulaBoolean = 10, FormulaError = 11, NameRecord = 39, SupBookSource = 355, SupSelf = 357;
    private const int Validation = 64, ConditionRule = 463, FirstOfLater = 1024;
    private const int SharedFormula = 427, ArrayFormula = 426, Table = 428, WebPublishing = 660;
    private readonly HashSet<int> _gone = [];
    private readonly List<(int Offset, byte Value)> _patches = [];
    private bool _values;

    /// <summary>Reads every record; false when they break off.</summary>
    public bool Scan(CancellationToken cancellation)
    {
        int at = 0;
        int count = 0;
        while (BiffRecords.TryRead(bytes, ref at, out BiffRecord record))
        {
            if ((++count & 0xFFF) == 0) cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> content = bytes.AsSpan(record.Offset, record.Length);
            switch (record.Type)
            {
                case FormulaString or FormulaNumber or FormulaBoolean or FormulaError or SharedFormula or ArrayFormula:
                    if (!_values && Calls(content) is { } call && inspection.Takes(call.Kind, part.Name, call.Detail)) _values = true;
                    break;
                case NameRecord:
                    if (Runs(content) is { } name && inspection.Takes(OfficeFindings.XlmMacro, part.Name, name)) _gone.Add(record.Start);
                    else if (OfTheFuture(content) is { } future && inspection.Takes(OfficeFindings.ActiveFunction, part.Name, future)) Rename(record);
                    Neutralise(record, content);
                    break;

                // Conditions, validations, and whatever later versions brought: what is counted elsewhere cannot be left out, so the call becomes another one.
                case Validation or ConditionRule or >= FirstOfLater:
                    Neutralise(record, content);
                    break;
                default:
                    break;
            }
        }

        _values |= inspection.ExternalLinksGo;
        if (_values) inspection.FormulasGone = true;
        return at == bytes.Length;
    }

    /// <summary>The part anew, or null when nothing in it changes.</summary>
    public byte[]? Rewritten()
    {
        if (!_values && _gone.Count == 0 && _patches.Count == 0) return null;
        using MemoryStream output = new();
        bool changed = _patches.Count > 0;
        foreach ((int offset, byte value) in _patches) bytes[offset] = value;
        int at = 0;
        while (BiffRecords.TryRead(bytes, ref at, out BiffRecord record))
        {
            ReadOnlySpan<byte> content = bytes.AsSpan(record.Offset, record.Length);
            if (_gone.Contains(record.Start) || (_values && record.Type is SharedFormula or ArrayFormula or Table) || (record.Type == WebPublishing && _values))
            {
                changed = true;
                continue;
            }

            if (_values && Value(record.Type, content) is { } value)
            {
                changed = true;
                Write(output, value.Type, content[..value.Length]);
                continue;
            }

            if (_values && record.Type == SupBookSource && inspection.ExternalLinksGo)
            {
                // Formulas and names count the books: the place stays, as the workbook itself.
                changed = true;
                Write(output, SupSelf, default);
                continue;
            }

            output.Write(bytes.AsSpan(record.Start, record.Offset + record.Length - record.Start));
        }

        return changed ? output.ToArray() : null;
    }

    // Cell (8 bytes), then the value, then the formula: BrtCellSt 6, BrtCellReal 5, BrtCellBool 4, BrtCellError 3.
    private static (int Type, int Length)? Value(int type, ReadOnlySpan<byte> content) => type switch
    {
        FormulaNumber when content.Length >= 16 => (5, 16),
        FormulaBoolean when content.Length >= 9 => (4, 9),
        FormulaError when content.Length >= 9 => (3, 9),
        FormulaString when content.Length >= 12 && BinaryPrimitives.ReadUInt32LittleEndian(content[8..]) is var length && length <= (content.Length - 12) / 2 => (6, 12 + ((int)length * 2)),
        _ => null,
    };

    private static void Write(MemoryStream to, int type, ReadOnlySpan<byte> content)
    {
        if (type < 0x80)
        {
            to.WriteByte((byte)type);
        }
        else
        {
            to.WriteByte((byte)(type | 0x80));
            to.WriteByte((byte)(type >> 7));
        }

        int length = content.Length;
        do
        {
            to.WriteByte((byte)((length & 0x7F) | (length > 0x7F ? 0x80 : 0)));
            length >>= 7;
        }
        while (length > 0);
        to.Write(content);
    }

    // PtgFunc (21, 41, 61) and PtgFuncVar (22, 42, 62) carry the function's number (MS-XLSB 2.5.98.10). A number that stands for one of these behind such a byte is taken
    // for it wherever it stands in the formula: a false hit costs a formula its formula and keeps its value.
    private static (FindingKind Kind, string Detail)? Calls(ReadOnlySpan<byte> content)
    {
        if (Call(content, 8) is ({ } called, _)) return (OfficeFindings.ActiveFunction, called);
        ReadOnlySpan<byte> web = Encoding.Unicode.GetBytes("WEBSERVICE");
        return content.IndexOf(web) >= 0 ? (OfficeFindings.ActiveFunction, "WEBSERVICE") : null;
    }

    // SUM takes as many arguments as any of them.
    private void Neutralise(BiffRecord record, ReadOnlySpan<byte> content)
    {
        for (int from = 0; Call(content, from) is ({ } name, int number); from = number + 2)
        {
            if (!inspection.Takes(OfficeFindings.ActiveFunction, part.Name, name)) return;
            _patches.Add((record.Offset + number, 4));
            _patches.Add((record.Offset + number + 1, 0));
        }
    }

    private static (string? Name, int Number) Call(ReadOnlySpan<byte> content, int from)
    {
        for (int at = from; at + 3 < content.Length; at++)
        {
            byte token = content[at];
            if (token is 0x22 or 0x42 or 0x62 && at + 3 < content.Length && content[at + 1] <= 30)
            {
                int number = BinaryPrimitives.ReadUInt16LittleEndian(content[(at + 2)..]) & 0x7FFF;
                string? name = number switch
                {
                    149 => "REGISTER",
                    150 => "CALL",
                    267 => "REGISTER.ID",
                    379 => "RTD",
                    110 => "EXEC",
                    _ => null,
                };
                if (name is not null && content[at + 1] is > 0) return (name, at + 2);
            }
        }

        return (null, 0);
    }

    // Functions that came after the table of numbers are called by a name that the program declares (2.2.2.1): WEBSERVICE, IMAGE, STOCKHISTORY.
    private static string? OfTheFuture(ReadOnlySpan<byte> content)
    {
        if (NameOf(content) is not { } name || !name.StartsWith("_xlfn.", StringComparison.OrdinalIgnoreCase)) return null;
        string plain = name[6..].StartsWith("_xlws.", StringComparison.OrdinalIgnoreCase) ? name[12..] : name[6..];
        return FormulaFunctions.Passive.Contains(plain) ? null : plain;
    }

    // No function any more, and no name that a program knows: its length stays.
    private void Rename(BiffRecord record)
    {
        _patches.Add((record.Offset, (byte)(bytes[record.Offset] & ~0b1110)));
        _patches.Add((record.Offset + 13 + 10, (byte)'_'));
    }

    // BrtName (2.4.711): flags, key, sheet, name as XLWideString.
    private static string? NameOf(ReadOnlySpan<byte> content)
    {
        if (content.Length < 13) return null;
        int length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(content[9..]), 255);
        return 13 + (length * 2) > content.Length ? null : Encoding.Unicode.GetString(content.Slice(13, length * 2));
    }

    private static string? Runs(ReadOnlySpan<byte> content)
    {
        if (NameOf(content) is not { } name) return null;
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(content);
        string plain = name.StartsWith("_xlnm.", StringComparison.OrdinalIgnoreCase) ? name[6..] : name;
        bool runs = plain.StartsWith("Auto_", StringComparison.OrdinalIgnoreCase);

        // fFunc, fOB, fProc: a macro by any of them, unless it is a function of the future that the program itself declares.
        bool macro = (flags & 0b1110) != 0 && !name.StartsWith("_xlfn.", StringComparison.OrdinalIgnoreCase);
        return runs || macro ? name : null;
    }
}
