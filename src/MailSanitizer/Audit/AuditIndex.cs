using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using MailSanitizer.Mail;
using Microsoft.Data.Sqlite;

namespace MailSanitizer.Audit;

/// <summary>
/// Finds records by what stands in them: an SQLite file beside the audit that is made from it and can be deleted at any time. It proves nothing; what it finds is read from
/// the files and compared again.
/// </summary>
public sealed class AuditIndex : IDisposable
{
    private const int TokensPerRecord = 512;
    private const string Schema = """
        CREATE TABLE files (name TEXT PRIMARY KEY, number INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
        CREATE TABLE records (seq INTEGER PRIMARY KEY, file INTEGER NOT NULL, at INTEGER NOT NULL, length INTEGER NOT NULL, time INTEGER NOT NULL) STRICT;
        CREATE INDEX records_time ON records (time);
        CREATE TABLE tokens (token INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (token, seq)) STRICT, WITHOUT ROWID;
        PRAGMA user_version=1;
        """;

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");
    private readonly string _folder;
    private readonly string _connection;
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>The index of the files in this folder.</summary>
    public AuditIndex(string folder)
    {
        _folder = folder;
        string path = Path.Combine(folder, "index.db");
        if (!File.Exists(path)) DurableFiles.WriteNew(path, []);
        _connection = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 10 }.ToString();
    }

    /// <summary>Reads what was written since the last time. Returns the number of records added.</summary>
    public async Task<long> CatchUpAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            using SqliteConnection connection = Open();
            long added = 0;
            List<string> files = AuditFiles.In(_folder);
            Forget(connection, files);
            foreach (string path in files) added += ReadFile(connection, path, cancellation);
            return added;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Sequence numbers and places of records that have all these tokens, newest first.</summary>
    internal IReadOnlyList<AuditPlace> Find(IReadOnlyList<long> tokens, DateTimeOffset? since, DateTimeOffset? until, int skip, int take)
    {
        using SqliteConnection connection = Open();
        // The rarest drives. Counting is cut off: beyond that it no longer matters which of two common ones it is.
        if (tokens.Count > 1)
        {
            tokens = [.. tokens.OrderBy(token => connection.ExecuteScalar<long>("SELECT count(*) FROM (SELECT 1 FROM tokens WHERE token = @token LIMIT 200000)", new { token }))];
        }

        DynamicParameters values = new();
        StringBuilder where = new("1 = 1");
        for (int number = 0; number < tokens.Count; number++)
        {
            values.Add($"t{number}", tokens[number]);
            where.Append(System.Globalization.CultureInfo.InvariantCulture, $" AND EXISTS (SELECT 1 FROM tokens WHERE token = @t{number} AND seq = r.seq)");
        }

        // The first token drives: a range of the primary key, read backwards; the rest are look-ups.
        string from = tokens.Count > 0 ? "tokens d CROSS JOIN records r ON r.seq = d.seq" : "records r";
        string order = "r.seq";
        if (tokens.Count > 0)
        {
            where.Append(" AND d.token = @t0");
            order = "d.seq";
        }

        values.Add("low", since is null ? 0 : connection.ExecuteScalar<long?>("SELECT min(seq) FROM records WHERE time >= @time", new { time = since.Value.ToUnixTimeMilliseconds() }) ?? long.MaxValue);
        values.Add("high", until is null ? long.MaxValue : connection.ExecuteScalar<long?>("SELECT max(seq) FROM records WHERE time < @time", new { time = until.Value.ToUnixTimeMilliseconds() }) ?? -1);
        values.Add("skip", skip);
        values.Add("take", take);
        return [.. connection.Query<AuditPlace>(
            $"SELECT r.seq, f.name AS File, r.at AS At, r.length FROM {from} JOIN files f ON f.number = r.file WHERE {where} AND {order} BETWEEN @low AND @high ORDER BY {order} DESC LIMIT @take OFFSET @skip", values)];
    }

    /// <summary>The token of a kind and value.</summary>
    internal static long Token(string kind, string value)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}:{value.ToLowerInvariant()}"), hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }

    /// <summary>Everything in a record that can be asked for.</summary>
    internal static HashSet<long> TokensOf(JsonObject record)
    {
        HashSet<long> tokens = [];
        // Lists are walked with a stack: a record's depth is bounded by its writer, but a file may come from anywhere.
        Stack<(string Key, JsonNode? Node)> left = new(record.Select(member => (member.Key, member.Value)).Reverse());
        while (left.TryPop(out (string Key, JsonNode? Node) item) && tokens.Count < TokensPerRecord)
        {
            switch (item.Node)
            {
                case JsonObject members:
                    foreach ((string key, JsonNode? value) in members) left.Push((key == "id" ? item.Key + ".id" : key, value));
                    break;
                case JsonArray list:
                    foreach (JsonNode? value in list) left.Push((item.Key, value));
                    break;
                case JsonValue value when value.TryGetValue(out string? text) && text is { Length: > 0 and < 1000 }:
                    Add(tokens, item.Key, text);
                    break;
            }
        }

        return tokens;
    }

    private static void Add(HashSet<long> tokens, string key, string text)
    {
        switch (key)
        {
            case "prev" or "signature" or "public_key" or "hash":
                return;
            case "action":
                tokens.Add(Token("action", text));
                return;
            case "local_id":
                tokens.Add(Token("id", text));
                return;
            case "subject_hmac":
                tokens.Add(Token("subject", text));
                return;
            case "decision" or "disposition":
                tokens.Add(Token("decision", text));
                return;
            case "rules.id" or "rule" or "rule_id" or "rules" or "reasons":
                tokens.Add(Token("rule", text));
                return;
            case "name" or "user.name" or "actor":
                tokens.Add(Token("actor", text));
                return;
        }

        if (text.Length == 64 && !text.AsSpan().ContainsAnyExcept(HexDigits)) tokens.Add(Token("hash", text));
        int at = text.LastIndexOf('@');
        if (at > 0 && at < text.Length - 1)
        {
            tokens.Add(Token("address", text));
            tokens.Add(Token("domain", text[(at + 1)..]));
        }
    }

    private static long ReadFile(SqliteConnection connection, string path, CancellationToken cancellation)
    {
        string name = Path.GetFileName(path);
        (long Number, long Bytes)? known = connection.QuerySingleOrDefault<(long, long)?>("SELECT number, bytes FROM files WHERE name = @name", new { name });
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        if (known is { } there && there.Bytes >= file.Length) return 0;
        long number = known?.Number ?? connection.ExecuteScalar<long>("INSERT INTO files SELECT @name, coalesce(max(number), 0) + 1, 0 FROM files RETURNING number", new { name });
        long read = known?.Bytes ?? 0;
        file.Position = read;
        using AuditLines lines = new(file, read);
        using SqliteCommand record = Prepared(connection, "INSERT OR REPLACE INTO records VALUES (@seq, @file, @at, @length, @time)", "@seq", "@file", "@at", "@length", "@time");
        using SqliteCommand token = Prepared(connection, "INSERT OR IGNORE INTO tokens VALUES (@token, @seq)", "@token", "@seq");
        long added = 0;
        connection.Execute("BEGIN IMMEDIATE");
        while (lines.Next() && lines.IsWhole)
        {
            read = lines.Offset + lines.Length;
            if (ParseRecord(lines.Line) is not { } parsed) continue;
            Bind(record, parsed.Seq, number, lines.Offset, lines.Length - 1, parsed.Time);
            foreach (long value in TokensOf(parsed.Record)) Bind(token, value, parsed.Seq);
            if (++added % 20_000 != 0) continue;
            connection.Execute("UPDATE files SET bytes = @read WHERE number = @number; COMMIT; BEGIN IMMEDIATE", new { read, number });
            cancellation.ThrowIfCancellationRequested();
        }

        connection.Execute("UPDATE files SET bytes = @read WHERE number = @number; COMMIT", new { read, number });
        return added;
    }

    private static SqliteCommand Prepared(SqliteConnection connection, string sql, params string[] names)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (string name in names) command.Parameters.Add(name, SqliteType.Integer);
        command.Prepare();
        return command;
    }

    private static void Bind(SqliteCommand command, params ReadOnlySpan<long> values)
    {
        for (int number = 0; number < values.Length; number++) command.Parameters[number].Value = values[number];
        command.ExecuteNonQuery();
    }

    private static void Forget(SqliteConnection connection, List<string> files)
    {
        HashSet<string> there = [.. files.Select(path => Path.GetFileName(path)!)];
        foreach (string gone in connection.Query<string>("SELECT name FROM files").Where(name => !there.Contains(name)).ToList())
        {
            connection.Execute(
                """
                BEGIN IMMEDIATE;
                DELETE FROM tokens WHERE seq IN (SELECT seq FROM records WHERE file = (SELECT number FROM files WHERE name = @gone));
                DELETE FROM records WHERE file = (SELECT number FROM files WHERE name = @gone);
                DELETE FROM files WHERE name = @gone;
                COMMIT;
                """,
                new { gone });
        }
    }

    internal static (long Seq, long Time, JsonObject Record)? ParseRecord(ReadOnlySpan<byte> line)
    {
        if (!JsonText.IsReadable(line, CanonicalJson.MaxDepth)) return null;
        try
        {
            if (JsonNode.Parse(line, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is not JsonObject record) return null;
            if (record["seq"] is not JsonValue seq || !seq.TryGetValue(out long number) || record["@timestamp"] is not JsonValue stamp || !stamp.TryGetValue(out DateTimeOffset time)) return null;
            return (number, time.ToUnixTimeMilliseconds(), record);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _one.Dispose();
        SqliteConnection.ClearPool(new SqliteConnection(_connection));
    }

    private SqliteConnection Open()
    {
        SqliteConnection connection = new(_connection);
        connection.Open();
        // A lost index is made anew: no fsync. WAL, so that a query never waits for the catching up.
        connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA busy_timeout=10000; PRAGMA cache_size=-65536;");
        if (connection.ExecuteScalar<long>("PRAGMA user_version") == 0) connection.Execute(Schema);
        return connection;
    }
}

/// <summary>Where a record stands.</summary>
internal sealed class AuditPlace
{
    public long Seq { get; set; }

    public string File { get; set; } = "";

    public long At { get; set; }

    public long Length { get; set; }
}
