namespace MailSanitizer.Scanning.Sandbox;

/// <summary>What the sandboxes are told (<c>sandbox:</c> of the configuration). Off while no engine is named.</summary>
public sealed record SandboxOptions
{
    /// <summary>The engines; all that take a kind of file are asked side by side.</summary>
    public IReadOnlyList<SandboxEngineOptions> Engines { get; init; } = [];

    /// <summary>How long a verdict is good. Origin: product decision; signatures and behaviour change within days.</summary>
    public TimeSpan CacheFor { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Samples that one client network may have submitted in an hour (count). At it: no verdict, and the rule's time runs out.</summary>
    public int PerNetworkHour { get; init; } = 200;

    /// <summary>Between two questions for a verdict; also after an engine did not answer.</summary>
    public TimeSpan AskEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for one verdict, after which a ticket is given up. Origin: CAPE's longest analyses, doubled.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromHours(2);
}
