using System.Text;
using MailSanitizer.Control;
using MailSanitizer.Mail;

namespace MailSanitizer.Fuzz;

/// <summary>Requests on the control socket, and what is shown to people.</summary>
public static class ControlFuzz
{
    public static FuzzTarget Requests { get; } = new("control-request", ["""{"v":1,"verb":"quarantine.list","actor":"auditor","arguments":{"state":["quarantined"],"take":10,"since":"2026-11-24","id":"0193f7a0-0000-7000-8000-000000000000","original":true}}"""u8.ToArray()], input =>
    {
        if (ControlRequest.Read(input) is not { } request) return;
        if (request.Verb.Length is 0 or > 64 || request.Actor.Length is 0 or > 256) throw new InvalidOperationException("a bound does not hold");
        try
        {
            _ = request.Arguments.Texts("state");
            _ = request.Arguments.Number("take", 1, 1, 100);
            _ = request.Arguments.Time("since");
            _ = request.Arguments.Id("id");
            _ = request.Arguments.Switch("original");
        }
        catch (VerbArgumentException)
        {
            // The one exception that is promised.
        }
    });

    public static FuzzTarget Shown { get; } = new("safe-text", [Encoding.UTF8.GetBytes("http://evil.example/\u202E\u200B\u001b[2J ａ．ｂ 日本 user@example.jp www.x.y")], input =>
    {
        string text = Encoding.UTF8.GetString(input) + Encoding.Latin1.GetString(input);
        foreach (string shown in (string[])[SafeText.ForTerminal(text), SafeText.ForNotice(text)])
        {
            foreach (Rune rune in shown.EnumerateRunes())
            {
                if (!SafeText.IsPlain(rune)) throw new InvalidOperationException($"U+{rune.Value:X4} is shown");
            }
        }

        string notice = SafeText.ForNotice(text);
        if (notice.Contains("://", StringComparison.Ordinal) || System.Text.RegularExpressions.Regex.IsMatch(notice, @"\w\.\w|\w@\w", System.Text.RegularExpressions.RegexOptions.NonBacktracking)) throw new InvalidOperationException("a link is left");
    });
}
