namespace MailSanitizer.Content.Passwords;

/// <summary>
/// Reads password candidates from a message's subject, bodies and attachment names. What a person would take for the password comes first:
/// behind a label, below it, set apart by brackets, rulers or a line of its own, made from a date or a phone number where the text asks for it; last every token.
/// Linear in the text, which <see cref="Limits.CandidateCharacters"/> bounds; any text is allowed.
/// </summary>
public static class CandidateReader
{
    /// <summary>Candidates, best first, without repetition: at most <see cref="Limits.Candidates"/> labelled, set-apart or derived ones, then the tokens.</summary>
    public static IReadOnlyList<CandidateFact> Read(IReadOnlyList<CandidateText> texts, IReadOnlyList<string> attachmentNames, Limits limits)
    {
        List<TextLine> lines = TextLines.Of(texts, attachmentNames, limits);
        CandidateScore scores = new(limits);
        bool labelled = lines.Exists(static line => line.HasLabel);
        LineReading reading = new(scores, labelled);
        foreach (TextLine line in lines) reading.Take(line);
        DerivedCandidates.Add(lines, texts.FirstOrDefault(static text => text.Path == "date")?.Text, scores);
        TokenSweep.Add(lines, scores);
        return scores.Ranked();
    }
}
