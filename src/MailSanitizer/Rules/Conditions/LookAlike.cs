using System.Globalization;
using System.Text;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Rules.Conditions;

/// <summary>
/// Whether a domain is made to be taken for another: letters that look the same (0 and o, rn and m, Cyrillic а), one letter more, less, other or swapped, the name
/// with a word beside it, the whole name as labels of another domain. The same name under another ending is none: houses own example.com and example.jp, and a reader sees the difference.
/// </summary>
internal static class LookAlike
{
    private static readonly IdnMapping Idn = new() { AllowUnassigned = true };

    // Letters of other scripts and of ASCII that a reader takes for the right one (a small part of UTS 39's confusables: what domains are registered with).
    private static readonly Dictionary<char, char> Same = new()
    {
        ['0'] = 'o', ['1'] = 'l', ['i'] = 'l', ['|'] = 'l', ['5'] = 's', ['3'] = 'e', ['4'] = 'a', ['8'] = 'b',
        ['а'] = 'a', ['е'] = 'e', ['о'] = 'o', ['р'] = 'p', ['с'] = 'c', ['х'] = 'x', ['у'] = 'y', ['і'] = 'l', ['ј'] = 'j', ['ѕ'] = 's', ['ԁ'] = 'd', ['һ'] = 'h', ['ӏ'] = 'l', ['к'] = 'k', ['м'] = 'm', ['н'] = 'h', ['т'] = 't', ['в'] = 'b', ['г'] = 'r', ['ԛ'] = 'q', ['ԝ'] = 'w',
        ['α'] = 'a', ['ο'] = 'o', ['ρ'] = 'p', ['ν'] = 'v', ['υ'] = 'u', ['ι'] = 'l', ['κ'] = 'k', ['ε'] = 'e', ['ɡ'] = 'g', ['ı'] = 'l', ['ł'] = 'l', ['ø'] = 'o', ['đ'] = 'd',
    };

    /// <summary>The domain that it looks like, or null.</summary>
    public static string? Of(string domain, IReadOnlyList<string> known)
    {
        if (known.Any(one => DomainName.IsWithin(domain, one))) return null;
        string unicode = Unicode(domain);
        string skeleton = Skeleton(unicode);
        return known.FirstOrDefault(one => Resembles(domain, skeleton, one));
    }

    private static bool Resembles(string domain, string skeleton, string known)
    {
        if (domain.StartsWith(known + ".", StringComparison.Ordinal) || domain.Contains($".{known}.", StringComparison.Ordinal)) return true;
        string other = Skeleton(Unicode(known));
        if (skeleton == other || skeleton.EndsWith("." + other, StringComparison.Ordinal)) return true;

        string name = known.Split('.')[0];
        if (name.Length < 4) return false;
        string plain = Skeleton(Unicode(name));
        string[] written = Unicode(domain).Split('.');
        string[] labels = skeleton.Split('.');
        for (int at = 0; at < labels.Length - 1; at++)
        {
            string label = labels[at];
            if (label == plain && !(at < written.Length && written[at].Equals(Unicode(name), StringComparison.OrdinalIgnoreCase))) return true;
            if (label == plain) continue;
            if (plain.Length >= 5 && OneStep(label, plain)) return true;
            if (label.Length > plain.Length && label.Split('-') is { Length: > 1 } words && words.Contains(plain, StringComparer.Ordinal)) return true;
        }

        return false;
    }

    private static string Unicode(string domain)
    {
        if (!domain.Contains("xn--", StringComparison.Ordinal)) return domain;
        try
        {
            return Idn.GetUnicode(domain);
        }
        catch (ArgumentException)
        {
            return domain;
        }
    }

    private static string Skeleton(string text)
    {
        StringBuilder plain = new(text.Length);
        foreach (char one in text.Normalize(NormalizationForm.FormKD).ToLowerInvariant())
        {
            if (CharUnicodeInfo.GetUnicodeCategory(one) == UnicodeCategory.NonSpacingMark) continue;
            plain.Append(Same.GetValueOrDefault(one, one));
        }

        return plain.ToString().Replace("rn", "m", StringComparison.Ordinal).Replace("vv", "w", StringComparison.Ordinal).Replace("cl", "d", StringComparison.Ordinal);
    }

    // Insert, delete, replace or swap one: compared from both ends.
    private static bool OneStep(string left, string right)
    {
        int difference = left.Length - right.Length;
        if (difference is < -1 or > 1 || left == right) return false;
        int shorter = Math.Min(left.Length, right.Length);
        int front = 0;
        while (front < shorter && left[front] == right[front]) front++;
        int back = 0;
        while (back < shorter - front && left[^(back + 1)] == right[^(back + 1)]) back++;
        int rest = Math.Max(left.Length, right.Length) - front - back;
        return rest <= 1 || (difference == 0 && rest == 2 && left[front] == right[front + 1] && left[front + 1] == right[front]);
    }
}
