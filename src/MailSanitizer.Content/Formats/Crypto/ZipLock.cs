using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>A password that was proven on one member of a ZIP archive.</summary>
/// <param name="Password">The password.</param>
/// <param name="Bytes">Its bytes as the archive has them.</param>
/// <param name="Keyed">True for an HMAC that fits. False for ZipCrypto: CRC-32 can be forged, and one archive can open under two passwords to two contents, so its locked bytes never go on untouched.</param>
public sealed record ZipKey(Password Password, byte[] Bytes, bool Keyed)
{
    /// <inheritdoc/>
    public override string ToString() => $"key by {Password}";
}

/// <summary>How a search for a member's password ended.</summary>
/// <param name="Key">The proven key, or null.</param>
/// <param name="Cut">True when the meter ran out before every password was tried.</param>
public sealed record ZipKeySearch(ZipKey? Key, bool Cut);

/// <summary>
/// Opens locked members of a ZIP archive: header or verifier first, then the full proof (decoded to the stated size with the stated CRC-32, or the HMAC).
/// Each member is its own lock: another member's password is only the first to be tried.
/// </summary>
public static class ZipLock
{
    // Charges, rounded up from the benchmarks on one core; fixed, so that the same message always gives the same result.
    private static readonly TimeSpan HeaderTry = TimeSpan.FromMicroseconds(1);
    private static readonly TimeSpan VerifierTry = TimeSpan.FromMicroseconds(200);
    private static readonly TimeSpan ProofOfMegabyte = TimeSpan.FromMilliseconds(10);

    /// <summary>True when this room can open the member's lock, given the password.</summary>
    public static bool CanOpen(ZipEntry entry) =>
        entry is { IsEncrypted: true, IsStrongEncrypted: false, Local: not null } && ZipMethods.IsSupported(entry.CompressionMethod)
        && (entry.Method == ZipMethods.Aes ? entry.Aes is { KeyLength: > 0, Version: 1 or 2 } : entry.Method != ZipMethods.Aes);

    /// <summary>Looks for the password of a member. <paramref name="charge"/>: the meter; false means stop.</summary>
    public static ZipKeySearch Find(ZipContents contents, ZipEntry entry, IReadOnlyList<Password> passwords, Func<TimeSpan, bool> charge, Limits limits, CancellationToken cancellation = default)
    {
        if (!CanOpen(entry)) return new ZipKeySearch(null, false);
        List<(Password Password, byte[] Bytes)> tries = [.. passwords.SelectMany(static password => PasswordBytes.Of(password.Text).Select(bytes => (password, bytes)))];
        return entry.Method == ZipMethods.Aes ? FindAes(contents, entry, tries, charge, limits, cancellation) : FindTraditional(contents, entry, tries, charge, limits, cancellation);
    }

    /// <summary>Opens a member's content with a key. What the stream finds (CRC-32, sizes) stands in its <see cref="ZipEntryStream.Problem"/>.</summary>
    public static ZipEntryStream Open(ZipContents contents, ZipEntry entry, ZipKey key, Limits limits, CancellationToken cancellation = default) => Open(contents, entry, key.Bytes, limits, out _, cancellation);

    private static ZipEntryStream Open(ZipContents contents, ZipEntry entry, byte[] password, Limits limits, out WinZipAesStream? aes, CancellationToken cancellation)
    {
        Stream packed = contents.Bytes.OpenRead(entry.DataOffset, entry.PackedSize);
        if (entry.Method == ZipMethods.Aes && entry.Aes is { KeyLength: > 0 and int length })
        {
            aes = new WinZipAesStream(packed, entry.PackedSize, password, length);
            return ZipMethods.Open(entry, aes, Math.Max(0, entry.PackedSize - WinZipAes.Overhead(length)), limits, cancellation);
        }

        aes = null;
        return ZipMethods.Open(entry, new ZipCryptoStream(packed, password), Math.Max(0, entry.PackedSize - ZipCrypto.HeaderLength), limits, cancellation);
    }

    private static ZipKeySearch FindTraditional(ZipContents contents, ZipEntry entry, List<(Password Password, byte[] Bytes)> tries, Func<TimeSpan, bool> charge, Limits limits, CancellationToken cancellation)
    {
        byte[] header = new byte[ZipCrypto.HeaderLength];
        if (contents.Bytes.Read(entry.DataOffset, header) < header.Length) return new ZipKeySearch(null, false);
        // Some writers use the time, some the CRC, whatever bit 3 says; a wrong check byte costs one more proof in 256.
        byte byCrc = (byte)(entry.Crc >> 24), byTime = (byte)((entry.Local?.DosTime ?? entry.DosTime) >> 8);
        foreach ((Password password, byte[] bytes) in tries)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!charge(HeaderTry)) return new ZipKeySearch(null, true);
            if (!ZipCrypto.Fits(bytes, header, byCrc) && !ZipCrypto.Fits(bytes, header, byTime)) continue;
            if (!charge(Proof(entry))) return new ZipKeySearch(null, true);
            if (Proven(contents, entry, bytes, limits, cancellation)) return new ZipKeySearch(new ZipKey(password, bytes, Keyed: false), false);
        }

        return new ZipKeySearch(null, false);
    }

    private static ZipKeySearch FindAes(ZipContents contents, ZipEntry entry, List<(Password Password, byte[] Bytes)> tries, Func<TimeSpan, bool> charge, Limits limits, CancellationToken cancellation)
    {
        int length = entry.Aes!.KeyLength;
        byte[] head = new byte[(length / 2) + WinZipAes.VerifierLength];
        if (contents.Bytes.Read(entry.DataOffset, head) < head.Length) return new ZipKeySearch(null, false);
        byte[][] batch = new byte[Pbkdf2Sha1.Lanes][];
        Span<bool> fits = stackalloc bool[Pbkdf2Sha1.Lanes];
        for (int from = 0; from < tries.Count; from += batch.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(batch.Length, tries.Count - from);
            if (!charge(VerifierTry * count)) return new ZipKeySearch(null, true);
            for (int at = 0; at < count; at++) batch[at] = tries[from + at].Bytes;
            WinZipAes.Fits(new ArraySegment<byte[]>(batch, 0, count), head.AsSpan(0, length / 2), head.AsSpan(length / 2), length, fits);
            for (int at = 0; at < count; at++)
            {
                if (!fits[at]) continue;
                if (!charge(Proof(entry))) return new ZipKeySearch(null, true);
                if (Proven(contents, entry, batch[at], limits, cancellation)) return new ZipKeySearch(new ZipKey(tries[from + at].Password, batch[at], Keyed: true), false);
            }
        }

        return new ZipKeySearch(null, false);
    }

    private static bool Proven(ZipContents contents, ZipEntry entry, byte[] password, Limits limits, CancellationToken cancellation)
    {
        using ZipEntryStream content = Open(contents, entry, password, limits, out WinZipAesStream? aes, cancellation);
        byte[] buffer = new byte[64 * 1024];
        // A false key may inflate to anything: never further than what the headers state, and one byte to see that it goes on.
        long most = Math.Min(entry.Size, limits.TotalBytes);
        while (content.Read(buffer) > 0)
        {
            if (content.Count > most) return false;
        }

        if (content.ProblemKind != ZipProblem.None || !entry.SizesKnown) return false;
        if (aes is null) return true;
        while (aes.Read(buffer) > 0) cancellation.ThrowIfCancellationRequested();
        return aes.Authentic;
    }

    private static TimeSpan Proof(ZipEntry entry) => ProofOfMegabyte * (1 + (Math.Max(entry.Size, entry.PackedSize) >> 20));
}
