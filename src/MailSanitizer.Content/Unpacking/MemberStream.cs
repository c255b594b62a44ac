namespace MailSanitizer.Content.Unpacking;

/// <summary>
/// A member's content while it is read: counts and sums it, honours the deadline, and keeps what went wrong, so that size and checksum are judged
/// for every member although the bytes are scanned all the same.
/// </summary>
public sealed class MemberStream(Stream inner, long? declaredSize, MemberChecksum? checksum, CancellationToken cancellation) : ForwardStream
{
    /// <summary>Bytes read so far.</summary>
    public long Count { get; private set; }

    /// <summary>What broke, or null.</summary>
    public string? Failure { get; private set; }

    /// <summary>True when the end was reached.</summary>
    public bool Ended { get; private set; }

    /// <inheritdoc/>
    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        cancellation.ThrowIfCancellationRequested();
        if (buffer.IsEmpty) return 0;
        try
        {
            int got = inner.Read(buffer);
            if (got == 0) Ended = true;
            Count += got;
            checksum?.Append(buffer[..got]);
            return got;
        }
        catch (Exception failure) when (Damage.Is(failure))
        {
            Failure = failure.Message;
            throw new InvalidDataException(failure.Message, failure);
        }
    }

    /// <summary>What is wrong with the member, after it was handed over; nothing when a limit cut it.</summary>
    public IEnumerable<(FindingKind Kind, string Detail)> Verdict(ChildResult result)
    {
        if (Failure is not null || result == ChildResult.Broken)
        {
            yield return (ArchiveFindings.DamagedArchive, Failure ?? "the content cannot be read");
            yield break;
        }

        if (!Ended || result != ChildResult.Complete) yield break;
        if (declaredSize is { } declared && declared != Count) yield return (ArchiveFindings.SizeMismatch, $"declared {declared} bytes, holds {Count}");
        if (checksum is { Matches: false }) yield return (ArchiveFindings.ChecksumMismatch, "the checksum does not fit the content");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Which exceptions mean that the input is broken. Own readers throw <see cref="InvalidDataException"/> and nothing else.</summary>
internal static class Damage
{
    public static bool Is(Exception failure) => failure is InvalidDataException or EndOfStreamException;
}
