using MailSanitizer.Content;
using MailSanitizer.Isolation;

namespace MailSanitizer.Pipeline;

/// <summary>One figure that is read at each scrape.</summary>
/// <param name="Name">Prometheus name.</param>
/// <param name="Help">One line.</param>
/// <param name="Type"><c>gauge</c> or <c>counter</c>.</param>
/// <param name="Read">The value now.</param>
public sealed record Gauge(string Name, string Help, string Type, Func<double> Read);

/// <summary>Whether a part of the daemon is well.</summary>
/// <param name="Name">The part.</param>
/// <param name="Well">Whether mail can be taken as far as it goes.</param>
/// <param name="Text">What is the case.</param>
public sealed record HealthCheck(string Name, bool Well, string Text);

/// <summary>What a running daemon says of itself, in plain values.</summary>
public static class DaemonHealth
{
    /// <summary>Figures for metrics.</summary>
    public static IReadOnlyList<Gauge> Gauges(Daemon daemon) =>
    [
        new("mailsanitizer_worker_deaths_total", "Workers that died on a message.", "counter", () => Workers(daemon).Deaths),
        new("mailsanitizer_worker_faults_total", "Jobs that ended as a fault of ours.", "counter", () => Workers(daemon).Faults),
        new("mailsanitizer_worker_starts_total", "Workers started.", "counter", () => Workers(daemon).Started),
        new("mailsanitizer_worker_jobs_total", "Jobs done by workers.", "counter", () => Workers(daemon).Jobs),
        new("mailsanitizer_workers", "Workers alive.", "gauge", () => Workers(daemon).Workers),
        new("mailsanitizer_worker_resident_bytes", "Resident memory of all workers.", "gauge", () => Workers(daemon).ResidentBytes),
        new("mailsanitizer_jobs_waiting", "Jobs that wait for a worker.", "gauge", () => Workers(daemon).Waiting),
        new("mailsanitizer_scanner_up", "1 when clamd answered at the last try.", "gauge", () => daemon.Content.Scanner.Clamd is { Healthy: true } ? 1 : 0),
        new("mailsanitizer_connections", "Connections of peers.", "gauge", () => daemon.Reception.Connections),
        new("mailsanitizer_store_messages", "Messages held and quarantined.", "gauge", () => daemon.Storage.Gauge.Read(0).Usage.Messages),
        new("mailsanitizer_store_bytes", "Their bytes.", "gauge", () => daemon.Storage.Gauge.Read(0).Usage.Bytes),
        new("mailsanitizer_rules", "Rules in force.", "gauge", () => daemon.Rules.Current.Rules.Count),
        new("mailsanitizer_rules_refused_total", "Rule sets that were refused.", "counter", () => daemon.Rules.Refused),
        new("mailsanitizer_rules_stale", "1 while the rule files on disk are wrong and an older set is in force.", "gauge", () => daemon.Rules.IsStale ? 1 : 0),
        new("mailsanitizer_audit_seq", "Sequence number of the last audit record.", "counter", () => daemon.Audit.LastSeq),
    ];

    /// <summary>Whether mail can be taken: workers in their cage, next hop seen, clamd answering.</summary>
    public static async Task<IReadOnlyList<HealthCheck>> ReadyAsync(Daemon daemon, CancellationToken cancellation)
    {
        IsolationState state = Workers(daemon);
        WorkerCage? cage = state.Cage;
        List<HealthCheck> checks =
        [
            new("workers", state.Fault is null, state.Fault ?? $"{state.Workers} alive; {cage}"),
            new("next-hop", daemon.NextHop.IsKnown, daemon.NextHop.IsKnown ? daemon.Settings.NextHop : $"{daemon.Settings.NextHop} was not reached yet"),
        ];
        if (daemon.Content.Scanner.Clamd is { } clamd)
        {
            string? version = await clamd.VersionAsync(cancellation);
            checks.Add(new HealthCheck("clamd", version is not null, version ?? "does not answer"));
        }

        return checks;
    }

    private static IsolationState Workers(Daemon daemon) => daemon.Content.Workers.State;
}
