using MailSanitizer.Authentication.Dns;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication.Dkim;

/// <summary>The result of one signature.</summary>
/// <param name="Result">For the header.</param>
/// <param name="Domain">d=, empty when it could not be read.</param>
/// <param name="Secure">The key came with the AD bit.</param>
/// <param name="IsLonger">The body is longer than what is signed (l=).</param>
public sealed record DkimVerdict(MethodResult Result, string Domain, bool Secure = false, bool IsLonger = false)
{
    /// <summary>Whether it passes.</summary>
    public bool Passes => Result.Result == "pass";
}

/// <summary>Judges every DKIM signature of a message on its raw bytes.</summary>
public sealed class DkimVerifier
{
    /// <summary>Signatures that are judged, from the top (count). Origin: RFC 6376 6.1 asks for a limit; lists and forwarders leave three or four. At it: one <c>policy</c> stands for the rest.</summary>
    public const int MaximumSignatures = 16;

    /// <summary>How far a signer's clock may be ahead (time).</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private readonly MessageHeader _header;
    private readonly List<(HeaderField Field, DkimSignature? Signature, (string Result, string Reason)? Problem)> _signatures = [];
    private readonly bool _more;

    /// <summary>Reads the signatures.</summary>
    public DkimVerifier(MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        _header = header;
        foreach (HeaderField field in header.Named("DKIM-Signature"))
        {
            if (_signatures.Count == MaximumSignatures)
            {
                _more = true;
                break;
            }

            (string, string)? problem = DkimSignature.Read(field, isArc: false, out DkimSignature? signature);
            _signatures.Add((field, signature, problem));
        }
    }

    /// <summary>Forms of the body that have to be hashed.</summary>
    public IEnumerable<(CanonicalForm Form, long? Limit)> BodyForms =>
        _signatures.Where(one => one.Problem is null).Select(one => (one.Signature!.BodyForm, one.Signature.BodyLimit));

    /// <summary>Judges; one verdict for each signature, from the top; empty without any.</summary>
    public async Task<IReadOnlyList<DkimVerdict>> JudgeAsync(IDns dns, BodyHashes hashes, DateTimeOffset now, CancellationToken cancellation)
    {
        Task<DkimVerdict>[] all = [.. _signatures.Select(one => JudgeAsync(one.Signature, one.Problem, dns, hashes, now, cancellation))];
        List<DkimVerdict> verdicts = [.. await Task.WhenAll(all).ConfigureAwait(false)];
        if (_more) verdicts.Add(new(new MethodResult("dkim", "policy", [], "more signatures than are looked at"), ""));
        return verdicts;
    }

    private async Task<DkimVerdict> JudgeAsync(
        DkimSignature? signature, (string Result, string Reason)? problem, IDns dns, BodyHashes hashes, DateTimeOffset now, CancellationToken cancellation)
    {
        if (signature is null) return new(new MethodResult("dkim", problem!.Value.Result, [], problem.Value.Reason), "");
        if (problem is { } known) return Verdict(signature, known.Result, known.Reason);
        if (signature.ExpiresAt < now.ToUnixTimeSeconds()) return Verdict(signature, "policy", "signature has expired");
        if (signature.SignedAt > (now + ClockSkew).ToUnixTimeSeconds()) return Verdict(signature, "policy", "signed in the future");
        KeyLookup lookup = await KeyLookup.AskAsync(dns, signature.Selector, signature.Domain, signature.KeyKind, cancellation).ConfigureAwait(false);
        if (lookup.Keys.Count == 0) return Verdict(signature, lookup.Result, lookup.Reason);
        DkimVerdict verdict = Judge(signature, lookup.Keys[0], hashes);
        foreach (DkimKey key in lookup.Keys.Skip(1))
        {
            if (verdict.Passes) break;
            if (Judge(signature, key, hashes) is { Passes: true } pass) verdict = pass;
        }

        return verdict with { Secure = lookup.Secure };
    }

    private DkimVerdict Judge(DkimSignature signature, DkimKey key, BodyHashes hashes)
    {
        if (!key.IsAcceptable) return Verdict(signature, "policy", $"key of {key.Bits} bits");
        if (key.IsStrict && signature.IdentityDomain != signature.Domain) return Verdict(signature, "permerror", "i= is not d= (t=s)");
        long length = hashes.Length(signature.BodyForm, signature.BodyLimit);
        string? failure = signature.BodyLimit > length ? "l= is more than the body"
            : !signature.FitsBody(hashes) ? "body hash differs"
            : !signature.FitsHeader(_header, key) ? "signature does not fit"
            : null;
        // RFC 6376 3.6.1 t=y: nobody is to be treated worse for a signature that is only tried.
        if (failure is not null) return Verdict(signature, key.IsTesting ? "neutral" : "fail", key.IsTesting ? $"{failure}, test mode" : failure);
        // RFC 6376 8.2: what stands behind the signed part is anybody's. A reader sees it as one with the rest, so this vouches for nothing.
        if (signature.BodyLimit < length) return Verdict(signature, "policy", "body is longer than signed") with { IsLonger = true };
        return Verdict(signature, "pass", key.IsTesting ? "test mode" : null);
    }

    private static DkimVerdict Verdict(DkimSignature signature, string result, string? reason)
    {
        List<KeyValuePair<string, string>> properties = [];
        Add("header.d", signature.Domain);
        Add("header.i", signature.Identity);
        Add("header.s", signature.Selector);
        Add("header.a", signature.Algorithm);
        // Eight characters tell the signatures of a message apart (RFC 6008 4).
        Add("header.b", signature.Signature.Length > 8 ? signature.Signature[..8] : signature.Signature);
        return new(new MethodResult("dkim", result, properties, reason), signature.Domain);

        void Add(string name, string value)
        {
            if (value.Length > 0) properties.Add(new(name, value));
        }
    }
}
