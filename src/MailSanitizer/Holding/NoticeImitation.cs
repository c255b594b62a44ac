using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Holding;

/// <summary>
/// Knows mail from outside that is made up as one of our notices: a reader who answers it gives a stranger the password of a locked file. Told by what every notice of ours has and no
/// honest stranger needs.
/// </summary>
public sealed class NoticeImitation(string from)
{
    private readonly string _domain = from[(from.LastIndexOf('@') + 1)..];

    /// <summary>Mark at the start of every notice's subject.</summary>
    public const string SubjectMark = "[MailSanitizer]";

    /// <summary>The place of the first thing that imitates us, or null.</summary>
    public string? Of(IReadOnlyList<HeaderFact> headers, IReadOnlyList<LinkFact> links)
    {
        foreach (HeaderFact field in headers)
        {
            switch (field.Name.ToLowerInvariant())
            {
                case "subject" when WithoutReplies(field.Value).StartsWith(SubjectMark, StringComparison.OrdinalIgnoreCase):
                case "from" or "sender" when Names(field.Value, from) || DisplayName(field.Value).Contains("MailSanitizer", StringComparison.OrdinalIgnoreCase):
                case "reply-to" when NamesUnlock(field.Value):
                    return field.Name;
                default:
                    continue;
            }
        }

        return links.Any(link => link.Url.StartsWith("mailto:unlock", StringComparison.OrdinalIgnoreCase) && NamesUnlock(Uri.UnescapeDataString(link.Url["mailto:".Length..]))) ? "link" : null;
    }

    private static string DisplayName(string value)
    {
        int angle = value.LastIndexOf('<');
        return angle > 0 ? value[..angle] : "";
    }

    private static bool Names(string value, string address) => value.Contains(address, StringComparison.OrdinalIgnoreCase);

    private bool NamesUnlock(string value)
    {
        int at = value.IndexOf("unlock+", StringComparison.OrdinalIgnoreCase);
        return at >= 0 && value.IndexOf($"@{_domain}", at, StringComparison.OrdinalIgnoreCase) > at;
    }

    private static string WithoutReplies(string subject)
    {
        ReadOnlySpan<char> rest = subject.AsSpan().Trim();
        while (rest.StartsWith("re:", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("fw:", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("fwd:", StringComparison.OrdinalIgnoreCase))
        {
            rest = rest[(rest.IndexOf(':') + 1)..].Trim();
        }

        return rest.ToString();
    }
}
