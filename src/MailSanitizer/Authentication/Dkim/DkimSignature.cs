using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication.Dkim;

/// <summary>One DKIM-Signature or ARC-Message-Signature field, read and checked as far as it goes without a key.</summary>
public sealed class DkimSignature
{
    // Names in h= (count): h= of a real signature has 40. Each costs a look.
    private const int MaximumNames = 1000;

    private readonly TagList _tags;

    private DkimSignature(HeaderField field, TagList tags)
    {
        (Field, _tags) = (field, tags);
    }

    /// <summary>The field.</summary>
    public HeaderField Field { get; }

    /// <summary>d= in A-labels.</summary>
    public string Domain { get; private set; } = "";

    /// <summary>s= in A-labels.</summary>
    public string Selector { get; private set; } = "";

    /// <summary>i=, or <c>@d</c>.</summary>
    public string Identity { get; private set; } = "";

    /// <summary>a=: <c>rsa-sha256</c> or <c>ed25519-sha256</c>.</summary>
    public string Algorithm { get; private set; } = "";

    /// <summary>Kind of key.</summary>
    public string KeyKind => Algorithm.Split('-')[0];

    /// <summary>b=, blanks taken out.</summary>
    public string Signature { get; private set; } = "";

    /// <summary>Names in h=.</summary>
    public IReadOnlyList<string> Names { get; private set; } = [];

    /// <summary>Form of the header fields.</summary>
    public CanonicalForm HeaderForm { get; private set; }

    /// <summary>Form of the body.</summary>
    public CanonicalForm BodyForm { get; private set; }

    /// <summary>l= (bytes of the canonical body), or null.</summary>
    public long? BodyLimit { get; private set; }

    /// <summary>t=, or null.</summary>
    public long? SignedAt { get; private set; }

    /// <summary>x=, or null.</summary>
    public long? ExpiresAt { get; private set; }

    private byte[] BodyHash { get; set; } = [];

    private byte[] SignatureBytes { get; set; } = [];

    /// <summary>Reads a field; the result says why it cannot be used (<c>neutral</c> for bad syntax, <c>permerror</c> for bad content), null when it can.</summary>
    /// <param name="field">The field.</param>
    /// <param name="isArc">ARC-Message-Signature: i= is an instance, there is no v= (RFC 8617 4.1.2).</param>
    /// <param name="signature">What could be read, even when it cannot be used; null when nothing could.</param>
    public static (string Result, string Reason)? Read(HeaderField field, bool isArc, out DkimSignature? signature)
    {
        ArgumentNullException.ThrowIfNull(field);
        signature = null;
        if (TagList.Read(field.RawValue.Span) is not { } tags) return ("neutral", "signature is malformed");
        signature = new DkimSignature(field, tags);
        return signature.Fill(isArc);
    }

    /// <summary>Whether the body hash is right.</summary>
    public bool FitsBody(BodyHashes hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        return CryptographicOperations.FixedTimeEquals(hashes.Hash(BodyForm, BodyLimit), BodyHash);
    }

    /// <summary>Whether the signature over the header fields is right.</summary>
    public bool FitsHeader(MessageHeader header, DkimKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArrayBufferWriter<byte> text = new();
        SignedFields.Write(text, header, Names, HeaderForm);
        SignedFields.WriteSignature(text, Field, _tags, HeaderForm);
        return key.Verify(SHA256.HashData(text.WrittenSpan), SignatureBytes);
    }

    private (string, string)? Fill(bool isArc)
    {
        Algorithm = _tags["a"] ?? "";
        Signature = _tags.Compact("b") ?? "";
        string? domain = DomainName.ToAscii(Utf8(_tags.Compact("d"))), selector = DomainName.ToAscii(Utf8(_tags.Compact("s")));
        Domain = domain ?? "";
        Selector = selector ?? "";
        Identity = isArc ? "" : Utf8(_tags.Compact("i")) ?? $"@{domain}";
        if (!isArc && _tags["v"] != "1") return ("neutral", "unknown version of signature");
        foreach (string needed in (string[])["a", "b", "bh", "d", "h", "s"])
        {
            if (_tags[needed] is null or "") return ("permerror", $"signature without {needed}=");
        }

        if (domain is null || !domain.Contains('.', StringComparison.Ordinal)) return ("permerror", "d= is no domain");
        if (selector is null) return ("permerror", "s= is no selector");
        // RFC 8301 3.1: rsa-sha1 is historic; a signature by it counts for nothing.
        if (Algorithm == "rsa-sha1") return ("permerror", "rsa-sha1 is historic");
        if (Algorithm is not "rsa-sha256" and not "ed25519-sha256") return ("neutral", "unknown algorithm");
        if (_tags.List("q") is { } queries && !queries.Contains("dns/txt")) return ("neutral", "unknown query method");
        if (!ReadForms(isArc)) return ("neutral", "unknown canonical form");
        if (ReadNumbers() is { } bad) return bad;
        // An empty name (two colons) is a field that no message has: it stands for nothing.
        Names = _tags.List("h")!;
        if (Names.Count > MaximumNames) return ("neutral", "h= is malformed");
        if (!Names.Contains("From", StringComparer.OrdinalIgnoreCase)) return ("permerror", "From is not signed");
        if (!isArc && !IdentityFits()) return ("permerror", "i= is not within d=");
        if (Base64(_tags.Compact("bh")!) is not { Length: 32 } bodyHash) return ("neutral", "bh= is malformed");
        if (Base64(Signature) is not { Length: > 0 } signature) return ("neutral", "b= is malformed");
        (BodyHash, SignatureBytes) = (bodyHash, signature);
        return null;
    }

    private bool ReadForms(bool isArc)
    {
        // ARC's sealers and its suite take a missing c= for relaxed, RFC 6376 for simple.
        string[] forms = (_tags["c"] ?? (isArc ? "relaxed/relaxed" : "simple/simple")).Split('/');
        if (forms.Length > 2 || Form(forms[0]) is not { } header) return false;
        // Without the second one, the body is simple (RFC 6376 3.5).
        CanonicalForm? body = forms.Length == 2 ? Form(forms[1]) : CanonicalForm.Simple;
        if (body is null) return false;
        (HeaderForm, BodyForm) = (header, body.Value);
        return true;

        static CanonicalForm? Form(string name) => name switch { "simple" => CanonicalForm.Simple, "relaxed" => CanonicalForm.Relaxed, _ => null };
    }

    private (string, string)? ReadNumbers()
    {
        if (!Number("l", out long? limit) || !Number("t", out long? signed) || !Number("x", out long? expires)) return ("neutral", "l=, t= or x= is no number");
        (BodyLimit, SignedAt, ExpiresAt) = (limit, signed, expires);
        return expires <= signed ? ("permerror", "x= is not after t=") : null;
    }

    private bool Number(string name, out long? number)
    {
        number = null;
        if (_tags[name] is not { } text) return true;
        // l= may have 76 digits (RFC 6376 3.5): beyond what any body or clock reaches it is the largest number.
        if (text.Length is 0 or > 76 || !text.All(char.IsAsciiDigit)) return false;
        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : long.MaxValue;
        return true;
    }

    private bool IdentityFits()
    {
        int at = Identity.LastIndexOf('@');
        return at >= 0 && DomainName.ToAscii(Identity[(at + 1)..]) is { } domain && DomainName.IsWithin(domain, Domain);
    }

    /// <summary>The domain of i=, for t=s.</summary>
    internal string IdentityDomain => DomainName.ToAscii(Identity[(Identity.LastIndexOf('@') + 1)..]) ?? "";

    // The tag list holds one char a byte; internationalised mail has UTF-8 there (RFC 8616).
    private static string? Utf8(string? latin) =>
        latin is null || System.Text.Ascii.IsValid(latin) ? latin : System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(latin));

    internal static byte[]? Base64(string text)
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) ? bytes[..length] : null;
    }
}
