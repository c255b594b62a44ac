using System.Globalization;
using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Tells which of the passwords of a walk opened something. A worker says only where a password came from; so each goes out with its number behind its source, and the
/// number is taken off again before anybody sees the facts. A worker that lies about it can only name another password that it was given.
/// </summary>
internal sealed record TriedPasswords(WalkResult Result, IReadOnlyList<Password> Opened, IReadOnlyList<Password> InOrder)
{
    private const char Mark = '#';

    public static IReadOnlyList<Password> Numbered(IReadOnlyList<Password> passwords) =>
        [.. passwords.Select((password, at) => password with { Source = string.Create(CultureInfo.InvariantCulture, $"{password.Source}{Mark}{at}") })];

    /// <summary>The facts without numbers, and the passwords with those that opened something first.</summary>
    public static TriedPasswords Read(WalkResult result, IReadOnlyList<Password> passwords)
    {
        if (passwords.Count == 0) return new TriedPasswords(result, [], passwords);
        SortedSet<int> opened = [];
        string? Source(string? marked)
        {
            int mark = marked?.LastIndexOf(Mark) ?? -1;
            if (mark < 0 || !int.TryParse(marked.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int at) || at >= passwords.Count) return marked;
            opened.Add(at);
            return passwords[at].Source;
        }

        WalkResult plain = result with
        {
            Parts = [.. result.Parts.Select(part => part with { OpenedWith = Source(part.OpenedWith) })],
            Findings = [.. result.Findings.Select(finding => finding.Kind == PartWalkFindings.Opened.Id ? finding with { Detail = Source(finding.Detail) ?? "" } : finding)],
        };
        return new TriedPasswords(plain, [.. opened.Select(at => passwords[at])], [.. opened.Select(at => passwords[at]), .. passwords.Where((_, at) => !opened.Contains(at))]);
    }
}
