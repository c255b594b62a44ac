using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Unpacking.Zip;

/// <summary>Opens encrypted members.</summary>
public interface IEntryOpener
{
    /// <summary>
    /// Tries the passwords on one member. <paramref name="charge"/> meters guessing: false means stop. What comes back is decrypted and decompressed, and proves itself only when it
    /// was read to its end (<see cref="ZipEntryStream.Problem"/>); <see cref="EntryOpening.Content"/> is null when nothing fits, and <see cref="EntryOpening.Detail"/> then says why.
    /// </summary>
    EntryOpening Open(ZipContents zip, ZipEntry entry, IReadOnlyList<Password> passwords, Func<TimeSpan, bool> charge, Limits limits, CancellationToken cancellation);
}

/// <summary>How an attempt to open a member ended.</summary>
/// <param name="Content">The member's content, or null.</param>
/// <param name="Password">The password that opened it, or null.</param>
/// <param name="Detail">For people: the kind of lock, why it did not open. Never a password.</param>
public sealed record EntryOpening(ZipEntryStream? Content, Password? Password, string Detail);

/// <summary>Opens nothing: every encrypted member stays locked.</summary>
public sealed class ClosedEntryOpener : IEntryOpener
{
    /// <inheritdoc/>
    public EntryOpening Open(ZipContents zip, ZipEntry entry, IReadOnlyList<Password> passwords, Func<TimeSpan, bool> charge, Limits limits, CancellationToken cancellation) => new(null, null, Lock(entry));

    /// <summary>The kind of lock, for the report.</summary>
    public static string Lock(ZipEntry entry) => entry.IsStrongEncrypted ? "strong encryption" : entry.Aes is { } aes ? $"AES-{aes.KeyLength * 8}" : "ZipCrypto";
}
