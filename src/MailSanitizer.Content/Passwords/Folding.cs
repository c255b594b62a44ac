namespace MailSanitizer.Content.Passwords;

/// <summary>Spellings that mean the same to a reader, folded character by character so that every place in the folded text is the same place in the written one.</summary>
internal static class Folding
{
    private const string HalfKana = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜";
    private const string Voiced = "カガキギクグケゲコゴサザシジスズセゼソゾタダチヂツヅテデトドハバヒビフブヘベホボウヴ";
    private const string HalfVoiced = "ハパヒピフプヘペホポ";

    /// <summary>Full-width ASCII to ASCII, every blank to a space; same length.</summary>
    public static string Fold(string text) => string.Create(text.Length, text, static (folded, text) =>
    {
        for (int at = 0; at < folded.Length; at++) folded[at] = One(text[at]);
    });

    /// <summary>The lower-case letters of a folded text without its blanks, half-width kana composed and dashes as the long vowel mark; <paramref name="places"/>: where each stood.</summary>
    public static string Squeeze(string folded, List<int> places)
    {
        Span<char> squeezed = folded.Length <= 512 ? stackalloc char[folded.Length] : new char[folded.Length];
        int length = 0;
        for (int at = 0; at < folded.Length; at++)
        {
            char one = folded[at];
            if (one == ' ') continue;
            if (one is >= '\uFF66' and <= '\uFF9F') one = HalfKana[one - '\uFF66'];
            if (one is '゛' or '゜' or '\u3099' or '\u309A' && length > 0)
            {
                string pairs = one is '゛' or '\u3099' ? Voiced : HalfVoiced;
                int pair = length > 0 ? pairs.IndexOf(squeezed[length - 1]) : -1;
                if (pair >= 0 && pair % 2 == 0)
                {
                    squeezed[length - 1] = pairs[pair + 1];
                    continue;
                }
            }

            if (IsDash(one) && length > 0 && IsKana(squeezed[length - 1])) one = 'ー';
            if (one is '’' or '‘' or '´') one = '\'';
            squeezed[length++] = char.ToLowerInvariant(one);
            places.Add(at);
        }

        return squeezed[..length].ToString();
    }

    /// <summary>True for hiragana and katakana.</summary>
    public static bool IsKana(char one) => one is >= '\u3041' and <= '\u30FF' or >= '\uFF66' and <= '\uFF9F';

    /// <summary>True for the letters of Chinese, Japanese and Korean, and their punctuation.</summary>
    public static bool IsWide(char one) => one is >= '\u2E80' and <= '\uA4CF' or >= '\uAC00' and <= '\uD7FF' or >= '\uF900' and <= '\uFAFF' or >= '\uFE30' and <= '\uFE4F' or >= '\uFF61' and <= '\uFFDC';

    /// <summary>True for printable ASCII other than the space.</summary>
    public static bool IsGraphic(char one) => one is > ' ' and < '\x7F';

    private static bool IsDash(char one) => one is '-' or '‐' or '‑' or '‒' or '–' or '—' or '―' or '−' or '─' or 'ｰ' or '~' or '〜';

    private static char One(char one) => one switch
    {
        >= '\uFF01' and <= '\uFF5E' => (char)(one - 0xFEE0),
        '\u3000' or '\u00A0' or '\t' or '\r' or '\n' or (>= '\u2000' and <= '\u200B') or '\u202F' or '\uFEFF' => ' ',
        '￥' => '\\',
        _ => one,
    };
}
