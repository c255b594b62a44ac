namespace MailSanitizer.Content.Passwords;

/// <summary>Text of a message, decoded, for reading candidates from.</summary>
/// <param name="Path">Part it comes from (<c>subject</c> for the subject).</param>
/// <param name="Text">Decoded text; HTML still as HTML.</param>
/// <param name="IsHtml">True for HTML.</param>
public sealed record CandidateText(string Path, string Text, bool IsHtml = false);

/// <summary>Reads password candidates from a message's subject, bodies and attachment names.</summary>
public static class CandidateReader
{
    /// <summary>Candidates, best first, without repetition.</summary>
    public static IReadOnlyList<CandidateFact> Read(IReadOnlyList<CandidateText> texts, IReadOnlyList<string> attachmentNames, Limits limits)
    {
        _ = (texts, attachmentNames, limits);
        return [];
    }
}
