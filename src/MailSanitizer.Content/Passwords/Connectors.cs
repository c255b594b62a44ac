namespace MailSanitizer.Content.Passwords;

/// <summary>What ties a label to its value.</summary>
/// <param name="Strength"><see cref="None"/>, <see cref="Sentence"/> or <see cref="Mark"/>.</param>
/// <param name="End">Where the value begins.</param>
internal readonly record struct Connector(int Strength, int End)
{
    public const int None = 0;
    public const int Sentence = 1;
    public const int Mark = 2;
}

/// <summary>Separators and verbs between a label and its value.</summary>
internal static class Connectors
{
    private static readonly string[] Marks = ["-->", "->", "=>", "==", ":", "=", "→", "⇒", "⇨", "➡", "▶", "▷", "｜", "|", "…", "・・", "⇔", "＞＞", "↓"];

    private static readonly string[] Verbs =
    [
        "につきましては", "については", "に関しては", "ですが", "とは", "は", "が", "も", "に", "is", "'s", "’s", "are", "was", "will be", "ist", "lautet", "lauten", "est", "es", "è", "为", "為", "是", "은", "는", "이", "가", "als", "at",
    ];

    // Inside prose a verb must be unmistakable.
    private static readonly string[] InnerVerbs = [" is ", " lautet ", " lautet", " ist ", " est le suivant", " est ", " are ", "は", "为", "為", "는 ", "은 ", "正しくは"];

    /// <summary>Behind the label: closing brackets, "(半角英数)" and words that make it longer ("パスワード情報").</summary>
    public static int SkipAnnotation(TextLine line, int at)
    {
        for (int rounds = 0; rounds < 4; rounds++)
        {
            int blank = at;
            while (blank < line.Folded.Length && line.Folded[blank] == ' ') blank++;
            if (blank >= line.Folded.Length) return at;
            char one = line.Text[blank];
            if (one is '】' or '」' or '』' or ']' or '］' or '》' or '〉' or '〕' or '）' or ')' or '*' or '■' or '◆' or '●' or '◇' or '□')
            {
                at = blank + 1;
            }
            else if (one is '（' or '(' && ValueReading.Close(line, blank) is > 0 and int close && Wordy(line, blank + 1, close) && close + 1 < line.Text.Length)
            {
                at = close + 1;
            }
            else
            {
                break;
            }
        }

        return at;
    }

    /// <summary>The connector at a place behind a label; several in a row count as one.</summary>
    public static Connector At(TextLine line, int at)
    {
        Connector result = new(Connector.None, at);
        int from = at;
        for (int rounds = 0; rounds < 4; rounds++)
        {
            int start = from;
            while (start < line.Folded.Length && line.Folded[start] == ' ') start++;
            if (start >= line.Folded.Length)
            {
                // Nothing behind the label: it is the caption of what follows.
                return result.Strength == Connector.None ? new Connector(Connector.Mark, line.Text.Length) : result with { End = line.Text.Length };
            }

            if (result.Strength == Connector.None && line.Text.AsSpan(from, start - from).Contains('\t')) result = new Connector(Connector.Mark, start);
            int length = Match(line, start, Marks);
            if (length > 0)
            {
                from = start + length;
                result = new Connector(Connector.Mark, from);
                continue;
            }

            if (result.Strength == Connector.Mark) return result;
            length = Match(line, start, Verbs);
            bool latin = length > 0 && char.IsAsciiLetter(line.Folded[start]);
            if (length == 0 || (latin && start + length < line.Folded.Length && char.IsLetterOrDigit(line.Folded[start + length]))) break;
            from = start + length;
            if (from < line.Text.Length && line.Text[from] is '、' or '，' or ',') from++;
            result = new Connector(Connector.Sentence, from);
        }

        // Two blanks or more, or an ideographic one, part a caption from its value.
        if (result.Strength == Connector.None && Gap(line, at) is > 0 and int gap) return new Connector(Connector.Mark, gap);
        return result;
    }

    /// <summary>A connector in the middle of prose.</summary>
    public static Connector Inside(TextLine line, int at)
    {
        char one = line.Folded[at];
        if (one is ':' or '→' or '⇒' or '=')
        {
            bool link = one == ':' && line.Folded.AsSpan(at).StartsWith("://", StringComparison.Ordinal);
            bool time = one == ':' && at > 0 && at + 1 < line.Folded.Length && char.IsAsciiDigit(line.Folded[at - 1]) && char.IsAsciiDigit(line.Folded[at + 1]);
            bool inner = one == '=' && at > 0 && Folding.IsGraphic(line.Folded[at - 1]);
            return link || time || inner ? default : new Connector(Connector.Mark, at + 1);
        }

        if (one == '-' && line.Folded.AsSpan(at).StartsWith("->", StringComparison.Ordinal)) return new Connector(Connector.Mark, at + 2);
        int length = Match(line, at, InnerVerbs);
        if (length == 0) return default;
        int end = at + length;
        while (end < line.Folded.Length && line.Folded[end] is ' ') end++;
        if (end < line.Folded.Length && line.Folded[end] == ':') return new Connector(Connector.Mark, end + 1);
        return new Connector(Connector.Sentence, end);
    }

    private static int Match(TextLine line, int at, string[] words)
    {
        foreach (string word in words)
        {
            if (string.Compare(line.Folded, at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) == 0) return word.Length;
        }

        return 0;
    }

    private static int Gap(TextLine line, int at)
    {
        int end = at;
        while (end < line.Folded.Length && line.Folded[end] == ' ') end++;
        bool wide = end - at >= 2 || (end - at == 1 && line.Text[at] == '\u3000');
        return wide && end < line.Folded.Length ? end : 0;
    }

    // "(半角英数字)" explains; "(1124)" is a value.
    private static bool Wordy(TextLine line, int start, int end)
    {
        for (int at = start; at < end; at++)
        {
            if (Folding.IsWide(line.Folded[at])) return true;
        }

        return !line.Folded.AsSpan(start, end - start).ContainsAnyInRange('0', '9');
    }
}
