using Dapper;
using Microsoft.Data.Sqlite;

namespace MailSanitizer.Scanning.Sandbox;

/// <summary>
/// What sandboxes said and what they were asked, by content: an embedded SQLite file. A verdict expires; a clean one never outlives the engine's version. Losing the file costs
/// submissions, never safety.
/// </summary>
public sealed class SandboxLedger : IDisposable
{
    private readonly SqliteConnection _database;
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _keepFor;

    /// <summary>Opens or makes the file. <paramref name="keepFor"/>: how long a verdict is good.</summary>
    public SandboxLedger(string path, TimeSpan keepFor, TimeProvider time)
    {
        (_time, _keepFor) = (time, keepFor);
        _database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _database.Open();
        _database.Execute("""
            PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
            CREATE TABLE IF NOT EXISTS verdict (engine TEXT NOT NULL, sha256 TEXT NOT NULL, version TEXT NOT NULL, state TEXT NOT NULL, name TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (engine, sha256)) STRICT;
            CREATE TABLE IF NOT EXISTS ticket (engine TEXT NOT NULL, sha256 TEXT NOT NULL, ticket TEXT NOT NULL, PRIMARY KEY (engine, sha256)) STRICT;
            CREATE TABLE IF NOT EXISTS submission (network TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
            CREATE INDEX IF NOT EXISTS submission_network ON submission (network, at);
            """);
    }

    /// <summary>The verdict that still holds for an engine of this version, or null.</summary>
    public SandboxAnswer? Verdict(string engine, string sha256, string version)
    {
        lock (_gate)
        {
            (string State, string Name, string Version)? row = _database.QueryFirstOrDefault<(string, string, string)?>(
                "SELECT state, name, version FROM verdict WHERE engine = @engine AND sha256 = @sha256 AND until > @now", new { engine, sha256, now = Now });
            if (row is not { } known || !Enum.TryParse(known.State, out SandboxState state)) return null;
            return state == SandboxState.Malicious || known.Version == version ? new SandboxAnswer(state, known.Name, known.Version) : null;
        }
    }

    /// <summary>Keeps a verdict and forgets the ticket. Only verdicts are kept: an engine that failed is asked again.</summary>
    public void Keep(string engine, string sha256, SandboxAnswer answer)
    {
        lock (_gate)
        {
            _database.Execute("DELETE FROM ticket WHERE engine = @engine AND sha256 = @sha256", new { engine, sha256 });
            if (answer.State is not (SandboxState.Clean or SandboxState.Malicious or SandboxState.Refused)) return;
            _database.Execute(
                "INSERT OR REPLACE INTO verdict VALUES (@engine, @sha256, @version, @state, @name, @until); DELETE FROM verdict WHERE until <= @now",
                new { engine, sha256, version = answer.Version, state = answer.State.ToString(), name = answer.Name, until = Now + (long)_keepFor.TotalMilliseconds, now = Now });
        }
    }

    /// <summary>The ticket of a submission that is under way, or null.</summary>
    public string? Ticket(string engine, string sha256)
    {
        lock (_gate) return _database.QueryFirstOrDefault<string?>("SELECT ticket FROM ticket WHERE engine = @engine AND sha256 = @sha256", new { engine, sha256 });
    }

    /// <summary>Remembers a ticket: after a restart it is asked for, not submitted again.</summary>
    public void Submitted(string engine, string sha256, string ticket)
    {
        lock (_gate) _database.Execute("INSERT OR REPLACE INTO ticket VALUES (@engine, @sha256, @ticket)", new { engine, sha256, ticket });
    }

    /// <summary>Counts a submission for a client network; false when its hour is full.</summary>
    public bool Charge(string network, int perHour)
    {
        lock (_gate)
        {
            long hour = Now - (long)TimeSpan.FromHours(1).TotalMilliseconds;
            _database.Execute("DELETE FROM submission WHERE at <= @hour", new { hour });
            if (_database.ExecuteScalar<long>("SELECT count(*) FROM submission WHERE network = @network", new { network }) >= perHour) return false;
            _database.Execute("INSERT INTO submission VALUES (@network, @now)", new { network, now = Now });
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _database.Dispose();
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
