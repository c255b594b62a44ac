using System.Buffers;

namespace MailSanitizer.Content.Passwords;

/// <summary>A word that announces a password.</summary>
/// <param name="Start">In the line.</param>
/// <param name="End">Behind it.</param>
/// <param name="Word">From our own vocabulary, never from the mail.</param>
/// <param name="Weak">True where the word means other things too, so that a separator must follow.</param>
internal readonly record struct Label(int Start, int End, string Word, bool Weak);

/// <summary>The vocabulary, squeezed: lower case, no blanks (<see cref="Folding.Squeeze"/>).</summary>
internal static class CandidateLabels
{
    private static readonly string[] Strong =
    [
        "パスワード", "パスワド", "ぱすわーど", "パスフレーズ", "パスコード", "パスキー", "暗証番号", "合言葉", "合い言葉", "解凍キー", "復号キー", "復号鍵", "解読キー", "暗号キー", "暗号鍵", "解除キー", "解除コード",
        "開封コード", "開封キー", "アクセスキー", "アクセスコード", "解凍パス", "解凍コード", "閲覧パス", "閲覧キー", "認証キー", "ファイルパス", "pw", "p/w", "p.w.", "pwd", "password", "passwort", "passwd", "passcode", "passphrase", "passwords",
        "kennwort", "entschlüsselungspasswort", "zugangscode", "motdepasse", "mdp", "codedaccès", "coded'accès", "cléd'accès", "unlockcode", "accesscode", "decryptionkey", "archivekey",
        "zippw", "zippass", "密码", "密碼", "口令", "提取码", "提取碼", "解压码", "解壓碼", "비밀번호", "패스워드", "비번", "암호", "contraseña", "senha", "wachtwoord", "hasło", "lösenord", "parola", "pass phrase",
    ];

    private static readonly string[] Weak = ["パス", "ぱす", "pass", "キー", "key", "鍵", "pin", "code", "コード", "暗号", "pc"];

    private static readonly SearchValues<string> All = SearchValues.Create([.. Strong.Concat(Weak).OrderByDescending(static word => word.Length)], StringComparison.Ordinal);

    private static readonly string[] ByLength = [.. Strong.Concat(Weak).OrderByDescending(static word => word.Length)];

    private static readonly HashSet<string> WeakWords = new(Weak, StringComparer.Ordinal);

    /// <summary>The labels of a line, at most 16.</summary>
    public static IReadOnlyList<Label> In(string text, string folded)
    {
        _ = text;
        List<int> places = new(folded.Length);
        string squeezed = Folding.Squeeze(folded, places);
        List<Label>? labels = null;
        for (int at = 0; at < squeezed.Length && (labels?.Count ?? 0) < 16;)
        {
            int hit = squeezed.AsSpan(at).IndexOfAny(All);
            if (hit < 0) break;
            at += hit;
            string? word = Longest(squeezed.AsSpan(at));
            if (word is null || !Stands(folded, places, at, word))
            {
                at++;
                continue;
            }

            int end = at + word.Length < places.Count ? EndOf(folded, places[at + word.Length - 1]) : folded.TrimEnd().Length;
            (labels ??= []).Add(new Label(places[at], Math.Max(end, places[at] + 1), word, WeakWords.Contains(word)));
            at += word.Length;
        }

        return labels ?? (IReadOnlyList<Label>)[];
    }

    private static string? Longest(ReadOnlySpan<char> squeezed)
    {
        foreach (string word in ByLength)
        {
            if (squeezed.StartsWith(word, StringComparison.Ordinal)) return word;
        }

        return null;
    }

    // Half-width kana are written with their marks behind them.
    private static int EndOf(string folded, int last)
    {
        int end = last + 1;
        while (end < folded.Length && folded[end] is '\uFF9E' or '\uFF9F' or '゛' or '゜') end++;
        return end;
    }

    // Latin words need their borders, and blanks inside only where each letter is spaced out ("P W", "p a s s") or the word has them ("mot de passe", "pass word").
    private static bool Stands(string folded, List<int> places, int at, string word)
    {
        int start = places[at];
        int end = places[at + word.Length - 1];
        bool latin = word[0] < 0x250;
        if (!latin) return true;
        if (start > 0 && IsLatin(folded[start - 1])) return false;
        if (end + 1 < folded.Length && IsLatin(folded[end + 1])) return false;
        int gaps = 0;
        for (int letter = 1; letter < word.Length; letter++)
        {
            if (places[at + letter] != places[at + letter - 1] + 1) gaps++;
        }

        return gaps == 0 || gaps == word.Length - 1 || (gaps == 1 && word.Length >= 7) || word is "motdepasse" or "coded'accès" or "codedaccès" or "cléd'accès";
    }

    private static bool IsLatin(char one) => char.IsAsciiLetterOrDigit(one) || one == '_' || (one is >= 'À' and < '\u0250');
}
