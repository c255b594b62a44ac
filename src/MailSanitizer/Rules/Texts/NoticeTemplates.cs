using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Rules.Texts;

/// <summary>
/// Texts that readers see: notices in place of a part, banners above a body. A template is a file <c>templates/notice-NAME.txt</c> or <c>banner-NAME.txt</c> with a section for each
/// language (<c>[ja]</c>, <c>[en]</c>); a site's overlays the shipped one of the same name. A site's <c>notice-removed.txt</c> stands in for the notice that parts have by default.
/// </summary>
internal sealed class NoticeTemplates
{
    /// <summary>The notice that is used where a rule names none: a site's template, else what <see cref="PartNotice"/> writes (name, type, size, SHA-256, reasons, id).</summary>
    public const string Default = "removed";

    /// <summary>The notice for mail that leaves the house: a stranger learns nothing but that something is missing (promise 9).</summary>
    public const string ForStrangers = "outbound";

    /// <summary>Longest template (bytes). Origin: product decision.</summary>
    public const int FileLimit = 16 * 1024;

    /// <summary>Fields that a template may have in braces.</summary>
    public static readonly IReadOnlyList<KeyValuePair<string, string>> Fields =
    [
        new("name", "name of the part, made safe and cut to 80 characters"), new("format", "what it is by content"), new("size", "its size"), new("reason", "title of the first finding"),
        new("id", "id of the message: what an auditor asks for"), new("from", "address in From, made safe"),
    ];

    private static readonly string[] Languages = ["ja", "en"];

    private readonly Dictionary<string, Dictionary<string, string>> _texts = new(StringComparer.Ordinal)
    {
        ["notice-" + ForStrangers] = new(StringComparer.Ordinal)
        {
            ["ja"] = "添付ファイルは取り除かれました。({id})\n",
            ["en"] = "An attachment was taken out. ({id})\n",
        },
    };

    /// <summary>Hash input: names and texts.</summary>
    public SortedDictionary<string, string> Sources { get; } = new(StringComparer.Ordinal);

    public bool Has(string kind, string name) => _texts.ContainsKey($"{kind}-{name}");

    /// <summary>Names that a rule may say; the default notice has one too, whether or not a site has a text for it.</summary>
    public IEnumerable<string> Names(string kind) =>
        _texts.Keys.Where(key => key.StartsWith(kind + "-", StringComparison.Ordinal)).Select(key => key[(kind.Length + 1)..]).Concat(kind == "notice" && !Has(kind, Default) ? [Default] : []);

    /// <summary>Reads the folders, later ones over earlier ones.</summary>
    public static NoticeTemplates Read(IEnumerable<string> folders, List<RuleError> errors)
    {
        NoticeTemplates templates = new();
        foreach (string folder in folders.Select(folder => Path.Combine(folder, "templates")).Where(Directory.Exists))
            foreach (string file in Directory.GetFiles(folder, "*.txt").Order(StringComparer.Ordinal)) templates.ReadFile(file, errors);
        return templates;
    }

    /// <summary>The text in a language; without that language in English, without English in whatever there is.</summary>
    public string Fill(string kind, string name, string language, Func<string, string> field)
    {
        Dictionary<string, string> texts = _texts[$"{kind}-{name}"];
        string text = texts.GetValueOrDefault(language) ?? texts.GetValueOrDefault("en") ?? texts.Values.First();
        foreach ((string key, _) in Fields)
            if (text.Contains($"{{{key}}}", StringComparison.Ordinal)) text = text.Replace($"{{{key}}}", field(key), StringComparison.Ordinal);
        return text;
    }

    private void ReadFile(string file, List<RuleError> errors)
    {
        string name = Path.GetFileNameWithoutExtension(file);
        if (!Files.ListFiles.IsName(name) || !(name.StartsWith("notice-", StringComparison.Ordinal) || name.StartsWith("banner-", StringComparison.Ordinal)))
        {
            errors.Add(new RuleError(file, 1, 1, "expected templates/notice-NAME.txt or banner-NAME.txt", RuleErrorKind.Meaning));
            return;
        }

        string text;
        try
        {
            if (new FileInfo(file).Length > FileLimit)
            {
                errors.Add(new RuleError(file, 1, 1, $"the template is longer than {FileLimit / 1024} KB", RuleErrorKind.Meaning));
                return;
            }

            text = File.ReadAllText(file, new UTF8Encoding(false, true)).ReplaceLineEndings("\n");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            errors.Add(new RuleError(file, 1, 1, $"cannot be read: {failure.Message}", RuleErrorKind.Meaning));
            return;
        }

        Dictionary<string, string> sections = Sections(text, file, errors);
        if (sections.Count == 0) errors.Add(new RuleError(file, 1, 1, "expected a section [en] or [ja] and text below it", RuleErrorKind.Meaning));
        else _texts[name] = sections;
        Sources[name] = text;
    }

    private static Dictionary<string, string> Sections(string text, string file, List<RuleError> errors)
    {
        Dictionary<string, string> sections = new(StringComparer.Ordinal);
        string? language = null;
        StringBuilder body = new();
        string[] lines = text.Split('\n');
        for (int at = 0; at < lines.Length; at++)
        {
            string line = lines[at];
            if (line is ['[', .. string word, ']'] && word.Length <= 5)
            {
                Close();
                if (!Languages.Contains(word, StringComparer.Ordinal)) errors.Add(new RuleError(file, at + 1, 1, $"unknown language '{word}': known are {string.Join(", ", Languages)}", RuleErrorKind.Meaning));
                else language = word;
                continue;
            }

            if (language is null && line.Trim().Length > 0 && !line.StartsWith('#')) errors.Add(new RuleError(file, at + 1, 1, "text before the first section ([ja], [en])", RuleErrorKind.Meaning));
            foreach (string field in FieldsIn(line))
                if (Fields.All(known => known.Key != field)) errors.Add(new RuleError(file, at + 1, 1, $"unknown field '{SafeText.ForTerminal(field, 40)}'{Nearest.Hint(field, Fields.Select(known => known.Key))}", RuleErrorKind.Meaning));
            if (language is not null) body.Append(line).Append('\n');
        }

        Close();
        return sections;

        void Close()
        {
            if (language is not null && body.ToString().Trim().Length > 0) sections[language] = body.ToString().Trim('\n') + "\n";
            body.Clear();
        }
    }

    private static IEnumerable<string> FieldsIn(string line)
    {
        for (int at = line.IndexOf('{', StringComparison.Ordinal); at >= 0; at = line.IndexOf('{', at + 1))
        {
            int end = line.IndexOf('}', at);
            if (end < 0) yield break;
            yield return line[(at + 1)..end];
        }
    }
}
