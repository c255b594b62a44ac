using System.Text.Json.Nodes;
using MailSanitizer.Mail;

namespace MailSanitizer.Audit;

/// <summary>
/// Removes old closed files. What stays provable: their signed closing records go to <c>retired.jsonl</c> first, and the chain itself names the files that went,
/// so that neither alone can be made up.
/// </summary>
internal static class AuditRetention
{
    public static async Task<int> RunAsync(AuditOptions options, IAuditTrail trail, TimeProvider time, CancellationToken cancellation)
    {
        List<string> files = AuditFiles.In(options.Folder);
        List<string> old = Old(options, files, time.GetUtcNow());
        if (old.Count == 0) return 0;
        string anchors = Path.Combine(options.Folder, AuditFiles.Anchors);
        HashSet<string> known = File.Exists(anchors) ? [.. File.ReadAllLines(anchors)] : [];
        JsonArray names = [];
        await using (FileStream output = new(anchors, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, UnixCreateMode = DurableFiles.PrivateFile }))
        {
            foreach (string path in old)
            {
                string last = LastLine(path);
                if (known.Add(last)) output.Write(System.Text.Encoding.UTF8.GetBytes(last + "\n"));
                names.Add(new JsonObject { ["file"] = Path.GetFileName(path), ["closing_hash"] = AuditRecord.HashOf(System.Text.Encoding.UTF8.GetBytes(last)) });
            }

            output.Flush(flushToDisk: true);
        }

        DurableFiles.SyncFolder(options.Folder);
        await trail.AppendAsync(new AuditEvent("audit.retired", null, new JsonObject { ["retired"] = names }), cancellation);
        foreach (string path in old) File.Delete(path);
        DurableFiles.SyncFolder(options.Folder);
        return old.Count;
    }

    // Closed files only, oldest first, never the last: it may be the open one.
    private static List<string> Old(AuditOptions options, List<string> files, DateTimeOffset now)
    {
        List<string> old = [];
        long total = files.Sum(path => new FileInfo(path).Length);
        foreach (string path in files.SkipLast(1))
        {
            bool aged = options.KeepFor > TimeSpan.Zero && TimeOf(path) is { } closed && now - closed > options.KeepFor;
            bool large = options.KeepBytes > 0 && total > options.KeepBytes;
            if (!aged && !large) break;
            if (!new CanonicalEnd(LastLine(path)).IsClosed) break;
            total -= new FileInfo(path).Length;
            old.Add(path);
        }

        return old;
    }

    private static DateTimeOffset? TimeOf(string path) =>
        JsonNode.Parse(LastLine(path))?["@timestamp"] is JsonValue value && value.TryGetValue(out string? text)
            && DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    private static string LastLine(string path)
    {
        string last = "{}";
        using AuditLines lines = new(File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (lines.Next())
        {
            if (lines.IsWhole) last = System.Text.Encoding.UTF8.GetString(lines.Line);
        }

        return last;
    }

    private readonly struct CanonicalEnd(string line)
    {
        public bool IsClosed => line.Contains("\"action\":\"audit.closed\"", StringComparison.Ordinal);
    }
}
