using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace MailSanitizer.Audit;

/// <summary>Records in the forms that other systems read (<c>audit export --as ecs|ocsf|csv</c>).</summary>
public static class AuditExport
{
    /// <summary>Names of the forms.</summary>
    public static IReadOnlyList<string> Forms { get; } = ["ecs", "ocsf", "csv"];

    /// <summary>First line of a form, or null.</summary>
    public static string? Head(string form) => form == "csv" ? "time,seq,event,code,id,from,to,decision,rules,reason,user,prev" : null;

    /// <summary>One record, one line. Throws <see cref="ArgumentException"/> for a form that there is not.</summary>
    public static string Line(string form, JsonObject record) => form switch
    {
        "ecs" => Ecs(record),
        "ocsf" => Ocsf(record),
        "csv" => Csv(record),
        _ => throw new ArgumentException($"there is no form {form}", nameof(form)),
    };

    // ECS allows fields of one's own below a name of one's own only.
    private static string Ecs(JsonObject record)
    {
        JsonObject ecs = [];
        JsonObject own = [];
        foreach ((string key, JsonNode? value) in record)
        {
            JsonObject target = key is "@timestamp" or "ecs" or "event" or "email" or "source" or "user" or "process" or "error" ? ecs : own;
            target[key] = value?.DeepClone();
        }

        if (ecs["event"] is JsonObject happened && record["seq"] is { } seq)
        {
            happened["sequence"] = seq.DeepClone();
            happened["provider"] = "mailsanitizer";
        }

        // ECS keeps no keyed subject: it stays ours.
        if (ecs["email"] is JsonObject email && email.Remove("subject_hmac", out JsonNode? hash)) own["email_subject_hmac"] = hash;
        ecs["mailsanitizer"] = own;
        return Text(ecs);
    }

    // Email Activity (class 4009 of OCSF 1.3).
    private static string Ocsf(JsonObject record)
    {
        string action = Of(record, "event", "action");
        int activity = action switch { "message.received" => 2, "message.handed-over" or "message.released" => 1, _ => 99 };
        int disposition = action switch
        {
            "message.handed-over" or "message.released" => 1,
            "message.rejected" or "message.loop" => 2,
            "message.quarantined" => 3,
            "message.held" or "message.held-part" or "message.deferred" => 5,
            "message.deleted" => 10,
            _ => 99,
        };
        JsonObject ocsf = new()
        {
            ["activity_id"] = activity,
            ["category_uid"] = 4,
            ["class_uid"] = 4009,
            ["type_uid"] = 400900 + activity,
            ["activity_name"] = action,
            ["disposition_id"] = disposition,
            ["severity_id"] = action is "message.quarantined" or "message.release-stopped" or "audit.chain-broken" ? 3 : 1,
            ["direction_id"] = 0,
            ["time"] = DateTimeOffset.TryParse(record["@timestamp"]?.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time.ToUnixTimeMilliseconds() : 0,
            ["metadata"] = new JsonObject
            {
                ["version"] = "1.3.0",
                ["product"] = new JsonObject { ["name"] = "MailSanitizer", ["vendor_name"] = "MailSanitizer" },
                ["event_code"] = Of(record, "event", "code"),
                ["sequence"] = record["seq"]?.DeepClone(),
            },
            ["message"] = action,
        };
        if (record["email"] is JsonObject email)
        {
            JsonObject about = new() { ["uid"] = email["local_id"]?.DeepClone() };
            if (email["from"] is JsonObject from) about["from"] = from["address"]?.DeepClone();
            if (email["to"] is JsonObject to) about["to"] = to["address"] is JsonArray list ? list.DeepClone() : to["address"] is { } one ? new JsonArray(one.DeepClone()) : null;
            ocsf["email"] = about;
        }

        if (record["user"] is JsonObject user) ocsf["actor"] = new JsonObject { ["user"] = user.DeepClone() };
        if (record["source"] is JsonObject source && source["ip"] is { } ip) ocsf["src_endpoint"] = new JsonObject { ["ip"] = ip.DeepClone() };
        ocsf["unmapped"] = record.DeepClone();
        return Text(ocsf);
    }

    private static string Csv(JsonObject record)
    {
        JsonObject report = record["report"] as JsonObject ?? record;
        string rules = report["rules"] is JsonArray list ? string.Join(' ', list.OfType<JsonObject>().Select(rule => rule["id"]?.ToString()).OfType<string>()) : "";
        string to = ((record["email"] as JsonObject)?["to"] as JsonObject)?["address"] switch { JsonArray many => string.Join(' ', many.Select(address => address?.ToString())), { } one => one.ToString(), _ => "" };
        string[] cells =
        [
            record["@timestamp"]?.ToString() ?? "", record["seq"]?.ToJsonString() ?? "", Of(record, "event", "action"), Of(record, "event", "code"), Of(record, "email", "local_id"),
            (((record["email"] as JsonObject)?["from"] as JsonObject)?["address"])?.ToString() ?? "", to, report["decision"]?.ToString() ?? "", rules, Of(record, "event", "reason"), Of(record, "user", "name"),
            record["prev"]?.ToString() ?? "",
        ];
        return string.Join(',', cells.Select(Cell));
    }

    // Spreadsheets run what begins with = + - @: an apostrophe in front makes it text (OWASP, CSV injection).
    private static string Cell(string value)
    {
        string safe = new([.. value.Where(letter => !char.IsControl(letter))]);
        if (safe.Length > 0 && safe[0] is '=' or '+' or '-' or '@') safe = "'" + safe;
        return safe.AsSpan().IndexOfAny(",\"") >= 0 || safe.StartsWith('\'') ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    private static string Of(JsonObject record, string outer, string inner) => (record[outer] as JsonObject)?[inner]?.ToString() ?? "";

    private static string Text(JsonObject node) => Encoding.UTF8.GetString(CanonicalJson.Write(node));
}
