using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>How much room is left, as Reception asks before it takes mail (DESIGN.md, promise 12).</summary>
public enum StoreLevel
{
    /// <summary>Enough.</summary>
    Open,

    /// <summary>At 90 % of the limit: the operator is told, mail flows.</summary>
    Filling,

    /// <summary>At the limit, or free disk below twice the announced size: new mail gets 452 4.3.1.</summary>
    Full,
}

/// <summary>What the gauge shows.</summary>
/// <param name="Level">What follows from the figures.</param>
/// <param name="Usage">Stored messages and bytes.</param>
/// <param name="LimitBytes">Limit in force (bytes); 0 for none.</param>
/// <param name="FreeBytes">Free on the disk that holds the state folder (bytes).</param>
public sealed record StoreReading(StoreLevel Level, StoreUsage Usage, long LimitBytes, long FreeBytes);

/// <summary>Tells how full the store is. Cheap: may be asked for each message.</summary>
public interface IStoreGauge
{
    /// <summary>The reading for a message of this announced size (bytes; 0 when unknown).</summary>
    StoreReading Read(long announcedSize);
}

/// <summary>Quota of held mail for each correspondence, client network and recipient, so that one of them cannot fill the store.</summary>
public interface IHoldQuota
{
    /// <summary>The quota (of the correspondence: the sender's key with each of the recipients) that one more held message of this size would break: <c>correspondence</c>, <c>client-network</c>, <c>recipient</c>; null when it fits.</summary>
    Task<string?> ExceededByAsync(string? correspondence, Envelope envelope, long size, CancellationToken cancellation);
}
