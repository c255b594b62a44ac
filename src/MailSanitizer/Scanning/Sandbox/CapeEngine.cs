using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using MailSanitizer.Mail;

namespace MailSanitizer.Scanning.Sandbox;

/// <summary>CAPE v2 by its REST interface (apiv2): submit, ask for the state, read the report's score and signatures.</summary>
public sealed class CapeEngine : ISandboxEngine, IDisposable
{
    // Reports have screenshots and traces in them: only so much is read (bytes).
    private const int ReplyAtMost = 64 * 1024 * 1024;

    private readonly SandboxEngineOptions _options;
    private readonly SandboxCalls _calls;
    private readonly HttpClient _http;

    /// <summary>An engine at <paramref name="address"/> (<c>http://host:8000</c>).</summary>
    public CapeEngine(SandboxEngineOptions options, Uri address, TimeProvider time)
    {
        _options = options;
        _calls = new SandboxCalls(options, time);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            BaseAddress = new Uri(address, "/apiv2/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = ReplyAtMost,
        };
        if (options.Token is { } token) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Token", token);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public async Task<string> VersionAsync(CancellationToken cancellation)
    {
        SandboxAnswer answer = await _calls.RunAsync(async token =>
        {
            using JsonDocument reply = await GetAsync("cuckoo/status/", token);
            return new SandboxAnswer(SandboxState.Clean, "", Text(Data(reply), "version"));
        }, cancellation);
        return answer.Version;
    }

    /// <inheritdoc/>
    public Task<SandboxAnswer> SubmitAsync(SandboxSample sample, CancellationToken cancellation)
    {
        if (sample.Bytes.Length > _options.MaximumSize) return Task.FromResult(new SandboxAnswer(SandboxState.Refused, $"larger than {_options.MaximumSize} bytes"));
        return _calls.RunAsync(async token =>
        {
            using MultipartFormDataContent form = [];
            await using Stream bytes = sample.Bytes.OpenRead();
            form.Add(new StreamContent(bytes), "file", sample.Name);
            if (_options.Tags is { } tags) form.Add(new StringContent(tags), "tags");
            using HttpResponseMessage response = await _http.PostAsync(new Uri("tasks/create/file/", UriKind.Relative), form, token);
            using JsonDocument reply = await ReadAsync(response, token);
            if (Error(reply) is { } error) return new SandboxAnswer(SandboxState.Unavailable, error);
            JsonElement data = Data(reply);
            foreach (string name in (string[])["task_ids", "task_id"])
            {
                if (!data.TryGetProperty(name, out JsonElement ids)) continue;
                JsonElement id = ids.ValueKind == JsonValueKind.Array ? ids.EnumerateArray().FirstOrDefault() : ids;
                if (id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out long number) && number > 0) return new SandboxAnswer(SandboxState.Pending, number.ToString(CultureInfo.InvariantCulture));
            }

            return new SandboxAnswer(SandboxState.Unavailable, "it took the file and named no task");
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task<SandboxAnswer> PollAsync(string ticket, CancellationToken cancellation) => _calls.RunAsync(async token =>
    {
        string state;
        using (JsonDocument reply = await GetAsync($"tasks/status/{ticket}/", token))
        {
            if (Error(reply) is { } error) return new SandboxAnswer(SandboxState.Lost, error);
            state = Text(reply.RootElement, "data");
        }

        if (state.StartsWith("failed", StringComparison.Ordinal)) return new SandboxAnswer(SandboxState.Lost, $"the analysis {state}");
        if (state != "reported") return new SandboxAnswer(SandboxState.Pending, ticket);
        using JsonDocument report = await GetAsync($"tasks/get/report/{ticket}/json/", token);
        return Error(report) is { } broken ? new SandboxAnswer(SandboxState.Lost, broken) : Verdict(report.RootElement);
    }, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _calls.Dispose();
    }

    /// <summary>Reads a report. Without a score there is no verdict.</summary>
    internal SandboxAnswer Verdict(JsonElement report)
    {
        if (report.ValueKind != JsonValueKind.Object) return new SandboxAnswer(SandboxState.Lost, "the report is no object");
        JsonElement info = report.TryGetProperty("info", out JsonElement there) && there.ValueKind == JsonValueKind.Object ? there : default;
        double? score = Number(report, "malscore") ?? Number(info, "score");
        if (score is not { } value) return new SandboxAnswer(SandboxState.Lost, "the report has no score");
        string version = Text(info, "version");
        string family = Text(report, "malfamily");
        JsonElement? worst = null;
        if (report.TryGetProperty("signatures", out JsonElement signatures) && signatures.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement signature in signatures.EnumerateArray())
                if (worst is not { } before || (Number(signature, "severity") ?? 0) > (Number(before, "severity") ?? 0)) worst = signature;
        }

        bool bySignature = _options.MaliciousSeverity > 0 && worst is { } top && Number(top, "severity") >= _options.MaliciousSeverity;
        if (value < _options.MaliciousScore && !bySignature) return new SandboxAnswer(SandboxState.Clean, "", version);
        string name = family.Length > 0 ? family : worst is { } named ? Text(named, "name") : "";
        return new SandboxAnswer(SandboxState.Malicious, SafeText.ForTerminal(string.Create(CultureInfo.InvariantCulture, $"{(name.Length > 0 ? name : "score")} {value:0.0}"), 200), version);
    }

    private async Task<JsonDocument> GetAsync(string path, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellation);
        return await ReadAsync(response, cancellation);
    }

    private static async Task<JsonDocument> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode) throw new HttpRequestException($"HTTP {(int)response.StatusCode} {response.ReasonPhrase}");
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellation), new JsonDocumentOptions { MaxDepth = 128 });
    }

    private static string? Error(JsonDocument reply)
    {
        JsonElement root = reply.RootElement;
        if (root.ValueKind != JsonValueKind.Object) return "its answer is no object";
        if (!root.TryGetProperty("error", out JsonElement error) || error.ValueKind is JsonValueKind.False or JsonValueKind.Null) return null;
        string why = Text(root, "error_value");
        return SafeText.ForTerminal(why.Length > 0 ? why : "it reports an error", 200);
    }

    private static JsonElement Data(JsonDocument reply) =>
        reply.RootElement.ValueKind == JsonValueKind.Object && reply.RootElement.TryGetProperty("data", out JsonElement data) && data.ValueKind == JsonValueKind.Object ? data : default;

    private static string Text(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out JsonElement text) || text.ValueKind != JsonValueKind.String) return "";
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The parser lets wrong UTF-8 and lone surrogates pass until a text is asked for: such a text says nothing.
            return "";
        }
    }

    private static double? Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement number) && number.ValueKind == JsonValueKind.Number ? number.GetDouble() : null;
}
