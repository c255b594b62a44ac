using System.Text;
using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Disarming;

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
            string plain = Plain();
            foreach (Match place in Place().Matches(plain))
            {
                int from = Math.Max(0, place.Index - Near);
                if (Command().Match(plain[from..Math.Min(plain.Length, place.Index + Near)]) is { Success: true } command) return $"{place.Value.Trim()}, {command.Value.Trim()}";
            }

            return null;
        }
    }

    // As it reads: full-width letters as ordinary ones, characters without width gone, one blank for any.
    private string Plain()
    {
        StringBuilder plain = new(text.Length);
        foreach (char c in text)
        {
            if (c is '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF' or '\u00AD') continue;
            plain.Append(c is >= '\uFF01' and <= '\uFF5E' ? (char)(c - 0xFEE0) : char.IsWhiteSpace(c) ? ' ' : c);
        }

        return plain.ToString();
    }

    // Scripts that join letters by such characters (Persian, Indic) are left out.
    private static bool IsLetter(char c) => char.IsAsciiLetter(c) || c is (>= '\u3041' and <= '\u30FF') or (>= '\u4E00' and <= '\u9FFF');

    [GeneratedRegex("win(dows)?( ?key| ?キー| ?ロゴ ?キー)? {0,3}([+と]|を押しながら|を押したまま|and|plus) {0,3}「?[rx]([^a-z0-9]|$)|windows ?キー.{0,12}[rx] ?キー|⊞ ?(win)? ?[+]? ?r([^a-z0-9]|$)|ファイル名を指定して実行|run (dialog|box|window|command)|(open|launch|start|開|起動).{0,20}(terminal|ターミナル|command prompt|コマンド ?プロンプト|powershell|パワーシェル)|(terminal|ターミナル|コマンド ?プロンプト|powershell|パワーシェル).{0,20}(を開|を起動)|(ctrl|control|⌘|cmd|command) ?[+] ?v([^a-z0-9]|$)|(address|アドレス) ?(bar|バー).{0,30}(paste|貼り付け|ペースト)|(paste|貼り付け|ペースト).{0,30}(address|アドレス) ?(bar|バー)", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Place();

    [GeneratedRegex("(^|[^a-z0-9_])(powershell(\\.exe)? |pwsh |mshta(\\.exe)? |curl (-|http)|cmd(\\.exe)? /[ck]|certutil |bitsadmin |rundll32|regsvr32|wscript |cscript |msiexec |osascript |bash -c|iex ?\\(|invoke-(webrequest|expression)|iwr |irm |wget http|finger |conhost |nslookup |python3? -c|base64 -d|sh -c |set-executionpolicy|add-mppreference|start-process)", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Command();
}
