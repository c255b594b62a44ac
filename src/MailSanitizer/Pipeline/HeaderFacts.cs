using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>Header fields as facts for rules and report.</summary>
public static class HeaderFacts
{
    // DESIGN.md: fact values over 64 KiB are cut.
    private const int ValueLimit = 64 * 1024;

    /// <summary>The fields of the message's own header, in their order, within the limits of the header reader.</summary>
    public static IReadOnlyList<HeaderFact> Read(IMailBytes message)
    {
        using Stream stream = message.OpenRead();
        return [.. HeaderBlock.Read(stream, Limits.Default).Fields.Select(field => new HeaderFact(field.Name, Cut(Encoding.Latin1.GetString(field.RawValue.Span)), Cut(field.Text)))];
    }

    private static string Cut(string text) => text.Length <= ValueLimit ? text : text[..ValueLimit];
}
