using Dapper;
using MailSanitizer.Mail;
using Microsoft.Data.Sqlite;

namespace MailSanitizer.Storage;

/// <summary>Quotas of held mail, counted in the index.</summary>
internal sealed class EmbeddedHoldQuota(StorageOptions options, IndexDatabase index) : IHoldQuota
{
    private const string Held = "m.state IN ('held-whole', 'held-part')";

    public Task<string?> ExceededByAsync(string? correspondence, Envelope envelope, long size, CancellationToken cancellation) => Task.FromResult(index.Read(connection =>
    {
        if (correspondence is not null && envelope.Recipients.Any(recipient => Breaks(connection, options.PerCorrespondence, size,
            $"SELECT count(*), total(m.size) FROM addresses a JOIN messages m ON m.id = a.message WHERE a.address = @value AND a.recipient = 1 AND m.correspondence = @correspondence AND {Held}", AddressKey.Of(recipient.Address), correspondence)))
        {
            return "correspondence";
        }

        if (ClientNetwork.Of(envelope) is { } network && Breaks(connection, options.PerClientNetwork, size, $"SELECT count(*), total(m.size) FROM messages m WHERE m.network = @value AND {Held}", network))
        {
            return "client-network";
        }

        return envelope.Recipients.Any(recipient => Breaks(connection, options.PerRecipient, size,
            $"SELECT count(*), total(m.size) FROM addresses a JOIN messages m ON m.id = a.message WHERE a.address = @value AND a.recipient = 1 AND {Held}", AddressKey.Of(recipient.Address)))
            ? "recipient"
            : null;
    }));

    private static bool Breaks(SqliteConnection connection, Quota quota, long size, string sql, string value, string? correspondence = null)
    {
        if (quota is { Messages: 0, Bytes: 0 }) return false;
        (long count, double bytes) = connection.QuerySingle<(long, double)>(sql, new { value, correspondence });
        return (quota.Messages > 0 && count + 1 > quota.Messages) || (quota.Bytes > 0 && bytes + size > quota.Bytes);
    }
}

/// <summary>How the index compares addresses: without regard to case.</summary>
internal static class AddressKey
{
    public static string Of(string address) => address.ToLowerInvariant();
}
