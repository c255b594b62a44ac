using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace MailSanitizer.Tests.Authentication;

/// <summary>The public test material, where it lies.</summary>
internal static class Suites
{
    public static string? Find(string path)
    {
        string? root = Environment.GetEnvironmentVariable("MAILSANITIZER_SUITES");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MailSanitizer.sln"))) root = Path.Combine(folder.FullName, "../shared/suites");
        }

        string? found = root is null ? null : Path.Combine(root, path);
        return File.Exists(found) ? found : null;
    }

    public static IReadOnlyList<YamlMappingNode> Documents(string path)
    {
        // Some block scalars begin with a line of more blanks than their indent, which this YAML reader refuses.
        string text = Regex.Replace(File.ReadAllText(path), @"(\|[-+]?\s*\n)[ ]+\n", "$1\n", RegexOptions.None, TimeSpan.FromSeconds(10));
        // A key that stands twice in a map is another case with the same name.
        HashSet<string> seen = [];
        text = Regex.Replace(text, @"^  ([a-z][a-z0-9_]*):$", match => seen.Add(match.Groups[1].Value) ? match.Value : $"  {match.Groups[1].Value}_again:", RegexOptions.Multiline, TimeSpan.FromSeconds(10));
        YamlStream stream = [];
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    public static string? Text(this YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) && value is YamlScalarNode scalar ? scalar.Value ?? "" : null;

    public static YamlNode? Node(this YamlMappingNode node, string key) => node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? value : null;
}
