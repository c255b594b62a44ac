using System.Globalization;
using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Disarming.Tables;

/// <summary>
/// CSV and TSV: cells that a spreadsheet program computes. A cell is neutralised by an apostrophe in front of it, which every program reads as "this is text";
/// all other bytes stay. The cells are looked at as text in the part's own charset, because the second byte of a Shift_JIS letter can be any of these signs.
/// </summary>
public sealed class TableHandler : IPartHandler
{
    private static readonly string[] Reaching =
        ["WEBSERVICE(", "HYPERLINK(", "IMAGE(", "IMPORTXML(", "IMPORTDATA(", "IMPORTFEED(", "IMPORTHTML(", "IMPORTRANGE(", "CALL(", "EXEC(", "REGISTER(", "REGISTER.ID(", "RTD(", "DDE(", "DDEINITIATE(", "FILTERXML(", "SQL.REQUEST(", "EVALUATE("];

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["csv", "tsv"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (part.Bytes.ToArray(context.Limits.TableBytes) is not { } bytes)
        {
            context.Report(TableFindings.OverLimit, "", $"more than {context.Limits.TableBytes} bytes");
            return;
        }

        Dictionary<FindingKind, int> seen = [];
        foreach ((FindingKind kind, _, int row, string cell) in Cells(new Table(bytes, part.Description.DeclaredCharset), context.Cancellation))
        {
            int count = seen[kind] = seen.GetValueOrDefault(kind) + 1;
            if (count <= context.Limits.TableFindings) context.Report(kind, $"row {row.ToString(CultureInfo.InvariantCulture)}", cell.Length <= 60 ? cell : cell[..60] + "…", Encoding.UTF8.GetBytes(cell));
        }

        foreach ((FindingKind kind, int count) in seen.Where(one => one.Value > context.Limits.TableFindings)) context.Report(kind, "", $"{count} cells in all");
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        if (part.Bytes.ToArray(context.Limits.TableBytes) is not { } bytes) return RebuildOutcome.Failed(TableFindings.OverLimit.Id);
        Table table = new(bytes, part.Description.DeclaredCharset);
        long done = 0;
        bool any = false;
        foreach ((FindingKind kind, long offset, int row, _) in Cells(table, context.Cancellation))
        {
            if (!context.Removes(kind)) continue;
            any = true;
            output.Copy(done, offset - done);
            output.Write(table.Encoding.GetBytes("'"));
            done = offset;
            context.Done(kind, $"row {row.ToString(CultureInfo.InvariantCulture)}", "neutralised");
        }

        if (!any) return RebuildOutcome.Unchanged;
        output.Copy(done, bytes.Length - done);
        return RebuildOutcome.Rewritten;
    }

    /// <summary>Cells that are computed, with the byte in front of which the apostrophe goes.</summary>
    private static IEnumerable<(FindingKind Kind, long Offset, int Row, string Cell)> Cells(Table table, CancellationToken cancellation)
    {
        string text = table.Text;
        int row = 1;
        for (int at = 0; at < text.Length;)
        {
            if ((row & 1023) == 0) cancellation.ThrowIfCancellationRequested();
            int start = at;
            while (start < text.Length && text[start] == ' ') start++;
            bool quoted = start < text.Length && text[start] == '"';
            int end = quoted ? QuotedEnd(text, start + 1) : start;
            while (end < text.Length && text[end] is not (',' or ';' or '\t' or '\r' or '\n' or '|')) end++;

            // A tab or line end in front of the sign is dropped by programs when a field is quoted; the bar separates too in some exports, but "=cmd|" must stay whole.
            int first = quoted ? start + 1 : start;
            int whole = end;
            while (!quoted && whole < text.Length && text[whole] is not (',' or '\t' or '\r' or '\n')) whole++;
            string cell = text[first..Math.Max(first, quoted ? Math.Min(end, text.Length) : whole)].TrimStart(' ', '\t', '\r', '\n', '\u3000', '\0');
            if (Judge(cell.TrimEnd('"')) is { } kind) yield return (kind, table.OffsetOf(first), row, cell);
            if (end < text.Length && text[end] is '\n' || (end < text.Length && text[end] is '\r' && (end + 1 >= text.Length || text[end + 1] != '\n'))) row++;
            at = end + 1;
        }
    }

    private static int QuotedEnd(string text, int at)
    {
        for (; at < text.Length; at++)
        {
            if (text[at] != '"') continue;
            if (at + 1 < text.Length && text[at + 1] == '"') at++;
            else return at + 1;
        }

        return at;
    }

    private static FindingKind? Judge(string cell)
    {
        if (cell.Length < 2) return null;
        char sign = cell[0] is >= '\uFF01' and <= '\uFF5E' ? (char)(cell[0] - 0xFEE0) : cell[0];
        if (sign is not ('=' or '+' or '-' or '@')) return null;
        string formula = string.Concat(cell[1..].Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c))).ToUpperInvariant();
        int bar = formula.IndexOf('|', StringComparison.Ordinal);
        if (bar > 0 && formula.IndexOf('!', bar) > bar) return TableFindings.ActiveFormula;
        if (Reaching.Any(function => formula.Contains(function, StringComparison.Ordinal))) return TableFindings.ActiveFormula;

        // ="0012" is how exports keep leading zeros.
        if (sign == '=' && formula.StartsWith('"') && !formula.Trim('"').Contains('"', StringComparison.Ordinal)) return null;
        if (sign is '+' or '-' && IsNumberOrWords(formula)) return null;
        if (sign == '@' && formula.All(c => char.IsLetterOrDigit(c) || c is '_' or '.' or '-')) return null;
        return sign is '+' or '-' or '@' && !formula.AsSpan().ContainsAny("()!") ? null : TableFindings.Formula;
    }

    // Numbers, telephone numbers, dates, ranges, dashes before words: nothing that names a cell or calls a function.
    private static bool IsNumberOrWords(string formula) => formula.All(c => char.IsAsciiDigit(c) || c is '.' or ',' or '-' or '+' or '(' or ')' or '/' or ':' or '%' or 'E' or '¥' or '$' or '\\') || !formula.AsSpan().ContainsAny("()!|");

    /// <summary>The text, and where each of its characters stands.</summary>
    private sealed class Table
    {
        private readonly int _preamble;
        private int _lastPlace;
        private long _lastOffset;

        public Table(byte[] bytes, string? declared)
        {
            ReadOnlySpan<byte> span = bytes;
            (Encoding, _preamble) = span.StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? (Charset.Utf8, 3) : span.StartsWith<byte>([0xFF, 0xFE]) ? (Encoding.Unicode, 2) : span.StartsWith<byte>([0xFE, 0xFF]) ? (Encoding.BigEndianUnicode, 2)
                : bytes.Length > 1 && bytes[1] == 0 ? (Encoding.Unicode, 0) : bytes.Length > 1 && bytes[0] == 0 ? (Encoding.BigEndianUnicode, 0) : (Narrow(bytes, declared), 0);
            Text = Encoding.GetString(bytes, _preamble, bytes.Length - _preamble);

            // What does not come back the same cannot be counted in bytes: one byte is one character then, and every sign is seen.
            if (Encoding.GetByteCount(Text) != bytes.Length - _preamble) (Encoding, Text) = (Encoding.Latin1, Encoding.Latin1.GetString(bytes, _preamble, bytes.Length - _preamble));
            _lastOffset = _preamble;
        }

        public Encoding Encoding { get; }

        public string Text { get; }

        /// <summary>Asked in rising order.</summary>
        public long OffsetOf(int place)
        {
            _lastOffset += Encoding.GetByteCount(Text.AsSpan(_lastPlace, place - _lastPlace));
            _lastPlace = place;
            return _lastOffset;
        }

        private static Encoding Narrow(byte[] bytes, string? declared)
        {
            if (Charset.TryDecode(Charset.StrictUtf8, bytes) is not null) return Charset.Utf8;
            if (declared is not null && Charset.Find(declared) is { IsSingleByte: true } stated) return stated;
            return Charset.TryDecode(Charset.Strict(Charset.Cp932), bytes) is not null ? Charset.Cp932 : Encoding.Latin1;
        }
    }
}
