namespace MailSanitizer.Content.Passwords;

/// <summary>Strings without a label on their own line: below one, alone, in marks, behind a caption, or in a sentence that tells what to type.</summary>
internal static class SetApart
{
    private static readonly string[] Typing = ["と入力", "を入力", "で開", "でひら", "で解凍", "正しくは", "(正)", "正)", "新)", "enter ", "type ", "it's ", "it is ", "use ", "先頭は", "eingeben", "saisir", "entrez", "输入", "입력"];

    // Signs that open an item of a list, when a blank or another script follows.
    private const string Bullets = "■□◆◇●○・※★☆▼▽▲△▶▷→⇒↓＞»›-*+•‐–—＊①②③④⑤⑥⑦⑧⑨⑩➡✓◎";

    /// <summary>Reads a line; true when it gave a candidate that an announcement waited for.</summary>
    public static bool Read(TextLine line, int doubt, bool labelled, Announcement announced, CandidateScore scores)
    {
        if (Announcement.IsDecoration(line)) return false;
        bool due = announced.Due;
        int place = due ? (announced.Pointed ? 96 : 88) - (4 * announced.Distance) - (6 * announced.Found) : labelled ? 58 : 30;
        string kind = due && announced.Distance <= 4 ? "labelled" : "set-apart";
        string why = due ? "below a label" : "alone on its line";
        if (due && announced.Columns >= 2 && Announcement.Cells(line) is { } cells && cells.Count == announced.Columns)
        {
            scores.Find(cells[announced.Column], 99 - doubt, "labelled", line, "in the column of a label");
            return true;
        }

        bool found = Alone(line, place - doubt, kind, why, due && (announced.Pointed || announced.Blanks) && announced.Distance <= 2, scores);
        if (!found) found = Caption(line, (due ? place - 6 : labelled ? 48 : 20) - doubt, kind, scores);
        found |= Marks(line, (due ? place - 4 : labelled ? 56 : 26) - doubt, due && announced.Distance <= 3 ? "labelled" : "set-apart", labelled, scores);
        if (labelled) Sentence(line, (Tells(line) ? 68 : due ? 52 : 38) - doubt, scores);
        return found;
    }

    // The whole line is one string, but for list signs before and politeness behind.
    private static bool Alone(TextLine line, int score, string kind, string why, bool pointed, CandidateScore scores)
    {
        int start = Start(line);
        if (start >= line.Text.Length || ValueReading.Opens(line, start) && ValueReading.Close(line, start) > start) return false;
        string whole = line.Text[start..].Trim(TextLines.Blanks);
        if (whole.Length > 80) return false;
        if (Folding.IsGraphic(line.Folded[start]))
        {
            int end = ValueReading.Run(line, start);
            string run = line.Text[start..end];
            if (ValueReading.StartsTail(line, end) && line.Folded[end..].Trim().Length <= 40)
            {
                bool word = Context.IsWord(ValueReading.WithoutStop(run)) || Plausibility.IsSomethingElse(run);
                if (word && !pointed && score < 80) score -= 14;
                scores.Find(run, score, kind, line, why);
                if (ValueReading.WithoutStop(run) is { Length: > 1 } stopped && stopped != run) scores.Find(stopped, score - 5, kind, line, why);
                return !Plausibility.IsSomethingElse(run);
            }

            // Letters with marks, or of another script, inside: "été2026-nord", "Grün&Blau7".
            int wideEnd = ValueReading.WideRun(line, start);
            if (wideEnd > end && line.Folded[wideEnd..].Trim().Length == 0 && !Context.IsProse(whole))
            {
                scores.Find(line.Text[start..wideEnd], score - (pointed ? 2 : 12), kind, line, why);
                return pointed;
            }

            if (pointed && whole.Length <= 48 && !Context.IsProse(whole) && line.Folded.AsSpan(start).IndexOf(": ") < 0)
            {
                scores.Find(whole, score - 2, kind, line, why);
                return true;
            }

            return false;
        }

        int close = ValueReading.WideRun(line, start);
        string wide = line.Text[start..close];
        bool short_ = wide.Length is >= 2 and <= 20 && line.Folded[close..].Trim().Length <= 24 && !Context.IsProse(wide);
        bool mixed = wide.AsSpan().ContainsAnyInRange('0', '9') || wide.AsSpan().ContainsAnyInRange('A', 'z');
        if (!short_ || (!pointed && !mixed)) return false;
        scores.Find(wide, score - (pointed ? 8 : 24), kind, line, why);
        return false;
    }

    // "図面.zip ： kD7c", "旧）x": a caption and a value.
    private static bool Caption(TextLine line, int score, string kind, CandidateScore scores)
    {
        (int key, int value) = Split(line);
        if (key <= 0 || value >= line.Text.Length) return false;
        string caption = line.Text[..key];
        if (Context.IsDecoyKey(caption)) return false;
        if (ValueReading.Opens(line, value)) return false;
        int end = ValueReading.Run(line, value);
        if (end == value || !ValueReading.StartsTail(line, end)) return false;
        string run = line.Text[value..end];
        if (Plausibility.IsSomethingElse(run)) return false;
        bool file = Plausibility.IsSomethingElse(caption.Trim(TextLines.Blanks).TrimStart('・', '-', '*', ' '));
        bool likely = file || Plausibility.StandsOut(run);
        scores.Find(run, score + (file ? 8 : likely ? 0 : -12), kind, line, "behind a caption");
        return likely;
    }

    private static bool Marks(TextLine line, int score, string kind, bool labelled, CandidateScore scores)
    {
        bool found = false;
        foreach ((int start, int end, string inner) in ValueReading.Quoted(line))
        {
            if (Context.IsProse(inner) || Context.IsPointer(inner) || Plausibility.IsSomethingElse(inner)) continue;
            bool alone = line.Folded.AsSpan(0, start).Trim(' ').IsEmpty && ValueReading.StartsTail(line, end);
            bool likely = Plausibility.StandsOut(inner);
            bool wide = !likely && inner.AsSpan().ContainsAnyExceptInRange('!', '~') && !inner.AsSpan().ContainsAnyInRange('0', '9');
            if (wide && !(labelled && alone)) continue;
            int place = alone ? score + 4 : likely ? score : score - 16;
            // Asides in round brackets explain more often than they name.
            if (line.Folded[start] == '(') place -= 14;
            if (wide) place -= 10;
            scores.Find(inner, place, alone || likely ? kind : "set-apart", line, alone ? "alone in marks" : "in marks");
            found |= alone || likely;
        }

        return found;
    }

    private static void Sentence(TextLine line, int score, CandidateScore scores)
    {
        int found = 0;
        foreach ((int start, int end) in TokenSweep.Runs(line))
        {
            string run = ValueReading.WithoutStop(line.Text[start..end]).TrimStart('(', '"', '\'', '<', '[');
            if (!Plausibility.StandsOut(run) || Context.FollowsDecoy(line, start) || ++found > 8) continue;
            scores.Find(run, score, "set-apart", line, "stands out in a sentence");
        }
    }

    private static bool Tells(TextLine line)
    {
        string folded = line.Folded.ToLowerInvariant();
        foreach (string word in Typing)
        {
            if (folded.Contains(word, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    private static int Start(TextLine line)
    {
        int at = 0;
        for (int rounds = 0; rounds < 4; rounds++)
        {
            while (at < line.Folded.Length && line.Folded[at] == ' ') at++;
            if (at + 1 >= line.Text.Length) return at;
            bool ascii = Folding.IsGraphic(line.Text[at]);
            if (!Bullets.Contains(line.Text[at], StringComparison.Ordinal) || (ascii && line.Folded[at + 1] != ' ')) return at;
            at++;
        }

        return at;
    }

    private static (int Key, int Value) Split(TextLine line)
    {
        int window = Math.Min(line.Folded.Length, 64);
        for (int at = 1; at < window; at++)
        {
            char one = line.Folded[at];
            bool mark = one is ':' or '=' or '→' or '…' or '|' or '⇒' || line.Text[at] is '\t' or '\u3000'
                || (one == ')' && at <= 7 && line.Text[at] != ')') || (one == ' ' && at + 1 < window && line.Folded[at + 1] == ' ') || (one == '-' && at + 1 < window && line.Folded[at + 1] == '>');
            if (!mark) continue;
            int value = at + 1;
            while (value < line.Folded.Length && (line.Folded[value] is ' ' or ':' or '…' or '>' or '・' or '=' || line.Text[value] == '→')) value++;
            if (value < line.Folded.Length && line.Folded[value] == '/' && one == ':') continue;
            return (at, value);
        }

        return (0, 0);
    }
}
