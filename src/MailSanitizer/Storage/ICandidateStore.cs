namespace MailSanitizer.Storage;

/// <summary>What one mail gave for one correspondence. The store never sees a password: <see cref="Sealed"/> is cipher text.</summary>
public sealed record CandidateRow
{
    /// <summary>Number in the order of storing; filled in by the store.</summary>
    public long Number { get; init; }

    /// <summary>The correspondence.</summary>
    public required string Correspondence { get; init; }

    /// <summary><c>mail</c>: labelled and set-apart strings of a mail; <c>tokens</c>: every token of one, kept only until what waits has tried them; <c>opened</c>: what opened a lock.</summary>
    public required string Kind { get; init; }

    /// <summary>The mail it comes from: the same mail again adds nothing.</summary>
    public required Guid Mail { get; init; }

    /// <summary>Network of that mail's client, or null: one network cannot fill the store.</summary>
    public string? Network { get; init; }

    /// <summary>When it goes.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>The strings, encrypted.</summary>
    public required byte[] Sealed { get; init; }
}

/// <summary>Keeps password candidates of correspondences until they expire. A correspondence, and a client network, push out only rows of their own.</summary>
public interface ICandidateStore
{
    /// <summary>Stores durably before it returns; a row that is there already (correspondence, kind, mail) stays as it is but lives as long as the new one.</summary>
    Task AddAsync(IReadOnlyList<CandidateRow> rows, CancellationToken cancellation);

    /// <summary>Rows of a correspondence that have not expired, newest first.</summary>
    Task<IReadOnlyList<CandidateRow>> OfAsync(string correspondence, CancellationToken cancellation);

    /// <summary>The highest number given so far for a correspondence; 0 when it has no rows.</summary>
    Task<long> LastAsync(string correspondence, CancellationToken cancellation);

    /// <summary>Forgets the <c>tokens</c> of a correspondence up to a number: they were tried.</summary>
    Task ForgetTokensAsync(string correspondence, long upTo, CancellationToken cancellation);
}
