using System.Collections.Frozen;
using System.Text;

namespace MailSanitizer.Content.Unpacking;

/// <summary>What a member's name would do where it is unpacked, and a name that does nothing.</summary>
/// <remarks>Windows is the measure: both slashes separate, and what Win32 trims or maps to a device counts, for no reader of the mail is known to use another system.</remarks>
public static class MemberNames
{
    private static readonly FrozenSet<string> Devices = new[]
    {
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$",
        "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "COM¹", "COM²", "COM³",
        "LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9", "LPT¹", "LPT²", "LPT³",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with a name, each kind once.</summary>
    public static IReadOnlyList<FindingKind> Inspect(string name)
    {
        List<FindingKind>? found = null;
        string[] segments = Split(name);
        if (!HasVisible(name)) Add(UnpackingFindings.NameEmpty);
        if (IsAbsolute(name)) Add(UnpackingFindings.NameAbsolute);
        for (int i = 0; i < segments.Length; i++)
        {
            string segment = segments[i];
            if (IsUp(segment)) Add(UnpackingFindings.NameTraversal);
            else if (IsTrimmed(segment)) Add(UnpackingFindings.NameTrailing);
            if (IsDevice(segment)) Add(UnpackingFindings.NameDevice);
            if (segment.Contains(':', StringComparison.Ordinal) && !(i == 0 && IsDrive(segment))) Add(UnpackingFindings.NameStream);
        }

        foreach (char c in name)
        {
            if (IsControl(c)) Add(UnpackingFindings.NameControl);
            else if (IsBidi(c)) Add(UnpackingFindings.NameBidi);
        }

        return found ?? (IReadOnlyList<FindingKind>)[];

        void Add(FindingKind kind)
        {
            found ??= [];
            if (!found.Contains(kind)) found.Add(kind);
        }
    }

    /// <summary>A name for which <see cref="Inspect"/> finds nothing, as like the old one as can be; a trailing slash (a folder) stays.</summary>
    public static string MakeSafe(string name)
    {
        List<string> safe = [];
        string[] segments = Split(name);
        for (int i = 0; i < segments.Length; i++)
        {
            string segment = segments[i];
            if (i == 0 && IsDrive(segment)) segment = segment[2..];
            StringBuilder clean = new(segment.Length);
            foreach (char c in segment)
            {
                if (IsBidi(c)) continue;
                clean.Append(IsControl(c) || c == ':' ? '_' : c);
            }

            string text = clean.ToString().TrimEnd(' ', '.');
            if (text.Length == 0) continue;
            if (IsDevice(text)) text = "_" + text;
            safe.Add(text);
        }

        bool folder = name.EndsWith('/') || name.EndsWith('\\');
        string joined = string.Join('/', safe);
        if (!HasVisible(joined)) joined = "_";
        return folder ? joined + "/" : joined;
    }

    /// <summary>The form in which two names mean one file to some reader: slashes, letter case, compatibility form, trimmed segments.</summary>
    public static string CollisionKey(string name)
    {
        string text = name.Replace('\\', '/');
        try
        {
            text = text.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // A lone surrogate cannot be normalised; such a name is its own key.
        }

        IEnumerable<string> segments = text.Split('/').Where(segment => segment is not ("" or ".")).Select(segment => segment.TrimEnd(' ', '.'));
        return string.Join('/', segments).ToUpperInvariant();
    }

    /// <summary>True for characters that change the display order (embedding, override, isolate), the trick of <c>gpj.exe</c> shown as <c>exe.jpg</c>.</summary>
    public static bool IsBidi(char c) => c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static bool IsControl(char c) => c is < ' ' or (>= '\u007F' and <= '\u009F') or '\u2028' or '\u2029';

    private static string[] Split(string name) => name.Split('/', '\\');

    private static bool IsAbsolute(string name) => name.StartsWith('/') || name.StartsWith('\\') || IsDrive(name);

    private static bool IsDrive(string segment) => segment.Length >= 2 && char.IsAsciiLetter(segment[0]) && segment[1] == ':';

    // Win32 trims trailing dots and spaces, so ".. " and "..." can act as "..".
    private static bool IsUp(string segment) => segment.StartsWith("..", StringComparison.Ordinal) && segment.AsSpan().TrimEnd(" .").IsEmpty;

    private static bool IsTrimmed(string segment) => segment.Length > 0 && segment != "." && segment[^1] is ' ' or '.';

    private static bool IsDevice(string segment)
    {
        int dot = segment.IndexOfAny(['.', ':']);
        return Devices.Contains((dot < 0 ? segment : segment[..dot]).TrimEnd(' '));
    }

    private static bool HasVisible(string name)
    {
        foreach (char c in name)
        {
            if (c is not ('/' or '\\' or '.' or ' ') && !IsControl(c) && !IsBidi(c)) return true;
        }

        return false;
    }
}
