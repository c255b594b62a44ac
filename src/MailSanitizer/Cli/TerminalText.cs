using MailSanitizer.Mail;

namespace MailSanitizer.Cli;

/// <summary>A stranger's text on our terminal, whole: what <see cref="SafeText.ForTerminal"/> escapes, without its cut.</summary>
public static class TerminalText
{
    /// <summary>The text with control, format and other invisible characters as <c>\u{…}</c>.</summary>
    public static string Safe(string text) => SafeText.ForTerminal(text, int.MaxValue);
}
