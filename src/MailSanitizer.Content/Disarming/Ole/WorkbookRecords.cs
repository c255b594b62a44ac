using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Cfb;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>
/// The records of a workbook (MS-XLS; the older BIFF5 as far as sheets and names go): macro sheets become worksheets without formulas, names that run become plain names,
/// links to programs and other workbooks go nowhere. All is overwritten in place, so that no offset moves; values stay.
/// </summary>
internal static class WorkbookRecords
{
    private static readonly string[] Wild = ["WEBSERVICE", "IMAGE", "RTD", "CALL", "REGISTER", "EXEC", "STOCKHISTORY"];

    public static void Find(OleReading reading, CfbEntry stream)
    {
        if (reading.Stream(stream) is not { } bytes) return;
        HashSet<uint> macros = [];
        List<(int Offset, int Length)> drawings = [];
        int at = 0, names = 0;
        bool wide = true, macro = false, locked = false, query = false;
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
                case 0x01B1 when size >= 6: Condition(reading, stream, bytes, data, size, place, wide); break;
                case 0x01BE when size >= 12: Validation(reading, stream, bytes, data, size, place, wide); break;
                case 0x1051 when size > 8: Formula(reading, stream, bytes, data, size, place, false, 6, wide); break;
                case 0x00EB or 0x00EC or 0x003C: drawings.Add((data, size)); break;
                case 0x01AE when size >= 4: Book(reading, stream, bytes, data, size, place); break;
                case 0x0017 when !wide && size >= 2: OldBook(reading, stream, bytes, data, size, place); break;
                case 0x01B8 when size > 32: Hyperlink(reading, stream, bytes, data, size, place); break;
                case 0x00DC: query = true; break;
                case 0x00CD when query && size > 3: Words(reading, stream, bytes, data, size, place); break;
                case 0x0876 when size > 10: Connection(reading, stream, bytes, data, size, place); break;
                case 0x0805 when size > 40: TextFile(reading, stream, bytes, data, size, place); break;
                case 0x0804 when size > 7: Words(reading, stream, bytes, data + 4, size - 4, place); break;
                default: break;
            }

            query &= kind is 0x00DC or 0x00CD or 0x003C;
            at = data + size;
        }

        // A drawing is cut into records wherever one is full: it is read as the whole that it is.
        DrawingRecords.Find(reading, new OlePieces(stream, bytes, drawings));
    }

    // SXString behind DbQuery, ExtString (MS-XLS 2.4.86, 2.4.111): connection, command, address. Without words a query is a table that nothing fills.
    private static void Words(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place)
    {
        int width = (bytes[data + 2] & 1) + 1;
        int from = data + 3, length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data)) * width, size - 3) / width * width;
        string words = width == 2 ? Encoding.Unicode.GetString(bytes, from, length) : Encoding.Latin1.GetString(bytes, from, length);
        if (string.IsNullOrWhiteSpace(words)) return;
        reading.Add(OfficeFindings.DataConnection, place, words.Length > 100 ? words[..100] : words, edits =>
        {
            Span<byte> patched = edits.Patch(stream).AsSpan(from, length);
            for (int at = 0; at < length; at++) patched[at] = at % width == 0 ? (byte)' ' : (byte)0;
        });
    }

    // DConn (MS-XLS 2.4.84), what newer programs read: names stay, and strings that lead anywhere (a path, an address, a connection) go.
    private static void Connection(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place)
    {
        for (int at = 4; at + 7 <= size; at++)
        {
            int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data + at)), width = (bytes[data + at + 2] & 1) + 1;
            if (count < 4 || bytes[data + at + 2] > 1 || at + 3 + (count * width) > size) continue;
            string words = width == 2 ? Encoding.Unicode.GetString(bytes, data + at + 3, count * 2) : Encoding.Latin1.GetString(bytes, data + at + 3, count);
            if (words.Any(char.IsControl)) continue;
            if (words.AsSpan().IndexOfAny(":/\\;=") >= 0) Words(reading, stream, bytes, data + at, size - at, place);
            at += 2 + (count * width);
        }
    }

    // TxtQry (MS-XLS 2.4.331): its last field is the path of a file that is read in.
    private static void TextFile(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place)
    {
        for (int at = 4; at + 3 < size; at++)
        {
            int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data + at));
            if (count < 3 || bytes[data + at + 2] > 1 || at + 3 + (count * (bytes[data + at + 2] + 1)) != size) continue;
            Words(reading, stream, bytes, data + at, size - at, place);
            return;
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
        Tokens(reading, stream, bytes, from, length, data + size - from - length, place, macro, wide, value: lengthAt == 20 ? bytes[(data + 6)..(data + 14)] : null);
    }

    private static void Tokens(OleReading reading, CfbEntry stream, byte[] bytes, int from, int length, int rest, string place, bool macro, bool wide, string what = "formula", byte[]? value = null)
    {
        FindingKind? kind = macro ? OfficeFindings.XlmMacro : WorkbookFormulas.Judge(bytes.AsSpan(from, length), wide);
        if (kind is null || WorkbookFormulas.IsConstant(bytes.AsSpan(from, length))) return;
        reading.Add(kind, place, macro ? what + " of a macro sheet" : what, edits => WorkbookFormulas.Constant(edits.Patch(stream).AsSpan(from, length), edits.Patch(stream).AsSpan(from + length, rest), value));
    }

    // CF (MS-XLS 2.4.42): the two formulas stand at its end.
    private static void Condition(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place, bool wide)
    {
        int first = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data + 2)), second = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(data + 4));
        int end = data + size;
        if (first + second > size - 6) return;
        if (first > 0) Tokens(reading, stream, bytes, end - second - first, first, 0, place, macro: false, wide, "condition");
        if (second > 0) Tokens(reading, stream, bytes, end - second, second, 0, place, macro: false, wide, "condition");
    }

    // Dv (MS-XLS 2.4.81): flags, four texts, two formulas.
    private static void Validation(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place, bool wide)
    {
        int at = data + 4, end = data + size;
        for (int text = 0; text < 4; text++)
        {
            if (at + 3 > end) return;
            at += 3 + (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at)) * ((bytes[at + 2] & 1) + 1));
        }

        for (int formula = 0; formula < 2 && at + 4 <= end; formula++)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));
            at += 4;
            if (length > end - at) return;
            if (length > 0) Tokens(reading, stream, bytes, at, length, 0, place, macro: false, wide, "validation");
            at += length;
        }
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
        bool acts = formula && WorkbookFormulas.Judge(bytes.AsSpan(tokens, length), wide) == OfficeFindings.ActiveFunction;
        if (!auto && !wild && !acts) return;
        reading.Add(auto ? OfficeFindings.XlmMacro : OfficeFindings.ActiveFunction, place, builtin ? $"built-in name {(int)name[0]}" : $"name {name}", edits =>
        {
            byte[] patched = edits.Patch(stream);

            // Not a function, not a procedure, not built in: a name of its own, in letters that no other name of a workbook begins with.
            BinaryPrimitives.WriteUInt16LittleEndian(patched.AsSpan(data), (ushort)(flags & ~0x002E));
            if (auto || wild) patched[from] = builtin ? (byte)(0xC0 + (number % 22)) : (byte)'_';
            if (wild) patched.AsSpan(from, count * (two ? 2 : 1)).Replace((byte)'.', (byte)'_');
            if (wild && !two) patched[from + 1] = (byte)('a' + (number % 26));
            if (formula) WorkbookFormulas.Constant(patched.AsSpan(tokens, length), patched.AsSpan(tokens + length, data + size - tokens - length));
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

    private static void Hyperlink(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place) =>
        HyperlinkObject.Judge(reading, bytes.AsSpan(data + 8, size - 8), place, edits => edits.Patch(stream).AsSpan(data + 8, size - 8));
}
