using Dapper;

namespace MailSanitizer.Storage;

/// <summary>What notices have to remember beyond a restart: how many a reader got today, and what waits for a digest.</summary>
public interface INoticeLedger
{
    /// <summary>Counts one more notice for this reader and day; false, uncounted, when <paramref name="max"/> is reached.</summary>
    Task<bool> TryCountAsync(string reader, DateOnly day, int max, CancellationToken cancellation);

    /// <summary>Keeps an item for the reader's next digest; the same key again does nothing.</summary>
    Task KeepForDigestAsync(string reader, string key, string item, CancellationToken cancellation);

    /// <summary>Readers that have items from before this time.</summary>
    Task<IReadOnlyList<string>> DigestReadersAsync(DateTimeOffset before, CancellationToken cancellation);

    /// <summary>A reader's items, oldest first.</summary>
    Task<IReadOnlyList<KeyValuePair<string, string>>> DigestAsync(string reader, int take, CancellationToken cancellation);

    /// <summary>Removes items that were sent.</summary>
    Task DropDigestAsync(string reader, IReadOnlyList<string> keys, CancellationToken cancellation);
}

/// <summary>The embedded one, in the index.</summary>
internal sealed class EmbeddedNoticeLedger(TimeProvider time, IndexDatabase index) : INoticeLedger
{
    public Task<bool> TryCountAsync(string reader, DateOnly day, int max, CancellationToken cancellation) => index.WriteAsync(
        connection => connection.Execute(
            """
            INSERT INTO notice_counts VALUES (@reader, @day, 1)
            ON CONFLICT DO UPDATE SET count = count + 1 WHERE count < @max
            """,
            new { reader = AddressKey.Of(reader), day = day.ToString("O", System.Globalization.CultureInfo.InvariantCulture), max }) > 0 && max > 0,
        cancellation);

    public Task KeepForDigestAsync(string reader, string key, string item, CancellationToken cancellation) => index.WriteAsync(
        connection => connection.Execute("INSERT INTO notice_digest VALUES (@reader, @key, @at, @item) ON CONFLICT DO NOTHING",
            new { reader = AddressKey.Of(reader), key, at = time.GetUtcNow().ToUnixTimeMilliseconds(), item }),
        cancellation);

    public Task<IReadOnlyList<string>> DigestReadersAsync(DateTimeOffset before, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<string>>(index.Read(connection =>
        connection.Query<string>("SELECT DISTINCT reader FROM notice_digest WHERE at < @before ORDER BY reader", new { before = before.ToUnixTimeMilliseconds() }).ToList()));

    public Task<IReadOnlyList<KeyValuePair<string, string>>> DigestAsync(string reader, int take, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<KeyValuePair<string, string>>>(index.Read(connection =>
        connection.Query<(string Key, string Item)>("SELECT key, item FROM notice_digest WHERE reader = @reader ORDER BY at, key LIMIT @take", new { reader = AddressKey.Of(reader), take })
            .Select(row => KeyValuePair.Create(row.Key, row.Item)).ToList()));

    public Task DropDigestAsync(string reader, IReadOnlyList<string> keys, CancellationToken cancellation) => index.WriteAsync(
        connection => keys.Sum(key => connection.Execute("DELETE FROM notice_digest WHERE reader = @reader AND key = @key", new { reader = AddressKey.Of(reader), key })), cancellation);

    public Task<int> TidyAsync(CancellationToken cancellation)
    {
        string before = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(-2).ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        return index.WriteAsync(connection => connection.Execute("DELETE FROM notice_counts WHERE day < @before", new { before }), cancellation);
    }
}
