using System.Globalization;

namespace MailSanitizer.Benchmarks;

/// <summary>Where the servers of a run stand, and what it is to do: <c>--name value</c> pairs.</summary>
public sealed class RunPlace
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The daemon's LMTP port on 127.0.0.1.</summary>
    public int Lmtp => Number("lmtp");

    /// <summary>The port on 127.0.0.1 that the daemon hands mail on to.</summary>
    public int NextHop => Number("next-hop");

    /// <summary>The daemon's web port on 127.0.0.1.</summary>
    public int Web => Number("web");

    /// <summary>The daemon's process id.</summary>
    public int Daemon => Number("daemon");

    /// <summary>The relay's port on 127.0.0.1.</summary>
    public int Relay => Number("relay");

    /// <summary>The relay's process id.</summary>
    public int RelayProcess => Number("relay-process");

    /// <summary>clamd's process id.</summary>
    public int Clamd => Number("clamd-process");

    /// <summary>The port of amavisd-new on 127.0.0.1.</summary>
    public int Amavis => Number("amavis");

    /// <summary>The process id of amavisd-new.</summary>
    public int AmavisProcess => Number("amavis-process");

    /// <summary>Reads pairs; an odd word is a fault of the caller.</summary>
    public static RunPlace Read(string[] args)
    {
        RunPlace place = new();
        for (int at = 0; at < args.Length; at += 2)
        {
            if (!args[at].StartsWith("--", StringComparison.Ordinal) || at + 1 == args.Length) throw new ArgumentException($"'{args[at]}': expected --name value");
            place._values[args[at][2..]] = args[at + 1];
        }

        return place;
    }

    /// <summary>A list of numbers, or the default.</summary>
    public int[] Numbers(string name, params int[] otherwise) =>
        _values.TryGetValue(name, out string? text) ? [.. text.Split(',').Select(item => int.Parse(item, CultureInfo.InvariantCulture))] : otherwise;

    /// <summary>A list of words, or the default.</summary>
    public IReadOnlyList<string> Words(string name, IReadOnlyList<string> otherwise) => _values.TryGetValue(name, out string? text) ? text.Split(',') : otherwise;

    /// <summary>Whether a value was given.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A value that must be there.</summary>
    public string Text(string name) => _values.GetValueOrDefault(name) ?? throw new ArgumentException($"--{name} is missing; start this by run.sh");

    /// <summary>Waits until the daemon is ready: workers, next hop and clamd answer.</summary>
    public async Task ReadyAsync()
    {
        using HttpClient web = new() { Timeout = TimeSpan.FromSeconds(5) };
        string last = "no answer";
        for (DateTime end = DateTime.UtcNow.AddSeconds(90); DateTime.UtcNow < end; await Task.Delay(50))
        {
            try
            {
                using HttpResponseMessage answer = await web.GetAsync(new Uri($"http://127.0.0.1:{Web}/readyz"));
                last = await answer.Content.ReadAsStringAsync();
                if (answer.IsSuccessStatusCode) return;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException)
            {
                last = notYet.Message;
            }
        }

        throw new TimeoutException($"the daemon did not become ready: {last}");
    }

    /// <summary>Messages so far by decision, from <c>/metrics</c>.</summary>
    public async Task<IReadOnlyDictionary<string, long>> DecisionsAsync()
    {
        const string Start = "mailsanitizer_messages_total{decision=\"";
        using HttpClient web = new();
        string text = await web.GetStringAsync(new Uri($"http://127.0.0.1:{Web}/metrics"));
        return text.Split('\n').Where(line => line.StartsWith(Start, StringComparison.Ordinal)).Select(line => line[Start.Length..].Split("\"} "))
            .ToDictionary(pair => pair[0], pair => (long)double.Parse(pair[1], CultureInfo.InvariantCulture));
    }

    private int Number(string name) => int.Parse(Text(name), CultureInfo.InvariantCulture);
}
