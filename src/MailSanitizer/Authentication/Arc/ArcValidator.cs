using System.Buffers;
using System.Security.Cryptography;
using MailSanitizer.Authentication.Dkim;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication.Arc;

/// <summary>What became of a chain.</summary>
/// <param name="Result"><c>none</c>, <c>pass</c>, <c>fail</c>; <c>temperror</c> when a key could not be had.</param>
/// <param name="Reason">Why it is no pass, or null.</param>
/// <param name="Instances">Highest instance.</param>
/// <param name="Sealers">Domains of the seals, from instance 1 on, when the chain passes.</param>
/// <param name="Secure">All keys came with the AD bit.</param>
/// <param name="NewestResults">ARC-Authentication-Results of the newest set, when the chain passes.</param>
public sealed record ArcVerdict(string Result, string? Reason, int Instances, IReadOnlyList<string> Sealers, bool Secure = false, string NewestResults = "");

/// <summary>Validates an Authenticated Received Chain (RFC 8617 5.2).</summary>
public sealed class ArcValidator
{
    private readonly MessageHeader _header;
    private readonly ArcSets _sets;
    private readonly DkimSignature? _message;
    private readonly string? _problem;

    /// <summary>Reads the chain.</summary>
    public ArcValidator(MessageHeader header)
    {
        _header = header;
        _sets = ArcSets.Read(header);
        _problem = _sets.Problem;
        if (_problem is not null || _sets.Sets.Count == 0) return;
        // Only the newest message signature has to fit: those below break where a list changed the mail, and that is what ARC is for.
        (string, string Reason)? problem = DkimSignature.Read(_sets.Sets[^1].Message, isArc: true, out _message);
        _problem = problem?.Reason;
        if (_problem is null && _message!.Names.Any(name => name.StartsWith("ARC-Seal", StringComparison.OrdinalIgnoreCase))) _problem = "ARC-Seal is signed by a message signature";
    }

    /// <summary>Forms of the body that have to be hashed.</summary>
    public IEnumerable<(CanonicalForm Form, long? Limit)> BodyForms => _problem is null && _message is not null ? [(_message.BodyForm, _message.BodyLimit)] : [];

    /// <summary>Validates.</summary>
    public async Task<ArcVerdict> JudgeAsync(IDns dns, BodyHashes hashes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        if (!_sets.Any) return new("none", null, 0, []);
        ArcVerdict fail = new("fail", null, _sets.Highest, []);
        if (_problem is not null) return fail with { Reason = _problem };
        List<ArcSeal> seals = [];
        foreach (ArcSet set in _sets.Sets)
        {
            if (ArcSeal.Read(set, out string problem) is not { } seal) return fail with { Reason = problem };
            seals.Add(seal);
        }

        // The newest says that the chain was broken before: nothing can mend it (5.2, step 2).
        if (seals[^1].ChainResult == "fail") return fail with { Reason = "chain was broken on the way" };
        for (int at = 0; at < seals.Count; at++)
        {
            if (seals[at].ChainResult != (at == 0 ? "none" : "pass")) return fail with { Reason = $"cv= of instance {at + 1} is wrong" };
        }

        bool secure = true;
        long length = hashes.Length(_message!.BodyForm, _message.BodyLimit);
        if (_message.BodyLimit is { } limit && limit != length) return fail with { Reason = "body is longer than signed" };
        if (!_message.FitsBody(hashes)) return fail with { Reason = "body hash differs" };
        (string? trouble, bool temporary) = await WithKeysAsync(dns, _message.Selector, _message.Domain, _message.KeyKind, key => _message.FitsHeader(_header, key)).ConfigureAwait(false);
        if (trouble is not null) return fail with { Result = temporary ? "temperror" : "fail", Reason = $"message signature: {trouble}" };

        for (int at = seals.Count - 1; at >= 0; at--)
        {
            ArcSeal seal = seals[at];
            byte[] hash = SealHash(_sets.Sets.Take(at + 1), seal.Tags);
            (trouble, temporary) = await WithKeysAsync(dns, seal.Selector, seal.Domain, seal.KeyKind, key => key.Verify(hash, seal.Signature)).ConfigureAwait(false);
            if (trouble is not null) return fail with { Result = temporary ? "temperror" : "fail", Reason = $"seal {at + 1}: {trouble}" };
        }

        return new("pass", null, _sets.Highest, [.. seals.Select(seal => seal.Domain)], secure, _sets.Sets[^1].Results.Value);

        async Task<(string? Trouble, bool Temporary)> WithKeysAsync(IDns from, string selector, string domain, string kind, Func<DkimKey, bool> fits)
        {
            KeyLookup lookup = await KeyLookup.AskAsync(from, selector, domain, kind, cancellation).ConfigureAwait(false);
            secure &= lookup.Secure;
            if (lookup.Keys.Count == 0) return (lookup.Reason, lookup.Result == "temperror");
            return lookup.Keys.Any(key => key.IsAcceptable && fits(key)) ? (null, false) : ("signature does not fit", false);
        }
    }

    /// <summary>Hash of what a seal covers: all sets up to its own, the three fields of each in their order, its own b= taken out (RFC 8617 5.1.1).</summary>
    private static byte[] SealHash(IEnumerable<ArcSet> sets, TagList own)
    {
        ArrayBufferWriter<byte> text = new();
        ArcSet[] all = [.. sets];
        foreach (ArcSet set in all)
        {
            CanonicalHeader.Write(text, CanonicalForm.Relaxed, set.Results);
            CanonicalHeader.Write(text, CanonicalForm.Relaxed, set.Message);
            if (set != all[^1]) CanonicalHeader.Write(text, CanonicalForm.Relaxed, set.Seal);
        }

        SignedFields.WriteSignature(text, all[^1].Seal, own, CanonicalForm.Relaxed);
        return SHA256.HashData(text.WrittenSpan);
    }
}

/// <summary>One ARC-Seal, read.</summary>
internal sealed record ArcSeal(TagList Tags, string Domain, string Selector, string KeyKind, string ChainResult, byte[] Signature)
{
    public static ArcSeal? Read(ArcSet set, out string problem)
    {
        problem = $"seal {set.Instance} is malformed";
        if (TagList.Read(set.Seal.RawValue.Span) is not { } tags) return null;
        // RFC 8617 4.1.3: what a seal covers is fixed; h= there means that somebody reads it otherwise.
        if (tags["h"] is not null || tags["bh"] is not null) return null;
        string? domain = DomainName.ToAscii(tags.Compact("d")), selector = DomainName.ToAscii(tags.Compact("s"));
        if (domain is null || !domain.Contains('.', StringComparison.Ordinal) || selector is null) return null;
        if (tags["a"] is not ("rsa-sha256" or "ed25519-sha256")) return null;
        if (tags["t"] is { } time && (time.Length is 0 or > 20 || !time.All(char.IsAsciiDigit))) return null;
        if (tags["cv"]?.ToLowerInvariant() is not ("none" or "pass" or "fail")) return null;
        if (DkimSignature.Base64(tags.Compact("b") ?? "") is not { Length: > 0 } signature) return null;
        return new(tags, domain, selector, tags["a"]!.Split('-')[0], tags["cv"]!.ToLowerInvariant(), signature);
    }
}
