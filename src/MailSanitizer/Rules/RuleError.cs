namespace MailSanitizer.Rules;

/// <summary>What an error of a rule file is about.</summary>
public enum RuleErrorKind
{
    /// <summary>The file's shape: what the JSON schema refuses too.</summary>
    Shape,

    /// <summary>What the words mean: a pattern, a list that is not there, an exception that anybody could claim. The schema cannot know.</summary>
    Meaning,
}

/// <summary>One error of a rule file: where, what, and what to do.</summary>
/// <param name="File">The file's path.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong and what is expected.</param>
/// <param name="Kind">Whether the schema sees it too.</param>
public sealed record RuleError(string File, long Line, long Column, string Message, RuleErrorKind Kind = RuleErrorKind.Shape)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";
}
