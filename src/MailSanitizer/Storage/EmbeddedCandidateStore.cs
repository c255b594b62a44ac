using Dapper;
using Microsoft.Data.Sqlite;

namespace MailSanitizer.Storage;

/// <summary>Candidates in the index (secure_delete is on: what goes is overwritten).</summary>
internal sealed class EmbeddedCandidateStore(StorageOptions options, TimeProvider time, IndexDatabase index) : ICandidateStore
{
    public Task AddAsync(IReadOnlyList<CandidateRow> rows, CancellationToken cancellation) => rows.Count == 0 ? Task.CompletedTask : index.WriteAsync(
        connection =>
        {
            foreach (CandidateRow row in rows) Add(connection, row);
            return rows.Count;
        },
        cancellation);

    public Task<IReadOnlyList<CandidateRow>> OfAsync(string correspondence, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<CandidateRow>>(index.Read(connection =>
        connection.Query<Stored>("SELECT number, correspondence, kind, mail, network, expires, sealed FROM candidates WHERE correspondence = @correspondence AND expires > @now ORDER BY number DESC",
            new { correspondence, now = time.GetUtcNow().ToUnixTimeMilliseconds() }).Select(row => row.ToRow()).ToList()));

    public Task<long> LastAsync(string correspondence, CancellationToken cancellation) => Task.FromResult(index.Read(connection =>
        connection.ExecuteScalar<long?>("SELECT max(number) FROM candidates WHERE correspondence = @correspondence", new { correspondence }) ?? 0));

    public Task ForgetTokensAsync(string correspondence, long upTo, CancellationToken cancellation) => index.WriteAsync(
        connection => connection.Execute("DELETE FROM candidates WHERE correspondence = @correspondence AND kind = 'tokens' AND number <= @upTo", new { correspondence, upTo }), cancellation);

    public Task<int> TidyAsync(CancellationToken cancellation) => index.WriteAsync(
        connection => connection.Execute("DELETE FROM candidates WHERE expires <= @now", new { now = time.GetUtcNow().ToUnixTimeMilliseconds() }), cancellation);

    private void Add(SqliteConnection connection, CandidateRow row)
    {
        connection.Execute(
            """
            INSERT INTO candidates (correspondence, kind, mail, network, expires, sealed) VALUES (@Correspondence, @Kind, @mail, @Network, @expires, @Sealed)
            ON CONFLICT (correspondence, kind, mail) DO UPDATE SET expires = max(expires, excluded.expires)
            """,
            new { row.Correspondence, row.Kind, mail = row.Mail.ToString("N"), row.Network, expires = row.Expires.ToUnixTimeMilliseconds(), row.Sealed });
        connection.Execute(
            "DELETE FROM candidates WHERE correspondence = @Correspondence AND kind = @Kind AND number NOT IN (SELECT number FROM candidates WHERE correspondence = @Correspondence AND kind = @Kind ORDER BY number DESC LIMIT @keep)",
            new { row.Correspondence, row.Kind, keep = options.CandidatesPerCorrespondence });
        if (row.Network is null) return;
        connection.Execute(
            "DELETE FROM candidates WHERE network = @Network AND number <= (SELECT number FROM candidates WHERE network = @Network ORDER BY number DESC LIMIT 1 OFFSET @keep)",
            new { row.Network, keep = options.CandidatesPerClientNetwork });
    }

    private sealed class Stored
    {
        public long Number { get; set; }

        public string Correspondence { get; set; } = "";

        public string Kind { get; set; } = "";

        public string Mail { get; set; } = "";

        public string? Network { get; set; }

        public long Expires { get; set; }

        public byte[] Sealed { get; set; } = [];

        public CandidateRow ToRow() => new()
        {
            Number = Number,
            Correspondence = Correspondence,
            Kind = Kind,
            Mail = Guid.ParseExact(Mail, "N"),
            Network = Network,
            Expires = DateTimeOffset.FromUnixTimeMilliseconds(Expires),
            Sealed = Sealed,
        };
    }
}
