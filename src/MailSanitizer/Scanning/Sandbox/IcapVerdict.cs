using System.Text.RegularExpressions;

namespace MailSanitizer.Scanning.Sandbox;

/// <summary>Reads a verdict out of an ICAP reply. There is no standard for it: the fields are those of the RFC's extensions draft and of the vendors.</summary>
public static partial class IcapVerdict
{
    // What a service adds when it found something; any of them, with a value that does not deny it.
    private static readonly string[] Found =
    [
        "X-Infection-Found", "X-Virus-ID", "X-Virus-Name", "X-Violations-Found", "X-Blocked", "X-Block-Reason", "X-Threat-Name", "X-Malware-Name", "X-FortiSandbox-Verdict", "X-Sandbox-Verdict", "X-Verdict",
    ];

    /// <summary>The verdict. <paramref name="http"/>: the encapsulated HTTP head, or null; <paramref name="sameBody"/>: whether the returned body is what was sent; null when there was none.</summary>
    public static SandboxAnswer Of(IcapHead icap, IcapHead? http, bool? sameBody)
    {
        string version = (icap["ISTag"] ?? "").Trim('"');
        foreach (string field in Found)
        {
            if (icap[field] is not { Length: > 0 } value || Denies(value)) continue;
            return new SandboxAnswer(SandboxState.Malicious, Name(field, value), version);
        }

        return icap.Status switch
        {
            204 => new SandboxAnswer(SandboxState.Clean, "", version),
            // Too large for it, or a kind it does not take: RFC 3507 4.3.3 has no code of its own for that, services use HTTP's.
            413 or 415 => new SandboxAnswer(SandboxState.Refused, $"ICAP {icap.Status} {icap.Reason}", version),
            200 when http is { Status: >= 400 } => new SandboxAnswer(SandboxState.Malicious, $"blocked with HTTP {http.Status}", version),
            200 when http is null && sameBody is null => new SandboxAnswer(SandboxState.Unavailable, "ICAP 200 that returns nothing", version),
            200 when sameBody is true => new SandboxAnswer(SandboxState.Clean, "", version),
            // It would have changed what was sent (a page in its place, a disarmed copy): that is a verdict; its bytes are thrown away.
            200 => new SandboxAnswer(SandboxState.Malicious, "changed by the service", version),
            _ => new SandboxAnswer(SandboxState.Unavailable, $"ICAP {icap.Status} {icap.Reason}", version),
        };
    }

    // "Type=0; Resolution=2; Threat=Eicar;" and "1\nfile\nEicar\n0\n0", the two shapes of the extensions draft; else the value itself.
    private static string Name(string field, string value)
    {
        if (ThreatPattern().Match(value) is { Success: true } threat) return threat.Groups[1].Value.Trim();
        string[] lines = value.Split('\n', StringSplitOptions.TrimEntries);
        string name = field == "X-Violations-Found" && lines.Length >= 3 ? lines[2] : lines[0];
        return name.Length == 0 ? field : name.Length > 200 ? name[..200] : name;
    }

    private static bool Denies(string value) =>
        value.Trim().ToUpperInvariant() is "0" or "NO" or "NONE" or "CLEAN" or "FALSE" or "PASS" or "OK" or "ALLOW" or "BENIGN" or "NO THREATS" or "NOT FOUND" or "LOW RISK" or "UNKNOWN";

    [GeneratedRegex("Threat=([^;\n]*)", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex ThreatPattern();
}
