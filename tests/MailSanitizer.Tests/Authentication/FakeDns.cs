using System.Net;
using MailSanitizer.Authentication.Dns;

namespace MailSanitizer.Tests.Authentication;

/// <summary>DNS from a table; names that are not in it do not exist.</summary>
internal sealed class FakeDns : IDns
{
    private readonly Dictionary<(string, DnsKind), DnsAnswer> _answers = [];
    private readonly HashSet<string> _names = [];

    public List<string> Asked { get; } = [];

    public bool Down { get; set; }

    public FakeDns Text(string name, params string[] texts) => Set(name, DnsKind.Txt, new(DnsStatus.Found) { Texts = texts, Secure = true });

    public FakeDns Address(string name, params string[] addresses)
    {
        IPAddress[] all = [.. addresses.Select(IPAddress.Parse)];
        Set(name, DnsKind.A, new(DnsStatus.Found) { Addresses = [.. all.Where(one => one.GetAddressBytes().Length == 4)], Secure = true });
        return Set(name, DnsKind.Aaaa, new(DnsStatus.Found) { Addresses = [.. all.Where(one => one.GetAddressBytes().Length == 16)], Secure = true });
    }

    public FakeDns Pointer(string address, params string[] names) => Set(ReverseName.Of(IPAddress.Parse(address)), DnsKind.Ptr, new(DnsStatus.Found) { Names = names });

    public FakeDns Fails(string name, DnsKind kind) => Set(name, kind, DnsAnswer.Failure("DNS time-out"));

    public Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation)
    {
        lock (Asked)
        {
            Asked.Add($"{kind} {name}");
        }

        if (Down) return Task.FromResult(DnsAnswer.Failure("DNS time-out"));
        string key = name.ToLowerInvariant();
        return Task.FromResult(_answers.TryGetValue((key, kind), out DnsAnswer? answer) ? answer : _names.Contains(key) ? new DnsAnswer(DnsStatus.Found) : DnsAnswer.NoName);
    }

    private FakeDns Set(string name, DnsKind kind, DnsAnswer answer)
    {
        _answers[(name.ToLowerInvariant(), kind)] = answer;
        _names.Add(name.ToLowerInvariant());
        return this;
    }
}
