using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>
/// The text of a Word document (MS-DOC): fields are read as a reader sees them, through the piece table, nested and split as they may be; instructions that act are
/// overwritten with blanks and their type is made unknown. The last result stays. The attached template and mail-merge sources stand in the table stream.
/// </summary>
internal static class WordText
{
    private const int FirstPair = 0x9A;
    private const int MostInstruction = 8_192;
    private static readonly int[] FieldTables = [16, 17, 18, 19, 20, 48, 57, 59];

    private static readonly Dictionary<string, FindingKind> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["DDE"] = OfficeFindings.Dde, ["DDEAUTO"] = OfficeFindings.Dde, ["LINK"] = OfficeFindings.LinkedObject, ["DATABASE"] = OfficeFindings.DataConnection, ["CONTROL"] = OfficeFindings.ActiveX,
        ["IMPORT"] = OfficeFindings.ActiveField, ["INCLUDE"] = OfficeFindings.ActiveField, ["INCLUDETEXT"] = OfficeFindings.ActiveField, ["INCLUDEPICTURE"] = OfficeFindings.ActiveField, ["RD"] = OfficeFindings.ActiveField,
        ["MACROBUTTON"] = OfficeFindings.ActiveField, ["PRINT"] = OfficeFindings.ActiveField, ["HTMLCONTROL"] = OfficeFindings.ActiveX, ["HTMLACTIVEX"] = OfficeFindings.ActiveX, ["FTNREF_MACRO"] = OfficeFindings.ActiveField,
    };

    // Field types (MS-DOC 2.9.90): what runs or loads by its number, whatever the text says.
    private static readonly Dictionary<int, FindingKind> Types = new()
    {
        [0x24] = OfficeFindings.ActiveField, [0x2D] = OfficeFindings.Dde, [0x2E] = OfficeFindings.Dde, [0x30] = OfficeFindings.ActiveField, [0x33] = OfficeFindings.ActiveField, [0x37] = OfficeFindings.ActiveField, [0x38] = OfficeFindings.LinkedObject,
        [0x43] = OfficeFindings.ActiveField, [0x44] = OfficeFindings.ActiveField, [0x4E] = OfficeFindings.DataConnection, [0x57] = OfficeFindings.ActiveX, [0x5B] = OfficeFindings.ActiveX,
    };

    public static void Find(OleReading reading, CfbEntry word)
    {
        if (reading.Stream(word) is not { } main) return;
        if (main.Length < 68 || BinaryPrimitives.ReadUInt16LittleEndian(main) is not (0xA5EC or 0xA5DC))
        {
            reading.Trouble(OfficeFindings.DamagedDocument, word.Name, "no file information block");
            return;
        }

        int flags = BinaryPrimitives.ReadUInt16LittleEndian(main.AsSpan(10));
        if ((flags & 0x0100) != 0)
        {
            reading.Trouble(WalkFindings.Locked, word.Name, (flags & 0x8000) != 0 ? "XOR obfuscation" : "RC4");
            return;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(main.AsSpan(2)) < 0xC1 || main.Length < FirstPair + (8 * 60))
        {
            // Word 6 and 95: WordBasic macros and another block; all the text is plain, so its fields can be read without it.
            Fields(reading, word, main, Plain(main), []);
            if (main.Length > 0x128 && BinaryPrimitives.ReadUInt32LittleEndian(main.AsSpan(0x11C)) > 0 && BinaryPrimitives.ReadUInt16LittleEndian(main.AsSpan(10)) is var bits && (bits & 1) != 0)
                reading.Add(OfficeFindings.VbaProject, word.Name, "a template of Word 95 with commands of its own", null);
            return;
        }

        CfbEntry? table = reading.File.Root.Find((flags & 0x0200) != 0 ? "1Table" : "0Table");
        if (reading.Stream(table) is not { } tables)
        {
            reading.Trouble(OfficeFindings.DamagedDocument, word.Name, "no table stream");
            return;
        }

        List<(int Offset, int Width, int Count)> pieces = Pieces(main, tables);
        if (pieces.Count == 0) reading.Trouble(OfficeFindings.DamagedDocument, word.Name, "no piece table");
        Fields(reading, word, main, pieces, Typed(main, tables, table!));
        Associations(reading, main, tables, table!);
        Commands(reading, word, main, tables);
        Subdocuments(reading, word, main, tables, table!);
        DrawingRecords.Find(reading, new OlePieces(table!, tables));
        if (reading.File.Root.Find("Data") is { Kind: CfbKind.Stream } data && reading.Stream(data) is { } pictures) DrawingRecords.Find(reading, new OlePieces(data, pictures));
    }

    private static (int Offset, int Length) Pair(byte[] main, byte[] tables, int index)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(main.AsSpan(FirstPair + (8 * index)));
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(main.AsSpan(FirstPair + (8 * index) + 4));
        return offset > tables.Length || length > tables.Length - offset ? (0, 0) : ((int)offset, (int)length);
    }

    private static List<(int Offset, int Width, int Count)> Plain(byte[] main)
    {
        uint from = BinaryPrimitives.ReadUInt32LittleEndian(main.AsSpan(24));
        uint to = BinaryPrimitives.ReadUInt32LittleEndian(main.AsSpan(28));
        return from < to && to <= main.Length ? [((int)from, 1, (int)(to - from))] : [(0, 1, main.Length)];
    }

    // MS-DOC 2.9.38, 2.8.35: property modifiers, then the pieces.
    private static List<(int Offset, int Width, int Count)> Pieces(byte[] main, byte[] tables)
    {
        List<(int, int, int)> pieces = [];
        (int at, int length) = Pair(main, tables, 33);
        int end = at + length;
        while (at + 3 <= end && tables[at] == 1) at += 3 + BinaryPrimitives.ReadUInt16LittleEndian(tables.AsSpan(at + 1));
        if (at + 5 > end || tables[at] != 2) return pieces;
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(tables.AsSpan(at + 1));
        at += 5;
        if (size < 16 || size > end - at) return pieces;
        int count = ((int)size - 4) / 12;
        for (int i = 0; i < count; i++)
        {
            long from = BinaryPrimitives.ReadUInt32LittleEndian(tables.AsSpan(at + (4 * i)));
            long to = BinaryPrimitives.ReadUInt32LittleEndian(tables.AsSpan(at + (4 * i) + 4));
            uint place = BinaryPrimitives.ReadUInt32LittleEndian(tables.AsSpan(at + (4 * (count + 1)) + (8 * i) + 2));
            bool narrow = (place & 0x40000000) != 0;
            long offset = narrow ? (place & 0x3FFFFFFF) / 2 : place & 0x3FFFFFFF;
            int width = narrow ? 1 : 2;
            if (to <= from || offset >= main.Length) continue;
            pieces.Add(((int)offset, width, (int)Math.Min(to - from, (main.Length - offset) / width)));
        }

        return pieces;
    }

    // The type bytes of all field begins, in the order of the text.
    private static List<(int Type, CfbEntry Table, int Offset)> Typed(byte[] main, byte[] tables, CfbEntry table)
    {
        List<(int, CfbEntry, int)> typed = [];
        foreach (int index in FieldTables)
        {
            (int at, int length) = Pair(main, tables, index);
            int count = (length - 4) / 6;
            for (int i = 0; i < count; i++)
            {
                int field = at + (4 * (count + 1)) + (2 * i);
                if ((tables[field] & 0x1F) == 0x13) typed.Add((tables[field + 1], table, field + 1));
            }
        }

        return typed;
    }

    private sealed class Open
    {
        public List<(int Offset, int Width)> Places { get; } = [];

        public StringBuilder Text { get; } = new();

        public bool InResult { get; set; }

        public bool NestedFirst { get; set; }
    }

    private static void Fields(OleReading reading, CfbEntry word, byte[] main, List<(int Offset, int Width, int Count)> pieces, List<(int Type, CfbEntry Table, int Offset)> typed)
    {
        foreach ((int type, CfbEntry table, int offset) in typed)
        {
            if (Types.TryGetValue(type, out FindingKind? kind)) reading.Add(kind, $"{table.Name} offset {offset}", $"field type 0x{type:X2}", edits => edits.Patch(table)[offset] = 1);
        }

        List<Open> open = [];
        foreach ((int offset, int width, int count) in pieces)
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            for (int i = 0, at = offset; i < count; i++, at += width)
            {
                char c = width == 1 ? (char)main[at] : (char)(main[at] | (main[at + 1] << 8));
                if (c == '\u0013')
                {
                    // Deeper than any document nests: what lies there cannot be followed, and is said so.
                    if (open.Count > 200)
                    {
                        reading.Trouble(OfficeFindings.DamagedDocument, word.Name, "fields nested deeper than 200");
                        return;
                    }

                    if (open.Count > 0 && !open[^1].InResult && string.IsNullOrWhiteSpace(open[^1].Text.ToString())) open[^1].NestedFirst = true;
                    open.Add(new Open());
                }
                else if (c == '\u0014' && open.Count > 0 && !open[^1].InResult)
                {
                    open[^1].InResult = true;
                    Judge(reading, word, open[^1]);
                }
                else if (c == '\u0015' && open.Count > 0)
                {
                    Open done = open[^1];
                    if (!done.InResult) Judge(reading, word, done);
                    open.RemoveAt(open.Count - 1);
                }
                else
                {
                    // What a nested field resulted in is part of the outer instruction.
                    for (int level = open.Count - 1; level >= 0; level--)
                    {
                        if (!open[level].InResult)
                        {
                            if (open[level].Places.Count < MostInstruction)
                            {
                                open[level].Places.Add((at, width));
                                open[level].Text.Append(c);
                            }

                            break;
                        }
                    }
                }
            }
        }

        foreach (Open left in open.Where(one => !one.InResult)) Judge(reading, word, left);
    }

    private static void Judge(OleReading reading, CfbEntry word, Open field)
    {
        string text = field.Text.ToString().TrimStart('\u0001', '\u0008', ' ', '\t', '\r', '\u000B', '\u00A0', '"');
        int end = 0;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '_')) end++;
        string keyword = text[..end].Normalize(NormalizationForm.FormKC);
        FindingKind? kind = Keywords.GetValueOrDefault(keyword);
        string detail = keyword;
        string? url = null;
        if (kind is null && keyword.Equals("HYPERLINK", StringComparison.OrdinalIgnoreCase) && Target(text[end..]) is { } target && UrlJudge.Judge(target).Kind is UrlKind.Acts)
        {
            (kind, url, detail) = (OfficeFindings.UnsafeHyperlink, target, "HYPERLINK " + target);
        }

        // An instruction that another field computes can become any keyword.
        if (kind is null && field.NestedFirst && keyword.Length > 0 && Keywords.Keys.Any(one => one.StartsWith(keyword, StringComparison.OrdinalIgnoreCase) || one.EndsWith(keyword, StringComparison.OrdinalIgnoreCase))) kind = OfficeFindings.ActiveField;
        if (kind is null || field.Places.Count == 0) return;
        List<(int Offset, int Width)> places = field.Places;
        reading.Add(kind, $"{word.Name} offset {places[0].Offset}", detail.Length > 200 ? detail[..200] : detail, edits =>
        {
            byte[] bytes = edits.Patch(word);
            foreach ((int offset, int width) in places)
            {
                bytes[offset] = (byte)' ';
                if (width == 2) bytes[offset + 1] = 0;
            }

            if (url is not null) Erase(reading, edits, url);
        });
    }

    // The first argument that is no switch.
    private static string? Target(string arguments)
    {
        string rest = arguments.TrimStart(' ', '\u0001', '\t');
        if (rest.StartsWith('"') || rest.StartsWith('\u201C'))
        {
            int close = rest.AsSpan(1).IndexOfAny('"', '\u201D');
            return (close < 0 ? rest[1..] : rest[1..(close + 1)]).Replace("\\\\", "\\", StringComparison.Ordinal);
        }

        if (rest.Length == 0 || (rest[0] == '\\' && rest.Length > 1 && rest[1] != '\\')) return null;
        int blank = rest.IndexOf(' ', StringComparison.Ordinal);
        return (blank < 0 ? rest : rest[..blank]).Replace("\\\\", "\\", StringComparison.Ordinal);
    }

    // Word keeps the target a second time, in the hyperlink's binary form in the Data stream.
    private static void Erase(OleReading reading, OleEdits edits, string url)
    {
        if (url.Length < 4 || reading.File.Root.Find("Data") is not { Kind: CfbKind.Stream } data || data.Size > reading.Limits.OleStream) return;
        byte[] bytes = edits.Patch(data);
        foreach (byte[] spelled in (byte[][])[Encoding.Unicode.GetBytes(url), Encoding.Latin1.GetBytes(url)])
        {
            for (int at = 0; bytes.AsSpan(at).IndexOf(spelled) is var found and >= 0; at += found + spelled.Length) bytes.AsSpan(at + found, spelled.Length).Clear();
        }
    }

    // SttbfAssoc (MS-DOC 2.9.273): 1 is the template, 8 and 9 are the sources of a mail merge.
    private static void Associations(OleReading reading, byte[] main, byte[] tables, CfbEntry table)
    {
        (int at, int length) = Pair(main, tables, 32);
        int end = at + length;
        if (length < 6 || BinaryPrimitives.ReadUInt16LittleEndian(tables.AsSpan(at)) != 0xFFFF) return;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(tables.AsSpan(at + 2));
        at += 6;
        for (int i = 0; i < count && at + 2 <= end; i++)
        {
            int size = 2 * BinaryPrimitives.ReadUInt16LittleEndian(tables.AsSpan(at));
            at += 2;
            if (size > end - at) return;
            (int from, string text) = (at, Encoding.Unicode.GetString(tables, at, size));
            at += size;
            FindingKind? kind = i == 1 && IsElsewhere(text) ? OfficeFindings.RemoteTemplate : i is 8 or 9 && !string.IsNullOrWhiteSpace(text) ? OfficeFindings.DataConnection : null;
            if (kind is null) continue;
            reading.Add(kind, $"{table.Name} offset {from}", text, edits =>
            {
                Span<byte> place = edits.Patch(table).AsSpan(from, size);
                for (int unit = 0; unit + 1 < size; unit += 2) (place[unit], place[unit + 1]) = ((byte)' ', 0);
            });
        }
    }

    /// <summary>True for a path that opening the document fetches from another host.</summary>
    public static bool IsElsewhere(string path) => UrlJudge.Judge(path) is { Scheme.Length: > 1 } judged && (judged.Kind is UrlKind.Web || judged.Kind is UrlKind.Acts);

    // The command table (MS-DOC 2.9.319): an entry 1 lists macros that keys and menus call.
    private static void Commands(OleReading reading, CfbEntry word, byte[] main, byte[] tables)
    {
        (int at, int length) = Pair(main, tables, 24);
        if (length < 8 || tables[at] != 0xFF || tables[at + 1] != 1 || BinaryPrimitives.ReadInt32LittleEndian(tables.AsSpan(at + 2)) <= 0) return;
        reading.Add(OfficeFindings.CustomUi, word.Name, "commands that call macros", edits => edits.Patch(word).AsSpan(FirstPair + (8 * 24) + 4, 4).Clear());
    }

    // PlcfWkb and SttbFnm (MS-DOC 2.5.6): where the subdocuments of a master document stand in the text, and the files that the document refers to.
    private static void Subdocuments(OleReading reading, CfbEntry word, byte[] main, byte[] tables, CfbEntry table)
    {
        foreach ((int pair, string what) in ((int, string)[])[(54, "subdocuments"), (72, "files referred to")])
        {
            if (main.Length < FirstPair + (8 * pair) + 8 || BinaryPrimitives.ReadUInt16LittleEndian(main.AsSpan(0x98)) <= pair) continue;
            (int at, int length) = Pair(main, tables, pair);
            if (length == 0 || (pair == 54 && length < 20) || (pair == 72 && (length < 8 || !tables.AsSpan(at + 6, length - 6).ContainsAnyExcept((byte)0)))) continue;
            string shown = pair == 54 ? "" : ": " + new string([.. Encoding.Unicode.GetString(tables, at + 6, (length - 6) & ~1).Where(static c => c >= ' ').Take(100)]);
            reading.Add(OfficeFindings.ExternalLink, $"{word.Name} {pair}", what + shown, edits =>
            {
                edits.Patch(word).AsSpan(FirstPair + (8 * pair) + 4, 4).Clear();
                edits.Patch(table).AsSpan(at, length).Clear();
            });
        }
    }
}
