using System.Net;

namespace MailSanitizer.Authentication.Dns;

/// <summary>What is asked for.</summary>
public enum DnsKind
{
    /// <summary>Text, strings of one record joined.</summary>
    Txt,

    /// <summary>IPv4 address.</summary>
    A,

    /// <summary>IPv6 address.</summary>
    Aaaa,

    /// <summary>Mail exchanger.</summary>
    Mx,

    /// <summary>Name of an address.</summary>
    Ptr,
}

/// <summary>How a question ended.</summary>
public enum DnsStatus
{
    /// <summary>The name exists; there may be no record of the kind.</summary>
    Found,

    /// <summary>The name does not exist (NXDOMAIN).</summary>
    NoName,

    /// <summary>Nobody knows: time-out, SERVFAIL, an answer that cannot be read, the budget of the message is spent. temperror.</summary>
    Failed,
}

/// <summary>An answer: plain values.</summary>
public sealed record DnsAnswer(DnsStatus Status)
{
    /// <summary>Texts (TXT): strings joined, one char a byte.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Addresses (A, AAAA).</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Names (MX by preference, PTR), lower case, no final dot.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The resolver vouches for it by DNSSEC (AD bit).</summary>
    public bool Secure { get; init; }

    /// <summary>How long it may be kept.</summary>
    public TimeSpan TimeToLive { get; init; }

    /// <summary>Why it failed, for the reason of a result.</summary>
    public string Problem { get; init; } = "";

    /// <summary>No record of the kind, name or not: what RFC 7208 4.6.4 calls a void lookup.</summary>
    public bool IsVoid => Status == DnsStatus.NoName || (Status == DnsStatus.Found && Texts.Count + Addresses.Count + Names.Count == 0);

    /// <summary>Nobody knows.</summary>
    public static DnsAnswer Failure(string problem) => new(DnsStatus.Failed) { Problem = problem };

    /// <summary>The name does not exist.</summary>
    public static DnsAnswer NoName { get; } = new(DnsStatus.NoName);

    /// <summary>Rough size in memory (bytes), for the bound of the cache.</summary>
    internal int Weight => 200 + Texts.Sum(text => text.Length * 2) + (Addresses.Count * 60) + Names.Sum(name => 40 + (name.Length * 2));
}

/// <summary>Asks the DNS. Never throws but for cancellation: every trouble is <see cref="DnsStatus.Failed"/>.</summary>
public interface IDns
{
    /// <summary>One question. A name that cannot be asked for (empty or over-long labels) does not exist.</summary>
    Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation);
}
