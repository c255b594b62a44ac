using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Disarming.Html;

/// <summary>What the text that is seen says.</summary>
internal sealed partial class LureText(string text)
{
    // How far a command stands from the words that tell where to paste it.
    private const int Near = 1_500;

    /// <summary>True when characters without width stand inside of words, three times or more: that parts words for a machine, not for a reader.</summary>
    public bool HasInvisibleInWords
    {
        get
        {
            int count = 0;
            for (int at = 1; at + 1 < text.Length && count < 3; at++)
                if (text[at] is '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF' && IsLetter(text[at - 1]) && IsLetter(text[at + 1])) count++;
            return count >= 3;
        }
    }

    /// <summary>The words that ask to paste a command, or null.</summary>
    public string? AsksToPaste
    {
        get
        {
            foreach (Match place in Place().Matches(text))
            {
                int from = Math.Max(0, place.Index - Near);
                if (Command().Match(text[from..Math.Min(text.Length, place.Index + Near)]) is { Success: true } command) return $"{place.Value.Trim()}, {command.Value.Trim()}";
            }

            return null;
        }
    }

    // Scripts that join letters by such characters (Persian, Indic) are left out.
    private static bool IsLetter(char c) => char.IsAsciiLetter(c) || c is (>= '\u3041' and <= '\u30FF') or (>= '\u4E00' and <= '\u9FFF');

    [GeneratedRegex("win(dows)?( ?key| ?キー| ?ロゴ ?キー)? ?[+＋と] ?[rx]\\b|⊞ ?[+＋]? ?r\\b|ファイル名を指定して実行|run (dialog|box|window|command)|(open|launch|start|開|起動).{0,20}(terminal|ターミナル|command prompt|コマンド ?プロンプト|powershell|パワーシェル)|(terminal|ターミナル|コマンド ?プロンプト|powershell|パワーシェル).{0,20}(を開|を起動)|(ctrl|control|⌘|cmd|command) ?[+＋] ?v\\b", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Place();

    [GeneratedRegex("\\b(powershell(\\.exe)? |pwsh |mshta(\\.exe)? |curl (-|http)|cmd(\\.exe)? /[ck]|certutil |bitsadmin |rundll32|regsvr32|wscript |cscript |msiexec |osascript |bash -c|iex ?\\(|invoke-(webrequest|expression)|iwr |irm |wget http|finger )", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Command();
}
