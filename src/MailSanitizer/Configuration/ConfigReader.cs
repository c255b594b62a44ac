using MailSanitizer.Mail;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MailSanitizer.Configuration;

/// <summary>What reading a configuration gave: settings, or errors.</summary>
/// <param name="Settings">The settings; the defaults where nothing was said. Not to be used when there are errors.</param>
/// <param name="Errors">Every error, not only the first.</param>
/// <param name="Origins">For each key that was given: file and line.</param>
public sealed record ConfigReading(Settings Settings, IReadOnlyList<ConfigError> Errors, IReadOnlyDictionary<string, string> Origins);

/// <summary>A mapping with known keys; an unknown one is a fault with the nearest known word.</summary>
internal sealed class ConfigMap
{
    private readonly YamlNode _node;
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);

    public ConfigMap(YamlNode node, params string[] known)
    {
        _node = node;
        if (node is not YamlMappingNode mapping) throw new ConfigFault(node, $"expected {{ {string.Join(", ", known)} }}");
        foreach ((YamlNode key, YamlNode value) in mapping.Children)
        {
            string name = (key as YamlScalarNode)?.Value ?? "";
            if (!known.Contains(name, StringComparer.Ordinal)) throw new ConfigFault(key, $"unknown key '{name}'{Nearest.Hint(name, known)}");
            _values[name] = value;
        }
    }

    public YamlNode Required(string name) => _values.GetValueOrDefault(name) ?? throw new ConfigFault(_node, $"'{name}' is missing");

    public YamlNode? Optional(string name) => _values.GetValueOrDefault(name);
}

/// <summary>Reads the configuration file.</summary>
public static class ConfigReader
{
    /// <summary>Where the file is looked for when none is named.</summary>
    public const string DefaultPath = "/etc/mailsanitizer/mailsanitizer.yaml";

    // The operator's own file, and yet bounded: a wrong path may name a disk image.
    private const int FileLimit = 1024 * 1024;

    /// <summary>Reads a file; without a name, <see cref="DefaultPath"/> when it exists, else the defaults.</summary>
    public static ConfigReading ReadFile(string? path)
    {
        if (path is null && !File.Exists(DefaultPath)) return new ConfigReading(new Settings(), [], new Dictionary<string, string>());
        string file = path ?? DefaultPath;
        try
        {
            return new FileInfo(file).Length > FileLimit ? Failed(file, 1, 1, "the file is larger than 1 MB") : Read(File.ReadAllText(file), file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Failed(file, 1, 1, $"cannot be read: {failure.Message}");
        }
    }

    /// <summary>Reads a text; <paramref name="file"/> stands in the errors.</summary>
    public static ConfigReading Read(string text, string file)
    {
        YamlStream stream = [];
        try
        {
            using StringReader reader = new(text);
            stream.Load(reader);
        }
        catch (YamlException failure)
        {
            return Failed(file, failure.Start.Line, failure.Start.Column, $"no valid YAML: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet's scanner throws these of itself at some broken texts, without a place.
            return Failed(file, 1, 1, "no valid YAML");
        }

        if (stream.Documents.Count == 0) return new ConfigReading(new Settings(), [], new Dictionary<string, string>());
        Settings settings = new();
        List<ConfigError> errors = [];
        Dictionary<string, string> origins = new(StringComparer.Ordinal);
        if (stream.Documents[0].RootNode is not YamlMappingNode root) return Failed(file, 1, 1, "expected keys and values (listen: …)");
        foreach ((string path, YamlNode keyNode, YamlNode value) in Flatten(root, errors, file))
        {
            ConfigKey key = ConfigKeys.All.Single(candidate => candidate.Path == path);
            try
            {
                settings = key.Apply(settings, value);
                origins[path] = $"{file}:{keyNode.Start.Line}";
            }
            catch (ConfigFault fault)
            {
                errors.Add(new ConfigError(file, fault.Node.Start.Line, fault.Node.Start.Column, $"{path}: {fault.Message}"));
            }
        }

        return new ConfigReading(settings, errors, origins);
    }

    // Two levels at most: "clamav:" with keys below, or a key of its own.
    private static List<(string Path, YamlNode Key, YamlNode Value)> Flatten(YamlMappingNode root, List<ConfigError> errors, string file)
    {
        List<(string, YamlNode, YamlNode)> found = [];
        foreach ((YamlNode key, YamlNode value) in root.Children)
        {
            string name = (key as YamlScalarNode)?.Value ?? "";
            if (ConfigKeys.All.Any(known => known.Path == name))
            {
                found.Add((name, key, value));
                continue;
            }

            string prefix = name + ".";
            string[] below = [.. ConfigKeys.All.Where(known => known.Path.StartsWith(prefix, StringComparison.Ordinal)).Select(known => known.Path[prefix.Length..])];
            if (below.Length == 0)
            {
                string[] top = [.. ConfigKeys.All.Select(known => known.Path.Split('.')[0]).Distinct()];
                errors.Add(new ConfigError(file, key.Start.Line, key.Start.Column, $"unknown key '{name}'{Nearest.Hint(name, top)}"));
                continue;
            }

            if (value is not YamlMappingNode mapping)
            {
                errors.Add(new ConfigError(file, value.Start.Line, value.Start.Column, $"{name}: expected keys below it: {string.Join(", ", below.Take(8))}"));
                continue;
            }

            foreach ((YamlNode inner, YamlNode innerValue) in mapping.Children)
            {
                string innerName = (inner as YamlScalarNode)?.Value ?? "";
                if (below.Contains(innerName, StringComparer.Ordinal)) found.Add((prefix + innerName, inner, innerValue));
                else errors.Add(new ConfigError(file, inner.Start.Line, inner.Start.Column, $"unknown key '{prefix}{innerName}'{Nearest.Hint(innerName, below)}"));
            }
        }

        return found;
    }

    private static ConfigReading Failed(string file, long line, long column, string message) =>
        new(new Settings(), [new ConfigError(file, line, column, message)], new Dictionary<string, string>());
}
