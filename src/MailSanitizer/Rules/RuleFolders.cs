using System.Globalization;
using System.Text;

namespace MailSanitizer.Rules;

/// <summary>
/// The rule set in force, and its folders. A reload builds the new set aside and swaps it in whole, or leaves the good one in force and says what is wrong. Messages that are
/// being decided keep the set that they began with.
/// </summary>
public sealed class RuleFolders
{
    private readonly bool _shipped;
    private readonly string? _site;
    private readonly RuleSetOptions _options;
    private readonly Lock _lock = new();
    private string _stamp;
    private volatile RuleSet _current;

    private RuleFolders(bool shipped, string? site, RuleSetOptions options, RuleSet set, string stamp)
    {
        _shipped = shipped;
        _site = site;
        _options = options;
        _current = set;
        _stamp = stamp;
    }

    /// <summary>The set in force.</summary>
    public RuleSet Current => _current;

    /// <summary>Loads the folders; null (and the errors) when anything is wrong.</summary>
    public static (RuleFolders? Folders, IReadOnlyList<RuleError> Errors) Open(bool shipped, string? site, RuleSetOptions options)
    {
        string stamp = Stamp(shipped, site);
        RuleSetLoading loading = RuleSetLoader.Load(shipped, site, options);
        return (loading.Set is null ? null : new RuleFolders(shipped, site, options, loading.Set, stamp), loading.Errors);
    }

    /// <summary>Loads again. No errors: the new set is in force. Errors: the old one still is.</summary>
    public IReadOnlyList<RuleError> Reload()
    {
        lock (_lock)
        {
            // Taken before reading: what changes while we read is seen the next time.
            string stamp = Stamp(_shipped, _site);
            RuleSetLoading loading = RuleSetLoader.Load(_shipped, _site, _options);
            _stamp = stamp;
            if (loading.Set is not null) _current = loading.Set;
            return loading.Errors;
        }
    }

    /// <summary>Loads again where a file of the folders (rules, lists, templates) is new, gone or changed; null when none is. To be asked every few seconds.</summary>
    public IReadOnlyList<RuleError>? ReloadIfChanged()
    {
        lock (_lock) return Stamp(_shipped, _site) == _stamp ? null : Reload();
    }

    private static string Stamp(bool shipped, string? site)
    {
        StringBuilder stamp = new();
        foreach (string folder in new[] { shipped ? RuleSetLoader.ShippedFolder : null, site }.OfType<string>())
        {
            foreach (string place in new[] { folder, Path.Combine(folder, "lists"), Path.Combine(folder, "templates") }.Where(Directory.Exists))
            {
                try
                {
                    foreach (FileInfo file in new DirectoryInfo(place).GetFiles().OrderBy(file => file.FullName, StringComparer.Ordinal))
                        stamp.Append(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}\n");
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    // The load that follows says it.
                    stamp.Append(CultureInfo.InvariantCulture, $"{place} {failure.Message}\n");
                }
            }
        }

        return stamp.ToString();
    }
}
