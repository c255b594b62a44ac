using System.Threading.Channels;
using Dapper;
using MailSanitizer.Mail;
using Microsoft.Data.Sqlite;

namespace MailSanitizer.Storage;

/// <summary>
/// The SQLite file behind store, outbox and memory of hand-over (WAL, synchronous=FULL). One connection writes: callers that come together share one transaction
/// and one fsync, each in its own savepoint, and are answered when it is on disk. Readers have connections of their own.
/// </summary>
internal sealed class IndexDatabase : IAsyncDisposable
{
    private const int Batch = 128;
    private readonly Channel<Work> _queue = Channel.CreateBounded<Work>(4096);
    private readonly string _connection;
    private readonly SqliteConnection _writer;
    private readonly Task _loop;

    private IndexDatabase(string connection, SqliteConnection writer, bool isNew)
    {
        _connection = connection;
        _writer = writer;
        IsNew = isNew;
        _loop = Task.Factory.StartNew(Drain, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>True when the file was not there, or not usable, when it was opened.</summary>
    public bool IsNew { get; }

    /// <summary>Opens or makes the file. A damaged one is put aside (<c>index.db.damaged</c>) and made anew: the folders are the truth.</summary>
    public static IndexDatabase Open(string path, IReadOnlyList<string> steps)
    {
        try
        {
            return OpenOnce(path, steps);
        }
        catch (SqliteException damaged) when (damaged.SqliteErrorCode is 11 or 26)
        {
            SqliteConnection.ClearAllPools();
            foreach (string suffix in (string[])["", "-wal", "-shm"])
            {
                if (File.Exists(path + suffix)) File.Move(path + suffix, $"{path}.damaged{suffix}", overwrite: true);
            }

            return OpenOnce(path, steps);
        }
    }

    /// <summary>Runs in the next transaction; answered when it is on disk. Throws <see cref="IOException"/> when the database cannot write.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Work item = new(connection => work(connection));
        try
        {
            await _queue.Writer.WriteAsync(item, cancellation);
        }
        catch (ChannelClosedException)
        {
            throw new IOException("the index is closed");
        }

        // Not cancellable from here: the work may be on disk already, and the caller must know.
        return (T)(await item.Done.Task)!;
    }

    /// <summary>Reads what is committed.</summary>
    public T Read<T>(Func<SqliteConnection, T> query)
    {
        try
        {
            using SqliteConnection connection = new(_connection);
            connection.Open();
            connection.Execute("PRAGMA query_only=1; PRAGMA busy_timeout=10000;");
            return query(connection);
        }
        catch (SqliteException failure)
        {
            throw new IOException($"index: {failure.Message}", failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        _writer.Dispose();
        SqliteConnection.ClearPool(new SqliteConnection(_connection));
    }

    private static IndexDatabase OpenOnce(string path, IReadOnlyList<string> steps)
    {
        string connection = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = true, DefaultTimeout = 10 }.ToString();
        if (!File.Exists(path)) DurableFiles.WriteNew(path, []);
        SqliteConnection writer = new(new SqliteConnectionStringBuilder(connection) { Pooling = false }.ToString());
        try
        {
            writer.Open();
            writer.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; PRAGMA foreign_keys=1; PRAGMA secure_delete=1;");
            long found = writer.ExecuteScalar<long>("PRAGMA user_version");
            if (found > steps.Count) throw new InvalidDataException($"{path} has version {found}, this build knows {steps.Count}: it was written by a newer one");
            if (found < steps.Count) writer.Execute($"BEGIN IMMEDIATE; {string.Join(";\n", steps.Skip((int)found))}; PRAGMA user_version={steps.Count}; COMMIT;");
            return new IndexDatabase(connection, writer, found == 0);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    private async Task Drain()
    {
        List<Work> batch = [];
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < Batch && _queue.Reader.TryRead(out Work? item)) batch.Add(item);
            Exception? failed = null;
            try
            {
                _writer.Execute("BEGIN IMMEDIATE");
                foreach (Work item in batch) RunOne(item);
                _writer.Execute("COMMIT");
            }
            // Whatever goes wrong with the file must reach every caller of this batch: each answers 451.
            catch (Exception failure)
            {
                failed = new IOException($"index: {failure.Message}", failure);
                TryRollBack();
            }

            foreach (Work item in batch) item.Answer(failed);
        }
    }

    private void RunOne(Work item)
    {
        _writer.Execute("SAVEPOINT one");
        try
        {
            item.Result = item.Run(_writer);
            _writer.Execute("RELEASE one");
        }
        // One caller's failure is its own; a full disk shows again at COMMIT.
        catch (Exception failure)
        {
            item.Failure = failure is SqliteException ? new IOException($"index: {failure.Message}", failure) : failure;
            _writer.Execute("ROLLBACK TO one; RELEASE one");
        }
    }

    private void TryRollBack()
    {
        try
        {
            _writer.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself (disk full, I/O error).
        }
    }

    private sealed class Work(Func<SqliteConnection, object?> run)
    {
        public TaskCompletionSource<object?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public object? Result { get; set; }

        public Exception? Failure { get; set; }

        public object? Run(SqliteConnection connection) => run(connection);

        public void Answer(Exception? commitFailure)
        {
            if ((commitFailure ?? Failure) is { } failure) Done.SetException(failure);
            else Done.SetResult(Result);
        }
    }
}
