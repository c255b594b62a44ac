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
        using StreamReader reader = new(path);
        YamlStream stream = [];
        stream.Load(reader);
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    public static string? Text(this YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) && value is YamlScalarNode scalar ? scalar.Value ?? "" : null;

    public static YamlNode? Node(this YamlMappingNode node, string key) => node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? value : null;
}
