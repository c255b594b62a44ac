using System.Globalization;

namespace MailSanitizer.Mail.Signatures;

/// <summary>Domain names as they are asked for in the DNS and compared: A-labels, lower case, no final dot.</summary>
public static class DomainName
{
    private static readonly IdnMapping Idn = new() { AllowUnassigned = false, UseStd3AsciiRules = false };

    /// <summary>
    /// The name in A-labels, lower case, or null when it is none: empty or over-long labels, more than 253 characters, anything but letters, digits, hyphen
    /// and underscore. U-labels are converted (RFC 5891, RFC 8616).
    /// </summary>
    public static string? ToAscii(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > 1000) return null;
        if (name.EndsWith('.')) name = name[..^1];
        if (!System.Text.Ascii.IsValid(name))
        {
            try
            {
                name = Idn.GetAscii(name);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }

        name = name.ToLowerInvariant();
        return IsValid(name) ? name : null;
    }

    /// <summary>Whether labels and length are right; letters of either case.</summary>
    public static bool IsValid(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > 253) return false;
        int label = 0;
        foreach (char one in name)
        {
            if (one == '.')
            {
                if (label == 0) return false;
                label = 0;
            }
            else
            {
                if (!char.IsAsciiLetterOrDigit(one) && one is not '-' and not '_') return false;
                if (++label > 63) return false;
            }
        }

        return label > 0;
    }

    /// <summary>Whether <paramref name="name"/> is <paramref name="parent"/> or lies below it; both in A-labels and lower case.</summary>
    public static bool IsWithin(string name, string parent)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(parent);
        return name == parent || (name.Length > parent.Length && name.EndsWith(parent, StringComparison.Ordinal) && name[name.Length - parent.Length - 1] == '.');
    }

    /// <summary>The name without its first label; null for a single label.</summary>
    public static string? Parent(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? null : name[(dot + 1)..];
    }
}
