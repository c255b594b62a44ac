using Dapper;
using Microsoft.Data.Sqlite;

namespace MailSanitizer.Storage;

/// <summary>The memory of hand-over in the index (DESIGN.md, promise 1).</summary>
internal sealed class EmbeddedHandoverMemory(StorageOptions options, TimeProvider time, IndexDatabase index) : IHandoverMemory
{
    public Task<IReadOnlySet<string>> DoneAsync(string? ident, string sha256, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(ident)) return Task.FromResult<IReadOnlySet<string>>(new HashSet<string>());
        long since = (time.GetUtcNow() - options.HandoverFor).ToUnixTimeMilliseconds();
        return Task.FromResult<IReadOnlySet<string>>(index.Read(connection => connection.Query<string>(
            "SELECT recipient FROM handover WHERE ident = @ident AND sha256 = @sha256 AND at > @since", new { ident, sha256, since }).ToHashSet(StringComparer.Ordinal)));
    }

    public Task RememberAsync(string? ident, string sha256, IReadOnlyList<string> recipients, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(ident) || recipients.Count == 0) return Task.CompletedTask;
        DateTimeOffset now = time.GetUtcNow();
        return index.WriteAsync(connection => Remember(connection, new Handover(ident, sha256, recipients), now), cancellation);
    }

    public Task<int> TidyAsync(CancellationToken cancellation)
    {
        long before = (time.GetUtcNow() - options.HandoverFor).ToUnixTimeMilliseconds();
        return index.WriteAsync(connection => connection.Execute("DELETE FROM handover WHERE at <= @before", new { before }), cancellation);
    }

    /// <summary>Inside a transaction of the store or the outbox.</summary>
    public static int Remember(SqliteConnection connection, Handover? handover, DateTimeOffset at)
    {
        if (handover is null || string.IsNullOrEmpty(handover.Ident)) return 0;
        int rows = 0;
        foreach (string recipient in handover.Recipients)
        {
            rows += connection.Execute(
                "INSERT INTO handover (ident, sha256, recipient, at) VALUES (@Ident, @Sha256, @recipient, @at) ON CONFLICT DO UPDATE SET at = excluded.at",
                new { handover.Ident, handover.Sha256, recipient, at = at.ToUnixTimeMilliseconds() });
        }

        return rows;
    }
}
