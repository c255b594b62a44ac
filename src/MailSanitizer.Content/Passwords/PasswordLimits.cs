namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Text that candidates are read from, all texts of a message together (characters). Origin: a second mail is shorter than a page; a newsletter stays below. At it: the rest is not read.</summary>
    public int CandidateCharacters { get; init; } = 262_144;

    /// <summary>Lines that candidates are read from (count). At it: the rest is not read.</summary>
    public int CandidateLines { get; init; } = 4_096;

    /// <summary>Characters of one line that are read (characters). RFC 5322 allows 998 bytes; HTML paragraphs are longer. At it: the rest of the line is not read.</summary>
    public int CandidateLine { get; init; } = 2_000;

    /// <summary>Labelled, set-apart and derived candidates of one message (count). Origin: DESIGN.md, "20 at most". At it: the least likely are dropped.</summary>
    public int Candidates { get; init; } = 20;

    /// <summary>Plain tokens of one message, tried after all other candidates (count). At it: the rest is dropped.</summary>
    public int CandidateTokens { get; init; } = 1_000;

    /// <summary>Characters of a labelled or set-apart candidate (characters). Longer strings are no candidates.</summary>
    public int CandidateLength { get; init; } = 128;
}
