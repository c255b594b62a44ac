using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;

namespace MailSanitizer.Audit;

/// <summary>Makes a record of an event: common fields, privacy and size. Sequence number, time and chain come last, from the writer.</summary>
internal sealed class AuditRecord
{
    private const string EcsVersion = "8.17.0";
    private static readonly string[] Reserved = ["v", "seq", "prev", "@timestamp", "ecs"];
    private readonly List<(string Name, byte[] Bytes)> _members;

    private AuditRecord(List<(string Name, byte[] Bytes)> members) => _members = members;

    /// <summary>Everything but what the chain adds, serialised by the caller's own thread. The event's fields are copied, never changed.</summary>
    public static AuditRecord Of(AuditEvent entry, AuditOptions options, byte[] subjectKey)
    {
        JsonObject fields = (JsonObject)entry.Fields.DeepClone();
        foreach (string name in Reserved) fields.Remove(name);
        EventKind kind = EventCatalog.Of(entry.Action);
        JsonObject happened = ObjectAt(fields, "event");
        happened["action"] = entry.Action;
        happened["category"] = new JsonArray(kind.Category);
        happened["code"] = kind.Code.ToString(CultureInfo.InvariantCulture);
        happened["kind"] = "event";
        happened["type"] = new JsonArray(kind.Type);
        if (entry.MessageId is { } id) ObjectAt(fields, "email")["local_id"] = id.ToString("D");
        if (!options.SubjectInClear) HashSubject(fields, subjectKey);
        return new AuditRecord(Fit(fields, options.RecordBytes));
    }

    /// <summary>The line, without its end.</summary>
    public byte[] Line(long seq, string prev, DateTimeOffset time)
    {
        ArrayBufferWriter<byte> output = new(_members.Sum(member => member.Name.Length + member.Bytes.Length + 4) + 256);
        (string Name, byte[] Bytes)[] added =
        [
            ("@timestamp", Encoding.ASCII.GetBytes($"\"{time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}\"")),
            ("ecs", Encoding.ASCII.GetBytes($"{{\"version\":\"{EcsVersion}\"}}")),
            ("prev", Encoding.ASCII.GetBytes($"\"{prev}\"")),
            ("seq", Encoding.ASCII.GetBytes(seq.ToString(CultureInfo.InvariantCulture))),
            ("v", "1"u8.ToArray()),
        ];
        bool first = true;
        foreach ((string name, byte[] bytes) in _members.Concat(added).OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            output.Write(first ? "{"u8 : ","u8);
            first = false;
            CanonicalJson.WriteString(output, name);
            output.Write(":"u8);
            output.Write(bytes);
        }

        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>SHA-256 of a line, lower-case hex.</summary>
    public static string HashOf(ReadOnlySpan<byte> line) => Convert.ToHexStringLower(SHA256.HashData(line));

    /// <summary>The keyed hash of a subject: equal for equal subjects (without regard to surrounding white space), useless to anybody without the key.</summary>
    public static string SubjectHash(string subject, byte[] key) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(subject.Trim())))[..32];

    private static JsonObject ObjectAt(JsonObject fields, string name)
    {
        if (fields[name] is JsonObject there) return there;
        JsonObject made = [];
        fields[name] = made;
        return made;
    }

    private static void HashSubject(JsonObject fields, byte[] key)
    {
        if (fields["email"] is not JsonObject email || email["subject"] is not JsonValue value) return;
        email.Remove("subject");
        if (value.TryGetValue(out string? subject) && subject is not null) email["subject_hmac"] = SubjectHash(subject, key);
    }

    private static List<(string Name, byte[] Bytes)> Fit(JsonObject fields, int max)
    {
        foreach (int keep in (int[])[int.MaxValue, 200, 20, 0])
        {
            if (keep < int.MaxValue) CutLists(fields, keep);
            List<(string Name, byte[] Bytes)> members = [.. fields.Select(member => (member.Key, CanonicalJson.Write(member.Value)))];
            if (members.Sum(member => (long)member.Name.Length + member.Bytes.Length) <= max) return members;
        }

        // No list left, and still too long: one huge text. What happened, and to which message, is what must stay.
        JsonObject left = new() { ["event"] = fields["event"]!.DeepClone(), ["record_truncated"] = true };
        (left["event"] as JsonObject)!.Remove("reason");
        if (fields["email"] is JsonObject email && email["local_id"] is { } id) left["email"] = new JsonObject { ["local_id"] = id.DeepClone() };
        return [.. left.Select(member => (member.Key, CanonicalJson.Write(member.Value)))];
    }

    private static void CutLists(JsonObject fields, int keep)
    {
        foreach (string name in fields.Where(member => member.Value is JsonArray list && list.Count > keep).Select(member => member.Key).ToList())
        {
            JsonArray list = (JsonArray)fields[name]!;
            int before = list.Count + (fields[$"{name}_omitted"] is JsonValue omitted && omitted.TryGetValue(out int earlier) ? earlier : 0);
            while (list.Count > keep) list.RemoveAt(list.Count - 1);
            fields[$"{name}_omitted"] = before - list.Count;
        }
    }
}
