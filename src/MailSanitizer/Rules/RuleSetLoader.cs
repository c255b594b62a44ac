using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Rules.Files;
using MailSanitizer.Rules.Texts;

namespace MailSanitizer.Rules;

/// <summary>What loading gave: a set, or errors. Never both.</summary>
/// <param name="Set">The set, or null when anything was wrong.</param>
/// <param name="Errors">Every error of every file.</param>
public sealed record RuleSetLoading(RuleSet? Set, IReadOnlyList<RuleError> Errors);

/// <summary>Loads rule sets from folders: whole or not at all.</summary>
public static class RuleSetLoader
{
    /// <summary>Files of one folder (count). Origin: product decision. At it: an error.</summary>
    public const int FileLimit = 10_000;

    /// <summary>The rules that come with the product: beside the program, or, in a checkout, at its root.</summary>
    public static string ShippedFolder { get; } = FindShipped();

    /// <summary>
    /// Loads the shipped rules and the site's, the site's over the shipped ones by id. A folder that is named and not there is an error; without any, the set is empty and the
    /// floors alone decide.
    /// </summary>
    public static RuleSetLoading Load(bool shipped, string? siteFolder, RuleSetOptions? options = null) => LoadFolders(shipped ? ShippedFolder : null, siteFolder, options);

    /// <summary>Loads from two folders.</summary>
    public static RuleSetLoading LoadFolders(string? shippedFolder, string? siteFolder, RuleSetOptions? options = null)
    {
        List<RuleError> errors = [];
        string[] folders = [.. new[] { shippedFolder, siteFolder }.OfType<string>()];
        foreach (string folder in folders.Where(folder => !Directory.Exists(folder))) errors.Add(new RuleError(folder, 1, 1, "there is no such folder", RuleErrorKind.Meaning));
        if (errors.Count > 0) return new RuleSetLoading(null, errors);
        ListFiles lists = new(folders);
        NoticeTemplates templates = NoticeTemplates.Read(folders, errors);
        RuleReader reader = new(lists, templates);
        SortedDictionary<string, Rule> rules = new(StringComparer.Ordinal);
        foreach (string folder in folders)
        {
            Dictionary<string, string> here = new(StringComparer.Ordinal);
            foreach (string file in RuleFiles(folder, errors))
            {
                if (ReadText(file, errors) is not { } text) continue;
                (Rule? rule, IReadOnlyList<RuleError> wrong) = reader.Read(text, file, folder == shippedFolder);
                errors.AddRange(wrong);
                if (rule is null) continue;
                if (!here.TryAdd(rule.Id, file)) errors.Add(new RuleError(file, 1, 1, $"id: '{rule.Id}' is also that of {here[rule.Id]}", RuleErrorKind.Meaning));
                if (Path.GetFileNameWithoutExtension(file) != rule.Id) errors.Add(new RuleError(file, 1, 1, $"id: the file of '{rule.Id}' is named {rule.Id}.yaml", RuleErrorKind.Meaning));
                rules[rule.Id] = rule;
            }
        }

        return errors.Count > 0 ? new RuleSetLoading(null, errors) : new RuleSetLoading(new RuleSet([.. rules.Values], templates, options ?? new RuleSetOptions(), Hash(rules.Values, lists, templates), lists.Used), []);
    }

    /// <summary>One rule of a text, without lists or templates but those of a folder; for editors, tests and the fuzz target.</summary>
    public static (Rule? Rule, IReadOnlyList<RuleError> Errors) ReadRule(string text, string file, string? folder = null)
    {
        List<RuleError> errors = [];
        string[] folders = folder is null ? [] : [folder];
        NoticeTemplates templates = NoticeTemplates.Read(folders, errors);
        (Rule? rule, IReadOnlyList<RuleError> wrong) = new RuleReader(new ListFiles(folders), templates).Read(text, file, shipped: false);
        return errors.Count > 0 ? (null, [.. errors, .. wrong]) : (rule, wrong);
    }

    /// <summary>A set of rules that were read already; for tests and benchmarks.</summary>
    public static RuleSet Of(IEnumerable<Rule> rules, RuleSetOptions? options = null)
    {
        NoticeTemplates templates = NoticeTemplates.Read([], []);
        ListFiles lists = new([]);
        Rule[] sorted = [.. rules.OrderBy(rule => rule.Id, StringComparer.Ordinal)];
        return new RuleSet(sorted, templates, options ?? new RuleSetOptions(), Hash(sorted, lists, templates), []);
    }

    /// <summary>The rule files of a folder, those of tests left out, in the order of their names.</summary>
    internal static IReadOnlyList<string> RuleFiles(string folder, List<RuleError> errors)
    {
        try
        {
            string[] files = [.. Directory.GetFiles(folder).Where(IsRuleFile).Order(StringComparer.Ordinal)];
            if (files.Length <= FileLimit) return files;
            errors.Add(new RuleError(folder, 1, 1, $"more than {FileLimit} rule files", RuleErrorKind.Meaning));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            errors.Add(new RuleError(folder, 1, 1, $"cannot be read: {failure.Message}", RuleErrorKind.Meaning));
        }

        return [];
    }

    private static bool IsRuleFile(string path)
    {
        string name = Path.GetFileName(path);
        return !name.StartsWith('.') && (name.EndsWith(".yaml", StringComparison.Ordinal) || name.EndsWith(".yml", StringComparison.Ordinal)) && !name.EndsWith(".test.yaml", StringComparison.Ordinal);
    }

    internal static string? ReadText(string file, List<RuleError> errors)
    {
        try
        {
            if (new FileInfo(file).Length <= BoundedYaml.TestFileLimit * 4) return File.ReadAllText(file, new UTF8Encoding(false, true));
            errors.Add(new RuleError(file, 1, 1, "the file is too long"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            errors.Add(new RuleError(file, 1, 1, $"cannot be read: {failure.Message}", RuleErrorKind.Meaning));
        }
        catch (DecoderFallbackException)
        {
            errors.Add(new RuleError(file, 1, 1, "the file is not UTF-8"));
        }

        return null;
    }

    // Of everything that can change a decision: rules, lists, templates.
    private static string Hash(IEnumerable<Rule> rules, ListFiles lists, NoticeTemplates templates)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Rule rule in rules) Add($"rule {rule.Id}", rule.Text);
        foreach ((string name, string sha256) in lists.Hashes) Add($"list {name}", sha256);
        foreach ((string name, string text) in templates.Sources) Add($"template {name}", text);
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(string what, string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{what} {bytes.Length}\n")));
            hash.AppendData(bytes);
        }
    }

    private static string FindShipped()
    {
        string beside = Path.Combine(AppContext.BaseDirectory, "rules");
        if (Directory.Exists(beside)) return beside;
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "MailSanitizer.sln")) && Directory.Exists(Path.Combine(folder, "rules"))) return Path.Combine(folder, "rules");
        return beside;
    }
}
