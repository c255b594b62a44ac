namespace MailSanitizer.Content;

/// <summary>Text of a message, decoded, for reading candidates from.</summary>
/// <param name="Path">Part it comes from (<c>subject</c> for the subject; <c>date</c> for the Date field, which serves derived candidates only).</param>
/// <param name="Text">Decoded text; HTML still as HTML.</param>
/// <param name="IsHtml">True for HTML.</param>
public sealed record CandidateText(string Path, string Text, bool IsHtml = false);
