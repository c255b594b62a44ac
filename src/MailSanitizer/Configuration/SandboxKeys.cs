using System.Globalization;
using MailSanitizer.Content;
using MailSanitizer.Scanning.Sandbox;
using YamlDotNet.RepresentationModel;
using static MailSanitizer.Configuration.ConfigValue;

namespace MailSanitizer.Configuration;

/// <summary>The keys of <c>sandbox</c>.</summary>
internal static class SandboxKeys
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ConfigKey> All { get; } =
    [
        new("sandbox.engines", "list of { url, name, method, max-size, formats, request-time, token-file, score, severity, tags }",
            "Engines that may answer late, for rules with hold: sandbox. icap://host:1344/service, icaps://, cape+http://host:8000, cape+https://. formats: kinds that are submitted (all without it). score and severity: from where CAPE's report is bad.",
            "[{ url: \"icap://127.0.0.1:1344/avscan\", name: icap }]", false,
            (settings, node) => settings with { Sandbox = settings.Sandbox with { Engines = Engines(node) } },
            settings => string.Join(", ", settings.Sandbox.Engines.Select(engine => $"{engine.Name} ({engine.Url})"))),
        new("sandbox.cache-for", "time", "How long a verdict is good; a clean one never outlives the engine's version.", "1d", false,
            (settings, node) => settings with { Sandbox = settings.Sandbox with { CacheFor = Duration(node) } },
            settings => ConfigKeys.Time(settings.Sandbox.CacheFor)),
        new("sandbox.per-network-hour", "number", "Files that one client network may have submitted in an hour; what comes above it waits for the rule's time.", "200", false,
            (settings, node) => settings with { Sandbox = settings.Sandbox with { PerNetworkHour = Number(node, 1, 1_000_000) } },
            settings => settings.Sandbox.PerNetworkHour.ToString(CultureInfo.InvariantCulture)),
        new("sandbox.ask-every", "time", "Between two questions for a verdict, and after an engine did not answer.", "10s", false,
            (settings, node) => settings with { Sandbox = settings.Sandbox with { AskEvery = Duration(node) } },
            settings => ConfigKeys.Time(settings.Sandbox.AskEvery)),
    ];

    private static IReadOnlyList<SandboxEngineOptions> Engines(YamlNode node)
    {
        IReadOnlyList<SandboxEngineOptions> engines = List(node, Engine);
        return engines.Select(engine => engine.Name).Distinct(StringComparer.Ordinal).Count() == engines.Count ? engines : throw new ConfigFault(node, "two engines have the same name");
    }

    private static SandboxEngineOptions Engine(YamlNode node)
    {
        ConfigMap map = new(node, "url", "name", "method", "max-size", "formats", "request-time", "token-file", "score", "severity", "tags");
        YamlNode url = map.Required("url");
        SandboxEngineOptions engine = new()
        {
            Url = Text(url),
            Name = map.Optional("name") is { } name ? Text(name) : Text(url).Split("://", 2)[0],
            Method = map.Optional("method") is { } method ? Word(method, "RESPMOD", "REQMOD") : null,
            Formats = map.Optional("formats") is { } formats ? List(formats, Format).ToHashSet(StringComparer.Ordinal) : [],
            Token = map.Optional("token-file") is { } file ? Secret(file) : null,
            Tags = map.Optional("tags") is { } tags ? Text(tags) : null,
        };
        if (map.Optional("max-size") is { } size) engine = engine with { MaximumSize = Size(size) };
        if (map.Optional("request-time") is { } time) engine = engine with { RequestTime = Duration(time) };
        if (map.Optional("score") is { } score) engine = engine with { MaliciousScore = Number(score, 0, 10) };
        if (map.Optional("severity") is { } severity) engine = engine with { MaliciousSeverity = Number(severity, 1, 5) };
        try
        {
            (Sandboxes.Make(engine, TimeProvider.System) as IDisposable)?.Dispose();
            return engine;
        }
        catch (ArgumentException wrong)
        {
            throw new ConfigFault(url, wrong.Message);
        }
    }

    private static string Format(YamlNode node) =>
        PartFormats.IsKnown(Text(node)) ? Text(node) : throw new ConfigFault(node, $"'{Text(node)}' is no format that we know");

    // In a file of its own, as keys are: the configuration is shown and logged.
    private static string Secret(YamlNode node)
    {
        try
        {
            return File.ReadAllText(Text(node)).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ConfigFault(node, $"cannot be read: {failure.Message}");
        }
    }
}
