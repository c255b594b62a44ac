using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;

namespace MailSanitizer.Audit;

/// <summary>Which records (<c>audit show</c>, <c>audit export</c>); all conditions hold.</summary>
public sealed record AuditQuery
{
    /// <summary>Message id.</summary>
    public string? Id { get; init; }

    /// <summary>A whole address, or a domain with or without <c>@</c>; sender or recipient.</summary>
    public string? Address { get; init; }

    /// <summary>Keyed hash of the subject (see <see cref="AuditTrail.SubjectHash"/>).</summary>
    public string? SubjectHash { get; init; }

    /// <summary>SHA-256 of a part, a message or anything else.</summary>
    public string? Hash { get; init; }

    /// <summary>Rule id, or <c>floor:…</c>.</summary>
    public string? Rule { get; init; }

    /// <summary>Decision.</summary>
    public string? Decision { get; init; }

    /// <summary>Event name.</summary>
    public string? Action { get; init; }

    /// <summary>Who did it.</summary>
    public string? Actor { get; init; }

    /// <summary>At or after.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Records to skip.</summary>
    public int Skip { get; init; }

    /// <summary>Records at most.</summary>
    public int Take { get; init; } = 100;

    internal IReadOnlyList<long> Tokens()
    {
        List<long> tokens = [];
        // Rare things first: the first token drives the search.
        if (Id is not null) tokens.Add(AuditIndex.Token("id", Id));
        if (Hash is not null) tokens.Add(AuditIndex.Token("hash", Hash));
        if (SubjectHash is not null) tokens.Add(AuditIndex.Token("subject", SubjectHash));
        if (Address is not null) tokens.Add(Address.LastIndexOf('@') > 0 ? AuditIndex.Token("address", Address) : AuditIndex.Token("domain", Address.TrimStart('@')));
        if (Actor is not null) tokens.Add(AuditIndex.Token("actor", Actor));
        if (Rule is not null) tokens.Add(AuditIndex.Token("rule", Rule));
        if (Decision is not null) tokens.Add(AuditIndex.Token("decision", Decision));
        if (Action is not null) tokens.Add(AuditIndex.Token("action", Action));
        return tokens;
    }
}

/// <summary>Reads the audit: by query, from the start, or as it grows. Never writes to it.</summary>
public sealed class AuditReader(string folder, AuditIndex index, TimeProvider time)
{
    /// <summary>Records that match, newest first.</summary>
    public async Task<IReadOnlyList<JsonObject>> ShowAsync(AuditQuery query, CancellationToken cancellation)
    {
        await index.CatchUpAsync(cancellation);
        return Find(query);
    }

    /// <summary>As <see cref="ShowAsync"/>, from what is indexed already.</summary>
    internal IReadOnlyList<JsonObject> Find(AuditQuery query)
    {
        IReadOnlyList<long> tokens = query.Tokens();
        List<JsonObject> found = [];
        foreach (AuditPlace place in index.Find(tokens, query.Since, query.Until, query.Skip, query.Take))
        {
            string path = Path.Combine(folder, place.File);
            if (!File.Exists(path)) continue;
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] line = new byte[Math.Min(place.Length, AuditLines.MaxLine)];
            int got = RandomAccess.Read(handle, line, place.At);
            // The files are the truth: a record that does not say what the index says is not shown for it.
            if (AuditIndex.ParseRecord(line.AsSpan(0, got)) is { } parsed && parsed.Seq == place.Seq && tokens.All(AuditIndex.TokensOf(parsed.Record).Contains)) found.Add(parsed.Record);
        }

        return found;
    }

    /// <summary>All matching records, oldest first, page by page: for exports of any size.</summary>
    public async IAsyncEnumerable<JsonObject> ExportAsync(AuditQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        HashSet<long> tokens = [.. query.Tokens()];
        await Task.CompletedTask;
        foreach (string path in AuditFiles.In(folder))
        {
            using AuditLines lines = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1));
            while (lines.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                if (lines.IsWhole && AuditIndex.ParseRecord(lines.Line) is { } parsed && Fits(query, tokens, parsed)) yield return parsed.Record;
            }
        }
    }

    /// <summary>New records as they are written (<c>audit follow</c>), until cancelled.</summary>
    public async IAsyncEnumerable<JsonObject> FollowAsync(AuditQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        HashSet<long> tokens = [.. query.Tokens()];
        List<string> files = AuditFiles.In(folder);
        string? path = files.Count > 0 ? files[^1] : null;
        long at = path is null ? 0 : new FileInfo(path).Length;
        while (!cancellation.IsCancellationRequested)
        {
            if (path is not null)
            {
                List<JsonObject> fresh = [];
                using (FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1))
                {
                    stream.Position = at;
                    using AuditLines lines = new(stream, at);
                    while (lines.Next() && lines.IsWhole)
                    {
                        at = lines.Offset + lines.Length;
                        if (AuditIndex.ParseRecord(lines.Line) is { } parsed && Fits(query, tokens, parsed)) fresh.Add(parsed.Record);
                    }
                }

                foreach (JsonObject record in fresh) yield return record;
            }

            string? next = AuditFiles.In(folder).Find(file => path is null || string.CompareOrdinal(Path.GetFileName(file), Path.GetFileName(path)) > 0);
            // Only a file that has a follower is complete.
            if (next is not null && (path is null || at >= new FileInfo(path).Length))
            {
                (path, at) = (next, 0);
                continue;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250), time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static bool Fits(AuditQuery query, HashSet<long> tokens, (long Seq, long Time, JsonObject Record) parsed) =>
        (query.Since is null || parsed.Time >= query.Since.Value.ToUnixTimeMilliseconds()) && (query.Until is null || parsed.Time < query.Until.Value.ToUnixTimeMilliseconds())
        && (tokens.Count == 0 || tokens.IsSubsetOf(AuditIndex.TokensOf(parsed.Record)));
}

/// <summary>Records as lines for people. Nothing of a stranger reaches the terminal raw.</summary>
public static class AuditText
{
    private static readonly string[] Common = ["@timestamp", "ecs", "event", "prev", "seq", "v", "email"];

    /// <summary>One record, one line: time, number, event, id, then the rest as <c>key=value</c>.</summary>
    public static string Line(JsonObject record)
    {
        StringBuilder text = new();
        JsonObject happened = record["event"] as JsonObject ?? [];
        JsonObject email = record["email"] as JsonObject ?? [];
        text.Append(CultureInfo.InvariantCulture, $"{SafeText.ForTerminal(record["@timestamp"]?.ToString())} {record["seq"]?.ToJsonString()} {SafeText.ForTerminal(happened["action"]?.ToString())}");
        if (email["local_id"] is { } id) text.Append(' ').Append(SafeText.ForTerminal(id.ToString()));
        foreach ((string key, JsonNode? value) in happened) if (key is "reason" or "outcome") Append(text, key, value);
        foreach ((string key, JsonNode? value) in email) if (key != "local_id") Append(text, key, value);
        foreach ((string key, JsonNode? value) in record) if (!Common.Contains(key)) Append(text, key, value);
        return text.ToString();
    }

    /// <summary>The verdict on the chain, for people.</summary>
    public static string Verification(AuditVerification found)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{found.Records} records in {found.Files} files, {found.FirstSeq} to {found.LastSeq}\nhead {found.HeadHash}\n");
        foreach (string note in found.Notes) text.Append(CultureInfo.InvariantCulture, $"note: {SafeText.ForTerminal(note)}\n");
        if (found.Problem is not { } problem) return text.Append("The chain is whole.\n").ToString();
        string word = problem.Fault.ToString().ToLowerInvariant();
        return text.Append(CultureInfo.InvariantCulture, $"BROKEN ({word}) at record {problem.Seq}, {problem.File} line {problem.Line}: {SafeText.ForTerminal(problem.Text)}\n").ToString();
    }

    private static void Append(StringBuilder text, string key, JsonNode? value)
    {
        string shown = value is JsonValue plain && plain.TryGetValue(out string? word) ? word : Encoding.UTF8.GetString(CanonicalJson.Write(value));
        text.Append(' ').Append(SafeText.ForTerminal(key)).Append('=').Append(SafeText.ForTerminal(shown, 400));
    }
}
