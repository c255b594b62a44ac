using MailSanitizer.Content.Formats.Crypto;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Unpacking.Zip;

/// <summary>Opens the encrypted members of one archive, each for itself: a member that another one's password does not open stays locked (a decoy in front of the payload).</summary>
/// <param name="zip">The archive.</param>
/// <param name="passwords">To try, best first.</param>
/// <param name="charge">The meter of guessing; false means stop.</param>
/// <param name="limits">The limits in force.</param>
/// <param name="cancellation">Ends the search.</param>
internal sealed class ZipOpener(ZipContents zip, IReadOnlyList<Password> passwords, Func<TimeSpan, bool> charge, Limits limits, CancellationToken cancellation)
{
    private readonly Dictionary<ZipEntry, ZipKeySearch> _known = [];
    private readonly List<Password> _order = [.. passwords];

    /// <summary>The proven key of a member, if any.</summary>
    public ZipKeySearch Search(ZipEntry entry)
    {
        if (_known.TryGetValue(entry, out ZipKeySearch? known)) return known;
        ZipKeySearch search = ZipLock.Find(zip, entry, _order, charge, limits, cancellation);
        _known.Add(entry, search);

        // Most archives have one password: what opened one member is the first to be tried on the next.
        if (search.Key is { } key && _order.IndexOf(key.Password) is > 0 and int at)
        {
            _order.RemoveAt(at);
            _order.Insert(0, key.Password);
        }

        return search;
    }

    /// <summary>A member's content, decrypted where it has to be; locked content says so in <see cref="ZipEntryStream.Problem"/>.</summary>
    public ZipEntryStream Open(ZipEntry entry)
    {
        if (!entry.IsEncrypted) return zip.Open(entry, limits, cancellation);
        return Search(entry).Key is { } key ? ZipLock.Open(zip, entry, key, limits, cancellation) : ZipEntryStream.Failed(Lock(entry), entry, ZipProblem.Locked);
    }

    /// <summary>The kind of lock, for the report.</summary>
    public static string Lock(ZipEntry entry) => entry.IsStrongEncrypted ? "strong encryption" : entry.Aes is { } aes ? $"AES-{aes.KeyLength * 8}" : "ZipCrypto";
}
