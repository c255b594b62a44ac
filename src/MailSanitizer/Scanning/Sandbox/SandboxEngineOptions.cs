namespace MailSanitizer.Scanning.Sandbox;

/// <summary>One engine, as the configuration has it (<c>sandbox.engines</c>).</summary>
public sealed record SandboxEngineOptions
{
    /// <summary>Name in facts, audit and report.</summary>
    public required string Name { get; init; }

    /// <summary><c>icap://host:1344/service</c>, <c>icaps://…</c>, or <c>cape+http://host:8000</c>, <c>cape+https://…</c>.</summary>
    public required string Url { get; init; }

    /// <summary>ICAP: <c>RESPMOD</c> or <c>REQMOD</c>; null: what the service offers, RESPMOD first.</summary>
    public string? Method { get; init; }

    /// <summary>Largest sample (bytes); a larger one gets no verdict from this engine. Origin: product decision.</summary>
    public long MaximumSize { get; init; } = 64L * 1024 * 1024;

    /// <summary>Formats that are submitted; empty: all.</summary>
    public IReadOnlySet<string> Formats { get; init; } = new HashSet<string>();

    /// <summary>Time for one request, not for a verdict. At it: unavailable.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>CAPE: the API's token, or null.</summary>
    public string? Token { get; init; }

    /// <summary>CAPE: score from which a file is malicious (0 to 10).</summary>
    public double MaliciousScore { get; init; } = 7;

    /// <summary>CAPE: severity of one signature from which a file is malicious whatever its score (1 to 5); 0: signatures alone decide nothing.</summary>
    public int MaliciousSeverity { get; init; }

    /// <summary>CAPE: tags of the machines that may run it.</summary>
    public string? Tags { get; init; }
}
