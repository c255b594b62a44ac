namespace MailSanitizer.Mail.Signatures;

/// <summary>The body hashes of one message, each wanted form computed once, all in one pass over the bytes.</summary>
public sealed class BodyHashes
{
    private readonly Dictionary<(CanonicalForm Form, long? Limit), (byte[] Hash, long Length)> _done = [];

    /// <summary>Computes. A body limit (l=) is a form of its own.</summary>
    public BodyHashes(IMailBytes message, long bodyOffset, IEnumerable<(CanonicalForm Form, long? Limit)> wanted, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        (CanonicalForm Form, long? Limit)[] forms = [.. wanted.Distinct()];
        if (forms.Length == 0) return;
        BodyHasher[] hashers = [.. forms.Select(form => new BodyHasher(form.Form, form.Limit))];
        try
        {
            BodyReader.Read(
                message, bodyOffset,
                bytes =>
                {
                    foreach (BodyHasher hasher in hashers) hasher.Append(bytes);
                },
                cancellation);
            for (int at = 0; at < forms.Length; at++) _done[forms[at]] = (hashers[at].Finish(), hashers[at].CanonicalLength);
        }
        finally
        {
            foreach (BodyHasher hasher in hashers) hasher.Dispose();
        }
    }

    /// <summary>SHA-256 of the canonical body (its first bytes with a limit).</summary>
    public byte[] Hash(CanonicalForm form, long? limit = null) => _done[(form, limit)].Hash;

    /// <summary>Length of the whole canonical body (bytes).</summary>
    public long Length(CanonicalForm form, long? limit = null) => _done[(form, limit)].Length;
}
