using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>
/// The records of a workbook (MS-XLS; the older BIFF5 as far as sheets and names go): macro sheets become worksheets without formulas, names that run become plain names,
/// links to programs and other workbooks go nowhere. All is overwritten in place, so that no offset moves; values stay.
/// </summary>
internal static class WorkbookRecords
{
    // Functions that reach outside (Ftab): INITIATE, POKE, EXECUTE, TERMINATE, EXEC, FOPEN to FREAD, CALL, REGISTER, UNREGISTER, REGISTER.ID, RTD, RUN.
    private static readonly HashSet<int> Functions = [110, 132, 133, 134, 135, 136, 137, 138, 139, 149, 150, 175, 176, 177, 178, 179, 180, 181, 182, 201, 267, 379, 17];
    private static readonly string[] Wild = ["WEBSERVICE", "IMAGE", "RTD", "CALL", "REGISTER", "EXEC", "STOCKHISTORY"];

    public static void Find(OleReading reading, CfbEntry stream)
    {
        if (reading.Stream(stream) is not { } bytes) return;
        HashSet<uint> macros = [];
        int at = 0, names = 0;
        bool wide = true, macro = false, locked = false;
        while (at + 4 <= bytes.Length)
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            int kind = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));
            int size = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + 2));
            int data = at + 4;
            if (size > bytes.Length - data)
            {
                if (bytes.AsSpan(at).ContainsAnyExcept((byte)0)) reading.Trouble(OfficeFindings.DamagedDocument, stream.Name, $"a record that ends outside, at {at}");
                break;
            }

            string place = $"{stream.Name} offset {at}";
            switch (kind)
            {
                case 0x002F when !locked:
                    reading.Trouble(WalkFindings.Locked, stream.Name, size >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data)) == 0 ? "XOR obfuscation" : "RC4");
                    locked = true;
                    return;
                case 0x0809 when size >= 4:
                    wide = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data)) == 0x0600;
                    macro = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data + 2)) == 0x0040 || macros.Contains((uint)at);
                    if (macro) Sheet(reading, stream, bytes, data, place);
                    break;

                // ObProj announces the project; Excel9File is as empty and says nothing.
                case 0x00D3 when size == 0 && reading.Items.Exists(item => item.Kind == OfficeFindings.VbaProject):
                    int record = at;
                    reading.Add(OfficeFindings.VbaProject, place, "announced", edits => BinaryPrimitives.WriteUInt16LittleEndian(edits.Patch(stream).AsSpan(record), 0x01C0));
                    break;
                case 0x0085 when size >= 6 && bytes[data + 5] is 1 or 6: Announced(reading, stream, bytes, data, place, macros); break;
                case 0x0006 when size >= 22: Formula(reading, stream, bytes, data, size, place, macro, 20, wide); break;
                case 0x0221 when size >= 14: Formula(reading, stream, bytes, data, size, place, macro, 12, wide); break;
                case 0x04BC when size >= 10: Formula(reading, stream, bytes, data, size, place, macro, 8, wide); break;
                case 0x0018 when size >= 14: Name(reading, stream, bytes, data, size, place, wide, names++); break;
                case 0x01AE when size >= 4: Book(reading, stream, bytes, data, size, place); break;
                case 0x0017 when !wide && size >= 2: OldBook(reading, stream, bytes, data, size, place); break;
                case 0x01B8 when size > 32: Hyperlink(reading, stream, bytes, data, size, place); break;
                case 0x00DC or 0x01AD or 0x0803 or 0x0805 or 0x080A: reading.Add(OfficeFindings.DataConnection, place, "query", null); break;
                default: break;
            }

            at = data + size;
        }
    }

    private static void Sheet(OleReading reading, CfbEntry stream, byte[] bytes, int data, string place) =>
        reading.Add(OfficeFindings.XlmMacro, place, $"macro sheet, {bytes.Length} bytes of workbook", edits => BinaryPrimitives.WriteUInt16LittleEndian(edits.Patch(stream).AsSpan(data + 2), 0x0010));

    // BoundSheet8: offset, state, type, name. 1: Excel 4 macro sheet, 6: VBA module of Excel 95.
    private static void Announced(OleReading reading, CfbEntry stream, byte[] bytes, int data, string place, HashSet<uint> macros)
    {
        string state = (bytes[data + 4] & 3) switch { 0 => "visible", 1 => "hidden", _ => "very hidden" };
        if (bytes[data + 5] == 6)
        {
            reading.Add(OfficeFindings.VbaProject, place, $"module sheet, {state}", null);
            return;
        }

        macros.Add(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(data)));
        reading.Add(OfficeFindings.XlmMacro, place, $"macro sheet, {state}", edits => edits.Patch(stream)[data + 5] = 0);
    }

    private static void Formula(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place, bool macro, int lengthAt, bool wide)
    {
        int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data + lengthAt));
        int from = data + lengthAt + 2;
        if (length == 0 || length > data + size - from) return;
        FindingKind? kind = macro ? OfficeFindings.XlmMacro : wide ? Judge(bytes.AsSpan(from, length)) : null;
        if (kind is null || IsConstant(bytes.AsSpan(from, length))) return;
        int rest = data + size - from - length;
        reading.Add(kind, place, macro ? "formula of a macro sheet" : "formula", edits => Constant(edits.Patch(stream).AsSpan(from, length), edits.Patch(stream).AsSpan(from + length, rest)));
    }

    // 0 in as many parentheses as there is room for: any reader computes it, nothing else is read.
    private static void Constant(Span<byte> tokens, Span<byte> rest)
    {
        rest.Clear();
        tokens.Fill(0x15);
        if (tokens.Length >= 3) (tokens[0], tokens[1], tokens[2]) = (0x1E, 0, 0);
        else if (tokens.Length == 2) (tokens[0], tokens[1]) = (0x1D, 0);
        else tokens[0] = 0x16;
    }

    private static bool IsConstant(ReadOnlySpan<byte> tokens) => tokens.Length switch
    {
        1 => tokens[0] == 0x16,
        2 => tokens[0] == 0x1D,
        _ => tokens[0] == 0x1E && !tokens[3..].ContainsAnyExcept((byte)0x15),
    };

    // MS-XLS 2.5.198: walks the tokens of BIFF8. One that is not known ends the reading: a formula that no program can read either.
    private static FindingKind? Judge(ReadOnlySpan<byte> tokens)
    {
        bool link = false, acts = false;
        int at = 0;
        while (at < tokens.Length)
        {
            int token = tokens[at] >= 0x40 ? (tokens[at] & 0x1F) | 0x20 : tokens[at];
            ReadOnlySpan<byte> rest = tokens[(at + 1)..];
            int skip = token switch
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
            if (token == 0x17 && UrlJudge.Judge(Text(rest[1..], rest[0])).Kind is UrlKind.Acts) acts = true;
            at += 1 + skip;
        }

        return link && acts ? OfficeFindings.UnsafeHyperlink : null;
    }

    // A flag byte, then the characters.
    private static string Text(ReadOnlySpan<byte> flagged, int count)
    {
        if (flagged.Length < 1) return "";
        ReadOnlySpan<byte> rest = flagged[1..];
        return (flagged[0] & 1) != 0 ? Encoding.Unicode.GetString(rest[..Math.Min(rest.Length & ~1, count * 2)]) : Encoding.Latin1.GetString(rest[..Math.Min(rest.Length, count)]);
    }

    private static void Name(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place, bool wide, int number)
    {
        int flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data));
        int count = bytes[data + 3];
        int from = data + 14 + (wide ? 1 : 0);
        bool two = wide && size > 14 && (bytes[data + 14] & 1) != 0;
        if (count == 0 || from + (count * (two ? 2 : 1)) > data + size) return;
        string name = two ? Encoding.Unicode.GetString(bytes, from, count * 2) : Encoding.Latin1.GetString(bytes, from, count);
        bool builtin = (flags & 0x20) != 0;
        bool auto = builtin ? count == 1 && name[0] is '\u0001' or '\u0002' or '\u000A' or '\u000B' : name.StartsWith("auto", StringComparison.OrdinalIgnoreCase) && name[4..].TrimStart('_').ToUpperInvariant() is var rest && (rest.StartsWith("OPEN", StringComparison.Ordinal) || rest.StartsWith("CLOSE", StringComparison.Ordinal) || rest.StartsWith("ACTIVATE", StringComparison.Ordinal) || rest.StartsWith("DEACTIVATE", StringComparison.Ordinal));
        bool wild = !builtin && name.LastIndexOf('.') is var dot && Wild.Contains(name[(dot + 1)..], StringComparer.OrdinalIgnoreCase) && name.StartsWith("_xl", StringComparison.OrdinalIgnoreCase);
        int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data + 4));
        int tokens = from + (count * (two ? 2 : 1));
        bool formula = length > 0 && length <= data + size - tokens;
        bool acts = wide && formula && Judge(bytes.AsSpan(tokens, length)) == OfficeFindings.ActiveFunction;
        if (!auto && !wild && !acts) return;
        reading.Add(auto ? OfficeFindings.XlmMacro : OfficeFindings.ActiveFunction, place, builtin ? $"built-in name {(int)name[0]}" : $"name {name}", edits =>
        {
            byte[] patched = edits.Patch(stream);

            // Not a function, not a procedure, not built in: a name of its own, in letters that no other name of a workbook begins with.
            BinaryPrimitives.WriteUInt16LittleEndian(patched.AsSpan(data), (ushort)(flags & ~0x002E));
            if (auto || wild) patched[from] = builtin ? (byte)(0xC0 + (number % 22)) : (byte)'_';
            if (wild) patched.AsSpan(from, count * (two ? 2 : 1)).Replace((byte)'.', (byte)'_');
            if (wild && !two) patched[from + 1] = (byte)('a' + (number % 26));
            if (formula) Constant(patched.AsSpan(tokens, length), patched.AsSpan(tokens + length, data + size - tokens - length));
        });
    }

    // SupBook: a self reference (0x0401), add-in functions (0x3A01), else the encoded path of a workbook or program|topic.
    private static void Book(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place)
    {
        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data + 2));
        if (count is 0 or 0x0401 or 0x3A01 || size < 6) return;
        bool two = (bytes[data + 4] & 1) != 0;
        int from = data + 5, width = two ? 2 : 1;
        int length = Math.Min(count * width, data + size - from);
        Path(reading, stream, bytes, from, length, width, place);
    }

    private static void OldBook(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place)
    {
        int count = bytes[data];
        if (count == 0 || bytes[data + 1] is 2 or 3 or 4 || count > size - 1) return;
        Path(reading, stream, bytes, data + 1, count, 1, place);
    }

    private static void Path(OleReading reading, CfbEntry stream, byte[] bytes, int from, int length, int width, string place)
    {
        string path = width == 2 ? Encoding.Unicode.GetString(bytes, from, length & ~1) : Encoding.Latin1.GetString(bytes, from, length);
        if (path.All(static c => c is '_' or <= ' ')) return;
        bool program = path.Contains('\u0003', StringComparison.Ordinal) && path[0] > '\u0001';
        string shown = new([.. path.Select(c => c < ' ' ? '|' : c).Take(200)]);
        reading.Add(program ? OfficeFindings.Dde : OfficeFindings.ExternalLink, place, shown, edits =>
        {
            Span<byte> patched = edits.Patch(stream).AsSpan(from, length);
            for (int i = 0; i + width <= patched.Length; i += width)
            {
                int unit = width == 2 ? patched[i] | (patched[i + 1] << 8) : patched[i];

                // The mark between program and topic stays, for the items behind it are read by it; a path becomes the name of a file beside the workbook.
                if (program && unit == 3) continue;
                patched[i] = i == 0 && unit == 1 ? (byte)1 : (byte)'_';
                if (width == 2) patched[i + 1] = 0;
            }
        });
    }

    // MS-OSHARED 2.3.7.1: monikers of URL and file; the text of either is looked for, whatever stands around it.
    private static void Hyperlink(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place)
    {
        ReadOnlySpan<byte> link = bytes.AsSpan(data + 8, size - 8);
        int file = link.IndexOf(new Guid("00000303-0000-0000-C000-000000000046").ToByteArray());
        int url = link.IndexOf(new Guid("79EAC9E0-BAF9-11CE-8C82-00AA004BA90B").ToByteArray());
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(link[20..]);
        string target = "";
        int from = -1, length = 0;
        if (url >= 0 && url + 20 <= link.Length)
        {
            (from, length) = (url + 20, Math.Min(link.Length - url - 20, (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(link[(url + 16)..]))));
            target = Encoding.Unicode.GetString(link.Slice(from, length & ~1));
            target = target.Split('\0')[0];
        }
        else if (file >= 0 && file + 22 <= link.Length)
        {
            (from, length) = (file + 22, Math.Min(link.Length - file - 22, (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(link[(file + 18)..]))));
            target = Encoding.Latin1.GetString(link.Slice(from, length)).TrimEnd('\0');
            if (BinaryPrimitives.ReadUInt16LittleEndian(link[(file + 16)..]) > 0 || Encoding.Unicode.GetString(link[(from + length)..]).Contains(":\\", StringComparison.Ordinal)) target = "file:" + target;
        }
        else if ((flags & 0x100) != 0 && link.Length > 28)
        {
            // A moniker saved as text.
            (from, length) = (28, link.Length - 28);
            target = Encoding.Unicode.GetString(link.Slice(28, (link.Length - 28) & ~1)).Split('\0')[0];
        }

        if (from < 0 || UrlJudge.Judge(target).Kind is not UrlKind.Acts) return;
        string shown = target.Length > 200 ? target[..200] : target;

        // The whole link becomes one without a target: version 2, no flags.
        reading.Add(OfficeFindings.UnsafeHyperlink, place, shown, edits =>
        {
            Span<byte> patched = edits.Patch(stream).AsSpan(data + 8, size - 8);
            patched[20..].Clear();
        });
    }
}
