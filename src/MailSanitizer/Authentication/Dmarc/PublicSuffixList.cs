using System.Text;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication.Dmarc;

/// <summary>The Public Suffix List (publicsuffix.org), as Debian's package <c>publicsuffix</c> brings it.</summary>
public sealed class PublicSuffixList
{
    /// <summary>Where Debian puts it.</summary>
    public const string DebianPath = "/usr/share/publicsuffix/public_suffix_list.dat";

    // The list has 300 KB; a larger file is another one.
    private const int MaximumBytes = 8 * 1024 * 1024;

    private readonly HashSet<string> _rules = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wildcards = new(StringComparer.Ordinal);
    private readonly HashSet<string> _exceptions = new(StringComparer.Ordinal);

    private PublicSuffixList()
    {
    }

    /// <summary>Number of rules.</summary>
    public int Count => _rules.Count + _wildcards.Count + _exceptions.Count;

    /// <summary>Reads a file. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/>: without the list no organisational domain is known, and mail is not judged by a guess.</summary>
    public static PublicSuffixList Load(string path)
    {
        FileInfo file = new(path);
        if (file.Exists && file.Length > MaximumBytes) throw new InvalidDataException($"{path}: larger than a public suffix list");
        PublicSuffixList list = Read(File.ReadLines(path, Encoding.UTF8));
        return list.Count > 0 ? list : throw new InvalidDataException($"{path}: no rule in it");
    }

    /// <summary>Reads lines.</summary>
    public static PublicSuffixList Read(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        PublicSuffixList list = new();
        foreach (string line in lines)
        {
            // A rule ends at the first blank; everything else is comment.
            string rule = line.Split(' ', '\t')[0].Trim();
            if (rule.Length == 0 || rule.StartsWith("//", StringComparison.Ordinal)) continue;
            (HashSet<string> set, string name) = rule.StartsWith("*.", StringComparison.Ordinal) ? (list._wildcards, rule[2..])
                : rule.StartsWith('!') ? (list._exceptions, rule[1..]) : (list._rules, rule);
            if (DomainName.ToAscii(name) is { } ascii) set.Add(ascii);
        }

        return list;
    }

    /// <summary>The registrable domain: the public suffix and one label more; null for a public suffix itself.</summary>
    /// <param name="domain">A-labels, lower case.</param>
    public string? RegistrableDomain(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        string? below = null;
        // From the whole name upwards: the first rule met is the longest, and an exception stands below its wildcard.
        for (string? name = domain; name is not null; below = name, name = DomainName.Parent(name))
        {
            if (_exceptions.Contains(name)) return name;
            if (_rules.Contains(name)) return below;
            if (DomainName.Parent(name) is { } parent && _wildcards.Contains(parent)) return below;
            // No rule: the last label is the suffix ("*").
            if (DomainName.Parent(name) is null) return below;
        }

        return null;
    }
}
