using System.Globalization;

namespace MailSanitizer.Scanning.Sandbox;

/// <summary>The head of an ICAP reply: status and fields (RFC 3507 4.3.3). Read from a stranger: bounded, and nothing in it is trusted beyond its meaning.</summary>
/// <param name="Status">Three digits.</param>
/// <param name="Reason">Behind the digits.</param>
/// <param name="Fields">Names in any case; a repeated one keeps its first value.</param>
public sealed record IcapHead(int Status, string Reason, IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>Lines of a head (count). Origin: RFC 9112 has no limit, servers send a dozen. At it: unusable.</summary>
    public const int LinesAtMost = 200;

    /// <summary>A field, or null.</summary>
    public string? this[string name] => Fields.GetValueOrDefault(name);

    /// <summary>Reads the lines of a head, its empty line left out; null when it is none.</summary>
    public static IcapHead? TryParse(IReadOnlyList<string> lines, string protocol = "ICAP/")
    {
        if (lines.Count is 0 or > LinesAtMost || !lines[0].StartsWith(protocol, StringComparison.OrdinalIgnoreCase)) return null;
        string[] words = lines[0].Split(' ', 3);
        if (words.Length < 2 || words[1].Length != 3 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int status) || status < 100) return null;
        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        string? last = null;
        foreach (string line in lines.Skip(1))
        {
            if (line.StartsWith(' ') || line.StartsWith('\t'))
            {
                // RFC 9112 5.2: obsolete folding still comes; X-Violations-Found is always written so.
                if (last is not null) fields[last] += "\n" + line.Trim();
                continue;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) return null;
            last = line[..colon].Trim();
            if (!fields.TryAdd(last, line[(colon + 1)..].Trim())) last = null;
        }

        return new IcapHead(status, words.Length > 2 ? words[2] : "", fields);
    }
}

/// <summary>What a service says of itself (RFC 3507 4.10).</summary>
/// <param name="Methods">What it does: <c>RESPMOD</c>, <c>REQMOD</c>.</param>
/// <param name="Tag">ISTag: changes with the service's configuration and signatures.</param>
/// <param name="Preview">Bytes it wants to see first; null for no preview.</param>
/// <param name="Allows204">It may answer "nothing to change" outside a preview.</param>
/// <param name="Until">When to ask again.</param>
public sealed record IcapOptions(IReadOnlySet<string> Methods, string Tag, int? Preview, bool Allows204, DateTimeOffset Until)
{
    /// <summary>Largest preview that is sent whatever the service asks for (bytes).</summary>
    public const int PreviewAtMost = 64 * 1024;

    /// <summary>Reads the head of a 200 to OPTIONS.</summary>
    public static IcapOptions Of(IcapHead head, DateTimeOffset now)
    {
        static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
        HashSet<string> methods = new((head["Methods"] ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);
        bool allows = (head["Allow"] ?? "").Split(',', StringSplitOptions.TrimEntries).Contains("204");
        int? preview = Number(head["Preview"]) is { } wanted ? Math.Min(wanted, PreviewAtMost) : null;
        // A minute when it names no time: signatures change, and the tag with them.
        TimeSpan fresh = TimeSpan.FromSeconds(Math.Clamp(Number(head["Options-TTL"]) ?? 60, 1, 3600));
        return new IcapOptions(methods, (head["ISTag"] ?? "").Trim('"'), preview, allows, now + fresh);
    }
}
