using System.Net;
using MailSanitizer.Authentication.Dns;
using Microsoft.Extensions.Time.Testing;

namespace MailSanitizer.Tests.Authentication;

public sealed class DnsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Resolver ResolverOf(IPEndPoint server, int milliseconds = 300) => new(new DnsOptions { Servers = [server], Timeout = TimeSpan.FromMilliseconds(milliseconds), Retries = 0 });

    /// <summary>The question with a header: flags and counts as given, then the bytes of the answer section.</summary>
    private static byte[] Reply(byte[] question, int code, int answers, byte[] section)
    {
        int end = 12;
        while (question[end] > 0) end += question[end] + 1;
        byte[] reply = [.. question.AsSpan(0, end + 5), .. section];
        (reply[2], reply[3]) = (0x81, (byte)(0x80 | code));
        (reply[4], reply[5], reply[6], reply[7], reply[8], reply[9], reply[10], reply[11]) = (0, 1, (byte)(answers >> 8), (byte)answers, 0, 0, 0, 0);
        return reply;
    }

    [Fact]
    public async Task A_real_server_answers_every_kind_large_texts_over_TCP_and_nothing_for_nothing()
    {
        if (!NameServer.Exists) Assert.Skip("nsd is not installed");
        ZoneData zone = new();
        string large = string.Concat(Enumerable.Repeat("0123456789", 1500));
        zone.AddText("large.example", large);
        zone.AddText("two.example", "a", "b");
        zone.Add("a.example", "A", "192.0.2.1");
        zone.Add("a.example", "AAAA", "2001:db8::1");
        zone.Add("m.example", "MX", "20 b.example.");
        zone.Add("m.example", "MX", "10 a.example.");
        zone.Add("alias.example", "CNAME", "a.example.");
        zone.Add("xn--bcher-kva.example", "A", "192.0.2.2");
        zone.Add("1.2.0.192.in-addr.arpa", "PTR", "A.Example.");
        using NameServer server = await NameServer.StartAsync(zone.Zone);
        Resolver dns = ResolverOf(server.Address, 5000);
        Assert.Equal(large, Assert.Single((await dns.AskAsync("large.example", DnsKind.Txt, Cancel)).Texts));
        Assert.Equal("ab", Assert.Single((await dns.AskAsync("two.example", DnsKind.Txt, Cancel)).Texts));
        Assert.Equal(IPAddress.Parse("192.0.2.1"), Assert.Single((await dns.AskAsync("A.EXAMPLE.", DnsKind.A, Cancel)).Addresses));
        Assert.Equal(IPAddress.Parse("2001:db8::1"), Assert.Single((await dns.AskAsync("alias.example", DnsKind.Aaaa, Cancel)).Addresses));
        Assert.Equal(IPAddress.Parse("192.0.2.2"), Assert.Single((await dns.AskAsync("xn--bcher-kva.example", DnsKind.A, Cancel)).Addresses));
        Assert.Equal(["a.example", "b.example"], (await dns.AskAsync("m.example", DnsKind.Mx, Cancel)).Names);
        Assert.Equal("a.example", Assert.Single((await dns.AskAsync("1.2.0.192.in-addr.arpa", DnsKind.Ptr, Cancel)).Names));
        DnsAnswer nothing = await dns.AskAsync("a.example", DnsKind.Mx, Cancel);
        Assert.Equal((DnsStatus.Found, true, TimeSpan.FromSeconds(60)), (nothing.Status, nothing.IsVoid, nothing.TimeToLive));
        Assert.Equal((DnsStatus.NoName, true), (await dns.AskAsync("missing.example", DnsKind.A, Cancel) is var missing ? missing.Status : default, missing.IsVoid));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a..example")]
    [InlineData(".example")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123.example")]
    [InlineData("\u00FC.example")]
    public async Task Names_that_cannot_be_asked_for_do_not_exist(string name)
    {
        using OddNameServer server = new((_, _, question) => Task.FromResult<byte[]?>(null));
        Assert.Equal(DnsStatus.NoName, (await ResolverOf(server.Address).AskAsync(name, DnsKind.A, Cancel)).Status);
        Assert.Equal(0, server.Questions);
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("servfail")]
    [InlineData("refused")]
    [InlineData("empty")]
    [InlineData("header only")]
    [InlineData("name that points at itself")]
    [InlineData("data behind the end")]
    [InlineData("hundreds of records")]
    [InlineData("noise")]
    public async Task Servers_that_misbehave_leave_the_answer_open(string how)
    {
        using OddNameServer server = new((_, _, question) => Task.FromResult<byte[]?>(how switch
        {
            "servfail" => Reply(question, 2, 0, []),
            "refused" => Reply(question, 5, 0, []),
            "empty" => [],
            "header only" => Reply(question, 0, 1, []),
            "name that points at itself" => Reply(question, 0, 1, [0xC0, (byte)(Reply(question, 0, 0, []).Length), 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4]),
            "data behind the end" => Reply(question, 0, 1, [0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0xFF, 0xFF, 1]),
            "hundreds of records" => Reply(question, 0, 300, [.. Enumerable.Repeat((byte[])[0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4], 300).SelectMany(one => one)]),
            "noise" => [.. Enumerable.Range(0, 400).Select(one => (byte)(one * 37))],
            _ => null,
        }));
        DnsAnswer answer = await ResolverOf(server.Address).AskAsync("a.example", DnsKind.A, Cancel);
        Assert.Equal(DnsStatus.Failed, answer.Status);
        Assert.NotEqual("", answer.Problem);
    }

    [Theory]
    [InlineData("alias loop")]
    [InlineData("records of another name")]
    public async Task Answers_that_do_not_belong_to_the_question_are_not_believed(string how)
    {
        byte[] other = [5, (byte)'o', (byte)'t', (byte)'h', (byte)'e', (byte)'r', 0];
        using OddNameServer server = new((_, _, question) => Task.FromResult<byte[]?>(how == "alias loop"
            ? Reply(question, 0, 1, [0xC0, 0x0C, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xC0, 0x0C])
            : Reply(question, 0, 1, [.. other, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4])));
        DnsAnswer answer = await ResolverOf(server.Address).AskAsync("a.example", DnsKind.A, Cancel);
        Assert.True(answer.IsVoid || answer.Status == DnsStatus.Failed);
        Assert.Empty(answer.Addresses);
    }

    [Fact]
    public async Task The_AD_bit_is_kept()
    {
        using OddNameServer server = new((_, _, question) =>
        {
            byte[] reply = Reply(question, 0, 1, [0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4]);
            reply[3] |= 0x20;
            return Task.FromResult<byte[]?>(reply);
        });
        Assert.True((await ResolverOf(server.Address, 5000).AskAsync("a.example", DnsKind.A, Cancel)).Secure);
    }

    [Fact]
    public async Task A_message_has_so_many_questions_and_no_more()
    {
        FakeDns inner = new FakeDns().Address("a.example", "192.0.2.1");
        using MessageDns dns = new(inner, 2, TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.Equal(DnsStatus.Found, (await dns.AskAsync("a.example", DnsKind.A, Cancel)).Status);
        Assert.Equal(DnsStatus.NoName, (await dns.AskAsync("b.example", DnsKind.A, Cancel)).Status);
        Assert.Equal(DnsStatus.Failed, (await dns.AskAsync("a.example", DnsKind.A, Cancel)).Status);
        Assert.Equal(2, inner.Asked.Count);
    }

    [Fact]
    public async Task A_server_that_never_answers_costs_the_budget_and_no_more()
    {
        FakeTimeProvider time = new();
        using MessageDns dns = new(new Silent(), 100, TimeSpan.FromSeconds(20), time);
        Task<DnsAnswer> waiting = dns.AskAsync("a.example", DnsKind.A, Cancel);
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("DNS budget of the message spent", (await waiting).Problem);
        Assert.Equal(DnsStatus.Failed, (await dns.AskAsync("a.example", DnsKind.A, Cancel)).Status);
    }

    [Fact]
    public async Task The_cache_keeps_answers_for_their_time_and_within_its_bound()
    {
        FakeTimeProvider time = new();
        Counting inner = new(new DnsAnswer(DnsStatus.Found) { Texts = [new string('x', 1000)], TimeToLive = TimeSpan.FromSeconds(60) });
        DnsCache cache = new(inner, 100_000, time);
        await cache.AskAsync("a.example", DnsKind.Txt, Cancel);
        await cache.AskAsync("A.example", DnsKind.Txt, Cancel);
        Assert.Equal(1, inner.Count);
        await cache.AskAsync("a.example", DnsKind.A, Cancel);
        Assert.Equal(2, inner.Count);
        time.Advance(TimeSpan.FromSeconds(61));
        await cache.AskAsync("a.example", DnsKind.Txt, Cancel);
        Assert.Equal(3, inner.Count);
        for (int at = 0; at < 1000; at++) await cache.AskAsync($"n{at}.example", DnsKind.Txt, Cancel);
        Assert.InRange(cache.Bytes, 1, 100_000);
        int before = inner.Count;
        await cache.AskAsync("n999.example", DnsKind.Txt, Cancel);
        Assert.Equal(before, inner.Count);
        await cache.AskAsync("n0.example", DnsKind.Txt, Cancel);
        Assert.Equal(before + 1, inner.Count);
    }

    [Fact]
    public async Task Failures_are_remembered_for_a_moment_and_large_answers_not_at_all()
    {
        FakeTimeProvider time = new();
        Counting failing = new(DnsAnswer.Failure("x"));
        DnsCache cache = new(failing, 100_000, time);
        for (int at = 0; at < 3; at++) await cache.AskAsync("a.example", DnsKind.A, Cancel);
        Assert.Equal(1, failing.Count);
        time.Advance(TimeSpan.FromSeconds(6));
        await cache.AskAsync("a.example", DnsKind.A, Cancel);
        Assert.Equal(2, failing.Count);
        Counting large = new(new DnsAnswer(DnsStatus.Found) { Texts = [new string('x', 60_000)], TimeToLive = TimeSpan.FromSeconds(60) });
        cache = new(large, 100_000, time);
        for (int at = 0; at < 3; at++) await cache.AskAsync("a.example", DnsKind.A, Cancel);
        Assert.Equal((3, 0L), (large.Count, cache.Bytes));
    }

    private sealed class Silent : IDns
    {
        public Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation) => new TaskCompletionSource<DnsAnswer>().Task;
    }

    private sealed class Counting(DnsAnswer answer) : IDns
    {
        public int Count { get; private set; }

        public Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation)
        {
            Count++;
            return Task.FromResult(answer);
        }
    }
}
