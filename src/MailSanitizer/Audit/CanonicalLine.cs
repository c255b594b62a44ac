using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace MailSanitizer.Audit;

/// <summary>
/// Checks in one pass, without recursion or a tree, that a line is a canonical JSON object (RFC 8785), and says where its outer members are. Verifying a million
/// records stands on this; the writer's form is the reference, and a differential fuzz target compares the two.
/// </summary>
internal ref struct CanonicalLine(ReadOnlySpan<byte> line)
{
    private static readonly SearchValues<byte> StringEnds = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'"', (byte)'\\']);
    private readonly ReadOnlySpan<byte> _line = line;
    private int _at;

    /// <summary>Outer member <c>seq</c>; -1 when there is none.</summary>
    public long Seq { get; private set; } = -1;

    /// <summary>Place of the outer member <c>prev</c>, without quotes.</summary>
    public Range Prev { get; private set; } = ..0;

    /// <summary>Place of <c>event.action</c>, without quotes.</summary>
    public Range Action { get; private set; } = ..0;

    /// <summary>Checks the whole line.</summary>
    public bool Check()
    {
        if (_line.Length == 0 || _line[0] != (byte)'{' || !Utf8.IsValid(_line)) return false;
        // One entry a level: whether it is an object, and where its last name stands (start < 0: none yet).
        Span<(bool IsObject, int Start, int End)> open = stackalloc (bool, int, int)[CanonicalJson.MaxDepth + 1];
        int depth = -1;
        bool value = true;
        while (true)
        {
            if (_at >= _line.Length) return false;
            byte here = _line[_at];
            if (value)
            {
                if (here is (byte)'{' or (byte)'[')
                {
                    if (++depth > CanonicalJson.MaxDepth) return false;
                    open[depth] = (here == '{', -1, -1);
                    _at++;
                    if (_at < _line.Length && _line[_at] == (here == '{' ? '}' : ']'))
                    {
                        value = false;
                        continue;
                    }

                    if (here == '{' && !Name(ref open[depth])) return false;
                    continue;
                }

                int start = _at;
                if (!Scalar(here)) return false;
                Note(open, depth, start);
                value = false;
                if (depth < 0) return false;
                continue;
            }

            switch (here)
            {
                case (byte)',':
                    _at++;
                    if (open[depth].IsObject && !Name(ref open[depth])) return false;
                    value = true;
                    break;
                case (byte)'}' or (byte)']':
                    if (open[depth].IsObject != (here == '}')) return false;
                    _at++;
                    if (--depth < 0) return _at == _line.Length;
                    break;
                default:
                    return false;
            }
        }
    }

    private void Note(scoped ReadOnlySpan<(bool IsObject, int Start, int End)> open, int depth, int start)
    {
        if (depth is not (0 or 1) || !open[depth].IsObject) return;
        ReadOnlySpan<byte> name = _line[open[depth].Start..open[depth].End];
        if (depth == 0)
        {
            if (name.SequenceEqual("prev"u8) && _line[start] == '"') Prev = (start + 1)..(_at - 1);
            else if (name.SequenceEqual("seq"u8) && Utf8Parser.TryParse(_line[start.._at], out long seq, out int used) && used == _at - start) Seq = seq;
        }
        else if (open[0].IsObject && _line[open[0].Start..open[0].End].SequenceEqual("event"u8) && name.SequenceEqual("action"u8) && _line[start] == '"')
        {
            Action = (start + 1)..(_at - 1);
        }
    }

    // A name, above the one before it, and its colon.
    private bool Name(scoped ref (bool IsObject, int Start, int End) level)
    {
        if (_at >= _line.Length || _line[_at] != '"') return false;
        int start = _at + 1;
        if (!String()) return false;
        int end = _at - 1;
        if (level.Start >= 0 && !IsAbove(_line[level.Start..level.End], _line[start..end])) return false;
        level = (level.IsObject, start, end);
        if (_at >= _line.Length || _line[_at] != ':') return false;
        _at++;
        return true;
    }

    // RFC 8785 3.2.3 sorts by UTF-16 units of the unescaped name; for ASCII without escapes bytes give the same order.
    private static bool IsAbove(ReadOnlySpan<byte> before, ReadOnlySpan<byte> name)
    {
        if (Ascii.IsValid(before) && Ascii.IsValid(name) && !before.Contains((byte)'\\') && !name.Contains((byte)'\\')) return before.SequenceCompareTo(name) < 0;
        return string.CompareOrdinal(Unescape(before), Unescape(name)) < 0;
    }

    private static string Unescape(ReadOnlySpan<byte> text)
    {
        StringBuilder plain = new();
        string chars = Encoding.UTF8.GetString(text);
        for (int at = 0; at < chars.Length; at++)
        {
            if (chars[at] != '\\')
            {
                plain.Append(chars[at]);
                continue;
            }

            char escape = chars[++at];
            if (escape == 'u')
            {
                plain.Append((char)ushort.Parse(chars.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                at += 4;
            }
            else
            {
                plain.Append(escape switch { 'b' => '\b', 't' => '\t', 'n' => '\n', 'f' => '\f', 'r' => '\r', _ => escape });
            }
        }

        return plain.ToString();
    }

    private bool Scalar(byte here) => here switch
    {
        (byte)'"' => String(),
        (byte)'t' => Word("true"u8),
        (byte)'f' => Word("false"u8),
        (byte)'n' => Word("null"u8),
        _ => NumberAt(),
    };

    private bool Word(ReadOnlySpan<byte> word)
    {
        if (!_line[_at..].StartsWith(word)) return false;
        _at += word.Length;
        return true;
    }

    private bool String()
    {
        _at++;
        while (true)
        {
            int next = _line[_at..].IndexOfAny(StringEnds);
            if (next < 0) return false;
            _at += next;
            if (_line[_at] == '"')
            {
                _at++;
                return true;
            }

            if (_line[_at] != '\\' || _at + 1 >= _line.Length) return false;
            switch (_line[_at + 1])
            {
                case (byte)'"' or (byte)'\\' or (byte)'b' or (byte)'t' or (byte)'n' or (byte)'f' or (byte)'r':
                    _at += 2;
                    break;
                case (byte)'u':
                    if (_at + 6 > _line.Length || !IsShortestEscape(_line.Slice(_at + 2, 4))) return false;
                    _at += 6;
                    break;
                default:
                    return false;
            }
        }
    }

    // Only control characters without a short form are written with \u, in lower case.
    private static bool IsShortestEscape(ReadOnlySpan<byte> hex)
    {
        if (hex[0] != '0' || hex[1] != '0' || hex[2] is not ((byte)'0' or (byte)'1')) return false;
        if (hex[3] is not ((>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f'))) return false;
        bool hasShortForm = hex[2] == '0' && (hex[3] is (byte)'8' or (byte)'9' or (byte)'a' or (byte)'c' or (byte)'d');
        return !hasShortForm;
    }

    private bool NumberAt()
    {
        int start = _at;
        while (_at < _line.Length && _line[_at] is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'+' or (byte)'.' or (byte)'e') _at++;
        ReadOnlySpan<byte> text = _line[start.._at];
        ReadOnlySpan<byte> digits = text.Length > 0 && text[0] == '-' ? text[1..] : text;
        if (digits.Length == 0) return false;
        if (digits.Length <= 15 && digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0) return digits[0] != '0' || text.Length == 1;
        // Long or broken numbers are rare: parsed and written again.
        string written = Encoding.ASCII.GetString(text);
        return double.TryParse(written, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double value)
            && double.IsFinite(value) && CanonicalJson.Number(value) == written;
    }
}
