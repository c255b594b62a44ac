using System.Collections.Frozen;
using System.Text;

namespace MailSanitizer.Audit;

/// <summary>One kind of event.</summary>
/// <param name="Code">Stable number (<c>event.code</c>); never reused.</param>
/// <param name="Action">Stable name (<c>event.action</c>).</param>
/// <param name="Category">ECS <c>event.category</c>.</param>
/// <param name="Type">ECS <c>event.type</c>.</param>
/// <param name="Title">What it says, for people.</param>
/// <param name="Fields">Fields that it usually carries, beside the common ones.</param>
public sealed record EventKind(int Code, string Action, string Category, string Type, string Title, string Fields);

/// <summary>Every event that the audit knows. Rows are added, never changed in meaning; EVENTS.md is made from this table.</summary>
public static class EventCatalog
{
    /// <summary>An action that is not in the table: recorded all the same, so that a missing row never stops mail.</summary>
    public static EventKind Uncatalogued { get; } = new(9999, "uncatalogued", "email", "info", "An event whose name is not in this table; the name is kept in event.action.", "");

    /// <summary>The rows, by number.</summary>
    public static IReadOnlyList<EventKind> All { get; } =
    [
        new(1001, "message.received", "email", "info", "A message arrived.", "email, client, message"),
        new(1002, "message.decided", "email", "info", "What was decided for it and why: the report.", "decision, rules, authentication, parts, scans, ms"),
        new(1003, "message.handed-over", "email", "allowed", "The next hop took it for these recipients.", "email.to, next_hop.reply"),
        new(1004, "message.deferred", "email", "info", "The next hop could not take it now.", "email.to, next_hop.reply"),
        new(1005, "message.refused-by-next-hop", "email", "denied", "The next hop refused it for good.", "email.to, next_hop.reply"),
        new(1006, "message.rejected", "email", "denied", "Refused with 5xx by a rule.", "email.to, rules"),
        new(1007, "message.tempfailed", "email", "error", "Answered 451: a fault of ours, the client keeps it.", "event.reason"),
        new(1008, "message.repeated", "email", "info", "The same bytes for the same recipients were done before; answered 250, nothing done.", "email.to"),
        new(1009, "message.loop", "email", "denied", "It went round in a loop and was refused.", ""),
        new(1010, "message.held", "email", "info", "It waits for a password or a verdict.", "hold"),
        new(1011, "message.held-part", "email", "info", "It went on with a notice; a part waits.", "hold"),
        new(1012, "message.unlocked", "email", "allowed", "What it waited for came.", "hold, opened_with"),
        new(1013, "message.expired", "email", "info", "What it waited for never came.", "hold"),
        new(1014, "message.returned", "email", "info", "It was returned to our own sender.", "email.to"),
        new(1015, "message.quarantined", "email", "denied", "It is kept for a person to decide.", "reasons"),
        new(1016, "message.released", "email", "allowed", "A person let it go.", "release, user.name, event.reason"),
        new(1017, "message.release-stopped", "email", "denied", "A release was stopped: the copy is not clean any more.", "findings, scans, user.name"),
        new(1018, "message.deleted", "email", "deletion", "Its key was destroyed, by a person or by age.", "user.name, event.reason"),
        new(1019, "message.queued", "email", "info", "It is in the outbox.", "outbox"),
        new(1020, "message.bounced", "email", "info", "A delivery status notification went to its sender.", "email.to, next_hop.reply"),
        new(1021, "message.undeliverable", "email", "error", "It cannot be delivered and its sender may not be told: kept in quarantine.", "email.to, next_hop.reply"),
        new(1022, "message.follow-up", "email", "info", "An attachment that was unlocked later was sent after it.", "email.to"),
        new(1023, "message.notified", "email", "info", "A notice about it was queued.", "notice, email.to"),
        new(1024, "message.notice-suppressed", "email", "info", "A notice was not sent: null sender, list, unvouched sender or rate limit.", "notice, event.reason"),
        new(1025, "message.candidate-told", "email", "info", "A recipient told a password.", "email.to"),
        new(1026, "message.sandbox-verdict", "email", "info", "A sandbox gave a verdict.", "scans"),
        new(1027, "message.delayed", "email", "info", "A DELAY notification went to its sender.", "email.to"),
        new(1028, "message.relay-reported", "email", "info", "A \"relayed\" notification went to its sender: the next hop sends no confirmations.", "email.to"),
        new(2001, "quarantine.shown", "email", "access", "A person looked at a stored message.", "user.name"),
        new(2002, "quarantine.exported", "email", "access", "A person took a copy of a stored message.", "user.name, event.reason, export"),
        new(2003, "quarantine.rekeyed", "configuration", "change", "Every message's key was wrapped anew.", "user.name, event.reason, rekey"),
        new(2004, "quarantine.reindexed", "configuration", "change", "The index was made anew from the folders.", "user.name, event.reason, reindex"),
        new(2005, "queue.flushed", "email", "change", "A person made the whole outbox due.", "user.name, event.reason"),
        new(2006, "queue.deleted", "email", "deletion", "A person removed an entry of the outbox.", "user.name, event.reason, outbox"),
        new(2007, "hold.released", "email", "allowed", "A person ended a hold.", "user.name, event.reason"),
        new(2008, "hold.unlocked", "email", "allowed", "A person gave a password for a held message.", "user.name, event.reason"),
        new(2009, "audit.exported", "process", "access", "A person exported audit records.", "user.name, event.reason"),
        new(3001, "audit.opened", "process", "start", "First record of a file: its name and the public key that signs it.", "audit"),
        new(3002, "audit.closed", "process", "end", "Last record of a file, signed.", "audit"),
        new(3003, "audit.torn", "process", "error", "A write was cut off by a crash; the bytes are kept and named here.", "torn"),
        new(3004, "audit.retired", "process", "deletion", "Old files were removed; their signed last records are kept.", "retired"),
        new(3005, "audit.chain-broken", "process", "error", "A check found the chain broken.", "audit"),
        new(4001, "service.started", "process", "start", "The daemon started.", "service, config, rules"),
        new(4002, "service.stopped", "process", "end", "The daemon stopped.", ""),
        new(4003, "config.loaded", "configuration", "change", "A configuration is in force.", "config"),
        new(4004, "config.refused", "configuration", "error", "A configuration was refused; the old one stays.", "config, event.reason"),
        new(4005, "rules.loaded", "configuration", "change", "A rule set is in force.", "rules"),
        new(4006, "rules.refused", "configuration", "error", "A rule set was refused; the old one stays.", "rules, event.reason"),
        new(4007, "worker.died", "process", "error", "A worker died.", "worker"),
        new(4008, "worker.fault", "process", "error", "Workers cannot work: a fault of ours.", "worker"),
        new(4009, "scanner.unavailable", "process", "error", "The scanner does not answer.", "scanner"),
        new(4010, "scanner.available", "process", "info", "The scanner answers again.", "scanner"),
        new(4011, "store.filling", "process", "info", "The store is at 90 % of its limit.", "store"),
        new(4012, "store.full", "process", "error", "The store is full; new mail gets 452.", "store"),
        new(4013, "operator.told", "process", "info", "A notice to the operators was queued.", "notice"),
        new(4014, "key.made", "configuration", "creation", "A key was made on first start.", "key"),
    ];

    private static readonly FrozenDictionary<string, EventKind> ByAction = All.ToFrozenDictionary(kind => kind.Action, StringComparer.Ordinal);

    /// <summary>The row of an action; <see cref="Uncatalogued"/> when there is none.</summary>
    public static EventKind Of(string action) => ByAction.GetValueOrDefault(action, Uncatalogued);

    /// <summary>EVENTS.md.</summary>
    public static string Markdown()
    {
        StringBuilder text = new();
        text.Append("""
            # Audit events

            Made from `EventCatalog.cs`; a test keeps it true. Rows and fields are added, numbers and names are never reused.

            Every record is one line of JSON in canonical form (RFC 8785) and carries: `v` (schema version, 1), `seq` (from 1, without gaps), `prev` (SHA-256 of the line before,
            64 zeros for the first), `@timestamp` (UTC), `ecs.version`, `event.action`, `event.code`, `event.category`, `event.kind`, `event.type`, and where it belongs to a
            message `email.local_id` (the one id in log, header, quarantine and audit). Names of the Elastic Common Schema are used where there is one. The subject stands as
            `email.subject_hmac` (HMAC-SHA-256, first 16 bytes, with a key that stays on the host) unless `audit.subject: clear` is set. Lists that would make a record larger
            than 1 MiB are cut, and `<list>_omitted` counts the rest; the whole report stays with a stored message.

            | number | event | category, type | says | usual fields |
            |---|---|---|---|---|

            """);
        foreach (EventKind kind in All.Append(Uncatalogued)) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {kind.Code} | `{kind.Action}` | {kind.Category}, {kind.Type} | {kind.Title} | {kind.Fields} |\n");
        return text.ToString();
    }
}
