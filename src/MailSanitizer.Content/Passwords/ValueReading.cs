namespace MailSanitizer.Content.Passwords;

/// <summary>Where a value begins and how it may end.</summary>
internal static class ValueReading
{
    private const string Openers = "「『【《〈〔［（“”„\"‘'‹«<[({`";
    private const string Closers = "」』】》〉〕］）””“\"’'›»>])}`";

    // What a polite writer puts behind the password. Each begins the rest of the sentence.
    private static readonly string[] Tails =
    [
        "でございます", "でござい", "です", "となります", "となっております", "となっています", "になります", "になっております", "となる", "とさせて", "でお願い", "で開", "で解", "にて", "にしました", "にして", "にします",
        "にしておき", "と入力", "をご", "を入力", "をお", "を使", "でした", "だ", "である", "で、", "で。", "。", "、", "，", "！", "？", "(", "（", "「", "」", "』", "】", "）", "※", "←", "↑", "\u3000", "  ", "입니다", "입니", "이며", "로 ", "으로", "를 ", "을 ",
        "，请", "请", "。", "；", "宜しく", "よろしく", "なお", "まで", "から", "とな", "のはず", "は ",
    ];

    /// <summary>The strings between marks in a line, at most 16: place, content, whether the marks are brackets of a title.</summary>
    public static IEnumerable<(int Start, int End, string Inner)> Quoted(TextLine line)
    {
        int found = 0;
        for (int at = 0; at < line.Text.Length && found < 16; at++)
        {
            int kind = Openers.IndexOf(line.Text[at], StringComparison.Ordinal);
            if (kind < 0)
            {
                kind = Openers.IndexOf(line.Folded[at], StringComparison.Ordinal);
                if (kind < 0) continue;
            }

            int close = Close(line, at);
            if (close < 0) continue;
            string inner = line.Text[(at + 1)..close].Trim(TextLines.Blanks);
            if (inner.Length is >= 2 and <= 128)
            {
                found++;
                yield return (at, close + 1, inner);
            }
        }
    }

    /// <summary>The place of the closing mark for the opening one at <paramref name="at"/>, within 130 characters; -1 when there is none.</summary>
    public static int Close(TextLine line, int at)
    {
        char open = line.Text[at];
        int window = Math.Min(line.Text.Length - at - 1, 130);
        if (window <= 0) return -1;
        ReadOnlySpan<char> written = line.Text.AsSpan(at + 1, window);
        ReadOnlySpan<char> folded = line.Folded.AsSpan(at + 1, window);
        int kind = Openers.IndexOf(open, StringComparison.Ordinal);
        char close = kind >= 0 ? Closers[kind] : Closers[Openers.IndexOf(line.Folded[at], StringComparison.Ordinal)];
        int end = open switch
        {
            '“' or '”' or '„' or '"' => written.IndexOfAny("”“\""),
            '\'' or '‘' => Apostrophe(line, at, written),
            '«' => written.IndexOf('»'),
            '（' or '(' => written.IndexOfAny(")）"),
            '［' or '[' => written.IndexOfAny("]］"),
            '＜' or '<' => folded.IndexOf('>'),
            _ => written.IndexOf(close) is >= 0 and int exact ? exact : folded.IndexOf(close),
        };
        return end < 0 ? -1 : at + 1 + end;
    }

    /// <summary>True for a mark that opens a quotation at that place.</summary>
    public static bool Opens(TextLine line, int at) =>
        at < line.Text.Length && (Openers.Contains(line.Text[at], StringComparison.Ordinal) || Openers.Contains(line.Folded[at], StringComparison.Ordinal)) && line.Text[at] != '\'';

    /// <summary>The run of printable ASCII (full-width included) that begins at <paramref name="at"/>: its end.</summary>
    public static int Run(TextLine line, int at)
    {
        while (at < line.Folded.Length && Folding.IsGraphic(line.Folded[at])) at++;
        return at;
    }

    /// <summary>The run up to the next blank, mark or polite tail: a password may hold letters of any script.</summary>
    public static int WideRun(TextLine line, int at)
    {
        int start = at;
        for (; at < line.Folded.Length; at++)
        {
            if (line.Folded[at] == ' ') break;
            if (at > start && !Folding.IsGraphic(line.Folded[at]) && StartsTail(line, at)) break;
        }

        return at;
    }

    /// <summary>True when what stands at <paramref name="at"/> is the polite rest of a sentence, or nothing.</summary>
    public static bool StartsTail(TextLine line, int at)
    {
        ReadOnlySpan<char> rest = line.Text.AsSpan(Math.Min(at, line.Text.Length));
        if (rest.Trim(TextLines.Blanks).IsEmpty) return true;
        foreach (string tail in Tails)
        {
            if (rest.StartsWith(tail, StringComparison.Ordinal)) return true;
        }

        rest = line.Folded.AsSpan(at).TrimStart(' ');
        if (rest.StartsWith("(", StringComparison.Ordinal)) return true;
        foreach (string tail in Tails)
        {
            if (rest.StartsWith(tail, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    /// <summary>Without the marks that end a sentence.</summary>
    public static string WithoutStop(string text) => text.TrimEnd('.', ',', ';', ':', '!', '?', '。', '、', '．', '，', '！', '？', '"', '\'', ')', '」', '』', '>', '”', '’');

    // An apostrophe opens only in front of a word, and its partner must end one.
    private static int Apostrophe(TextLine line, int at, ReadOnlySpan<char> rest)
    {
        if (at > 0 && char.IsLetterOrDigit(line.Text[at - 1])) return -1;
        int end = rest.IndexOfAny("'’");
        return end > 0 && (end + 1 >= rest.Length || !char.IsLetterOrDigit(rest[end + 1])) ? end : -1;
    }
}
