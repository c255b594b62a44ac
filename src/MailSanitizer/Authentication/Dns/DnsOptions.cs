using System.Net;

namespace MailSanitizer.Authentication.Dns;

/// <summary>Which resolvers, and what one question may cost.</summary>
public sealed record DnsOptions
{
    /// <summary>Resolvers, asked in turn. Only those on this machine or a trusted way vouch by their AD bit; empty: those of the system.</summary>
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [];

    /// <summary>Wait for one answer of one server (time). Origin: resolvers answer from afar within 2 s or not at all. At it: the next try, then temperror.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Tries after the first (count).</summary>
    public int Retries { get; init; } = 1;

    /// <summary>Memory of the cache (bytes). At it: what was not used for longest goes.</summary>
    public int CacheBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Records taken from one answer (count). At it: temperror; no honest name has more.</summary>
    public int Records { get; init; } = 100;

    /// <summary>Characters of all texts of one answer (characters). At it: temperror.</summary>
    public int TextCharacters { get; init; } = 64 * 1024;

    /// <summary>Questions that one message may ask (count). Origin: RFC 7208 allows two identities some 120 each, ARC 50 sets. At it: temperror.</summary>
    public int QuestionsPerMessage { get; init; } = 400;

    /// <summary>Time that one message may wait for the DNS in all (time). Origin: RFC 7208 4.6.4 asks for 20 s at least; the answer to the client has 80. At it: temperror.</summary>
    public TimeSpan TimePerMessage { get; init; } = TimeSpan.FromSeconds(20);
}
