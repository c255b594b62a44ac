namespace MailSanitizer.Sealing;

/// <summary>What the sealer is told by the configuration.</summary>
public sealed record SealingOptions
{
    /// <summary>Our name in Authentication-Results (<c>authserv-id</c>), a domain in A-labels.</summary>
    public required string AuthservId { get; init; }

    /// <summary>Names under which we wrote earlier, or under which other filters of this site write: arriving fields with these are forged too.</summary>
    public IReadOnlyList<string> FurtherAuthservIds { get; init; } = [];

    /// <summary>Secret for X-MailSanitizer-Id (32 bytes); <see cref="SecretKey.LoadOrCreate"/> keeps it in a file.</summary>
    public required ReadOnlyMemory<byte> IdKey { get; init; }

    /// <summary>Key of the ARC seal, or null: no ARC.</summary>
    public SigningKey? Seal { get; init; }

    /// <summary>Keys that sign outbound mail and our own: one RSA and one Ed25519 for a domain make two signatures.</summary>
    public IReadOnlyList<SigningKey> Sign { get; init; } = [];
}
