namespace MailSanitizer.Content.Passwords;

/// <summary>Reads the lines of a message in order and remembers what the last ones announced.</summary>
internal sealed class LineReading(CandidateScore scores, bool labelled)
{
    private const int Direct = 100;
    private readonly Announcement _announced = new();

    /// <summary>Reads the next line.</summary>
    public void Take(TextLine line)
    {
        if (line.IsBlank) return;
        _announced.Enter(line);
        int doubt = Context.Doubt(line);
        bool found = false;
        foreach (Label label in line.Labels) found |= Behind(line, label, doubt);
        if (line.HasLabel) found |= AroundLabel(line, doubt);
        // A password may hold a label's letters ("pass-Wrd_88"): a line that was waited for is read like any.
        if (!line.HasLabel || (!found && (_announced.Due || OnlyWeak(line)))) found = SetApart.Read(line, doubt, labelled, _announced, scores);

        _announced.Leave(line, found);
    }

    // What stands behind the label: a separator and a value, or a word that points below.
    private bool Behind(TextLine line, Label label, int doubt)
    {
        int at = Connectors.SkipAnnotation(line, label.End);
        Connector connector = Connectors.At(line, at);
        if (label.Weak && connector.Strength < Connector.Sentence) return label.Word is "パス" && Bare(line, at, doubt);
        if (connector.Strength == Connector.None)
        {
            if (ValueReading.Opens(line, at) && ValueReading.Close(line, at) is > 0 and int close) return Value(line, line.Text[(at + 1)..close], Direct, doubt, label, "quoted behind");
            bool bare = Bare(line, at, doubt);
            return bare | Further(line, label, at, doubt);
        }

        int value = Skip(line, connector.End);
        if (value >= line.Text.Length || Context.PointsBelow(line, value))
        {
            _announced.Point(line);
            return false;
        }

        bool first = At(line, value, connector.Strength, doubt, label);
        if (connector.Strength == Connector.Sentence) first |= Further(line, label, value, doubt);
        return first;
    }

    // "das Passwort für die Datei lautet: X": prose, and a separator later in the line.
    private bool Further(TextLine line, Label label, int from, int doubt)
    {
        bool found = false;
        int seen = 0;
        for (int at = from; at < line.Folded.Length && seen < 6; at++)
        {
            Connector connector = Connectors.Inside(line, at);
            if (connector.Strength == Connector.None) continue;
            seen++;
            int value = Skip(line, connector.End);
            if (value >= line.Text.Length || Context.PointsBelow(line, value)) _announced.Point(line);
            else found |= At(line, value, connector.Strength, doubt + 6, label);
            at = Math.Max(at, connector.End - 1);
        }

        return found;
    }

    // "mdp cerise88", "パスeX3$tr": nothing between. Only what stands out.
    private bool Bare(TextLine line, int at, int doubt)
    {
        int value = Skip(line, at);
        if (value >= line.Text.Length || !Folding.IsGraphic(line.Folded[value])) return false;
        string run = ValueReading.WithoutStop(line.Text[value..ValueReading.Run(line, value)]);
        if (!Plausibility.StandsOut(run)) return false;
        scores.Find(run, Direct - 10 - doubt, "labelled", line, "behind a label");
        return true;
    }

    private bool At(TextLine line, int value, int strength, int doubt, Label label)
    {
        int score = strength == Connector.Mark ? Direct : Direct - 8;
        bool found = false;
        if (ValueReading.Opens(line, value) && ValueReading.Close(line, value) is > 0 and int close)
        {
            string inner = line.Text[(value + 1)..close];
            bool comment = line.Folded[value] == '(';
            found = Value(line, inner, comment ? score - 25 : score + 4, doubt, label, "quoted behind");
            // Signs that look like marks may be part of it.
            if (Folding.IsGraphic(line.Folded[value])) scores.Find(line.Text[value..ValueReading.Run(line, value)], score - 12 - doubt, "labelled", line, $"behind {label.Word}");
            return found;
        }

        if (Folding.IsGraphic(line.Folded[value])) return Run(line, value, score, strength, doubt, label);
        int end = ValueReading.WideRun(line, value);
        string wide = line.Text[value..end];
        bool clear = strength == Connector.Mark || (ValueReading.StartsTail(line, end) && wide.AsSpan().ContainsAnyInRange('0', 'z'));
        if (wide.Length is >= 2 and <= 20 && clear && !Context.IsProse(wide)) found = Value(line, wide, score - (strength == Connector.Mark ? 6 : 30), doubt, label, "behind");
        return found;
    }

    private bool Run(TextLine line, int value, int score, int strength, int doubt, Label label)
    {
        int end = ValueReading.Run(line, value);
        string run = line.Text[value..end];
        string rest = line.Folded[end..].Trim();
        bool prose = strength != Connector.Mark && rest.Length > 0 && rest[0] < 0x250 && rest[0] != '(';
        // In prose only what stands out: "the password is valid for ten days".
        bool sure = strength == Connector.Mark || rest.Length == 0 || ValueReading.StartsTail(line, end) || Plausibility.StandsOut(ValueReading.WithoutStop(run));
        if (prose && !Plausibility.StandsOut(ValueReading.WithoutStop(run))) sure = false;
        if (strength != Connector.Mark && Context.IsWord(ValueReading.WithoutStop(run)) && !(rest.Length == 0 && line.Text[..label.Start].Length < 24)) sure = false;
        bool found = false;
        string stopped = ValueReading.WithoutStop(run);
        if (sure)
        {
            bool sentence = strength != Connector.Mark;
            found |= Value(line, run, sentence && stopped != run ? score - 2 : score, doubt, label, "behind");
            if (stopped != run) found |= Value(line, stopped, sentence ? score : score - 4, doubt, label, "behind");
        }

        // Letters of another script touch it, or blanks belong to it.
        if (end < line.Text.Length && line.Folded[end] != ' ' && !ValueReading.StartsTail(line, end))
        {
            string wide = line.Text[value..ValueReading.WideRun(line, value)];
            bool letters = char.IsLetter(line.Text[end]);
            if (letters && wide.Length <= 40 && !Context.IsProse(wide)) found |= Value(line, wide, line.Text[end] < 0x250 ? score + 6 : score - 14, doubt, label, "behind");
        }
        else if (rest.Length > 0 && strength == Connector.Mark && rest[0] != '(' && Folding.IsGraphic(rest[0]) && line.Text.Length - value <= 48)
        {
            scores.Find(UntilComment(line, value), score - 10 - doubt, "labelled", line, $"behind {label.Word}");
        }

        return found;
    }

    private bool Value(TextLine line, string text, int score, int doubt, Label label, string why)
    {
        string value = text.Trim(TextLines.Blanks);
        if (value.Length < 2 || Context.IsPointer(value)) return false;
        scores.Find(value, score - doubt, "labelled", line, $"{why} {label.Word}");
        return true;
    }

    // The label's own line says it somewhere else: in marks, or as a word that stands out, before or behind.
    private bool AroundLabel(TextLine line, int doubt)
    {
        bool found = false;
        foreach ((int start, int end, string inner) in ValueReading.Quoted(line))
        {
            if (OverlapsLabel(line, start, end) || Context.IsPointer(inner) || Context.IsProse(inner)) continue;
            if (Context.Example(inner) is { } example) scores.Find(example, 76 - doubt, "labelled", line, "an example beside a label");
            bool likely = Plausibility.StandsOut(inner) || IsCode(inner);
            bool title = line.Number == 0 || !ValueReading.StartsTail(line, end);
            if (!likely && title) continue;
            scores.Find(inner, (likely ? 86 : 70) - doubt, "labelled", line, "in marks beside a label");
            found = true;
        }

        foreach ((int start, int end) in TokenSweep.Runs(line))
        {
            string run = ValueReading.WithoutStop(line.Text[start..end]);
            bool likely = Plausibility.StandsOut(run) || (IsCode(run) && ValueReading.StartsTail(line, end) && !Plausibility.IsSomethingElse(run));
            if (OverlapsLabel(line, start, end) || !likely || Context.FollowsDecoy(line, start)) continue;
            scores.Find(run, (start > line.Labels[0].Start ? 74 : 66) - doubt, "labelled", line, "beside a label");
            found = true;
        }

        return found;
    }

    private static bool OnlyWeak(TextLine line)
    {
        foreach (Label label in line.Labels)
        {
            if (!label.Weak) return false;
        }

        return true;
    }

    private static bool IsCode(string inner)
    {
        foreach (char one in inner)
        {
            if (!char.IsAsciiDigit(one)) return false;
        }

        return inner.Length is >= 4 and <= 12;
    }

    private static bool OverlapsLabel(TextLine line, int start, int end)
    {
        foreach (Label label in line.Labels)
        {
            if (label.Start < end && start < label.End) return true;
        }

        return false;
    }

    private static string UntilComment(TextLine line, int at)
    {
        int end = line.Folded.IndexOf('(', at + 1);
        return end > 0 && line.Folded[end - 1] == ' ' ? line.Text[at..end] : line.Text[at..];
    }

    private static int Skip(TextLine line, int at)
    {
        while (at < line.Folded.Length && line.Folded[at] == ' ') at++;
        return at;
    }
}
