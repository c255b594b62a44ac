namespace MailSanitizer.Content.Passwords;

/// <summary>Every string of 4 to 64 characters between blanks or scripts: the last resort, tried after all else.</summary>
internal static class TokenSweep
{
    /// <summary>The tokens of all lines.</summary>
    public static void Add(List<TextLine> lines, CandidateScore scores)
    {
        foreach (TextLine line in lines)
        {
            if (line.Quoted == 0) Of(line, scores);
        }

        foreach (TextLine line in lines)
        {
            if (line.Quoted > 0) Of(line, scores);
        }
    }

    /// <summary>Runs of printable ASCII (full-width included), at most 256 a line.</summary>
    public static IEnumerable<(int Start, int End)> Runs(TextLine line)
    {
        int count = 0;
        for (int at = 0; at < line.Folded.Length && count < 256;)
        {
            if (!Folding.IsGraphic(line.Folded[at]))
            {
                at++;
                continue;
            }

            int end = ValueReading.Run(line, at);
            if (end - at is >= 2 and <= 128)
            {
                count++;
                yield return (at, end);
            }

            at = end;
        }
    }

    private static void Of(TextLine line, CandidateScore scores)
    {
        foreach ((int start, int end) in Runs(line))
        {
            string run = line.Text[start..end];
            Add(run, line, scores);
            string bare = ValueReading.WithoutStop(run).TrimStart('(', '"', '\'', '<', '[', '{');
            if (bare != run) Add(bare, line, scores);
            // "PW:abc" without a blank.
            int mark = run.AsSpan().LastIndexOfAny(':', '=');
            if (mark > 0 && mark + 1 < run.Length) Add(run[(mark + 1)..], line, scores);
        }

        foreach (Range range in line.Folded.AsSpan().Split(' '))
        {
            (int offset, int length) = range.GetOffsetAndLength(line.Folded.Length);
            if (length is >= 2 and <= 64 && line.Folded.AsSpan(offset, length).ContainsAnyExceptInRange('!', '~')) Add(line.Text.Substring(offset, length), line, scores);
        }
    }

    private static void Add(string text, TextLine line, CandidateScore scores)
    {
        if (text.Length is >= 4 and <= 64) scores.Token(text, line);
    }
}
