using System.Net;
using DnsClient;
using DnsClient.Protocol;

namespace MailSanitizer.Authentication.Dns;

/// <summary>Asks real resolvers (DnsClient): UDP with EDNS, TCP when an answer is cut, each try with a time-out. Answers are a stranger's bytes.</summary>
public sealed class Resolver : IDns
{
    private const int CnameChain = 16;

    private readonly LookupClient _client;
    private readonly DnsOptions _options;

    /// <summary>With the configured resolvers.</summary>
    public Resolver(DnsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        LookupClientOptions settings = options.Servers.Count > 0 ? new([.. options.Servers]) : new();
        settings.UseCache = false;
        settings.ThrowDnsErrors = false;
        settings.Timeout = options.Timeout;
        settings.Retries = options.Retries;
        settings.UseTcpFallback = true;
        settings.ContinueOnDnsError = true;
        settings.ContinueOnEmptyResponse = false;
        settings.ExtendedDnsBufferSize = 1232;
        // The DO bit asks a validating resolver for its AD bit.
        settings.RequestDnsSecRecords = true;
        _client = new LookupClient(settings);
    }

    /// <inheritdoc/>
    public async Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation)
    {
        if (!CanBeAsked(name)) return DnsAnswer.NoName;
        try
        {
            DnsQuestion question = new(Question(name), Type(kind), QueryClass.IN);
            IDnsQueryResponse response = await _client.QueryAsync(question, cancellation).ConfigureAwait(false);
            return Read(name, kind, response);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // Whatever a broken answer makes the library throw (it indexes into the bytes), nobody knows the answer: temperror.
            return DnsAnswer.Failure(problem is DnsResponseException { Code: DnsResponseCode.ConnectionTimeout } or OperationCanceledException or TimeoutException ? "DNS time-out" : "DNS failure");
        }
    }

    /// <summary>Labels of 1 to 63 bytes, 253 in all. Other characters than letters are asked for as they are: SPF macros make such names.</summary>
    internal static bool CanBeAsked(string name) =>
        name.Length is > 0 and <= 254 && name.TrimEnd('.') is { Length: <= 253 } bare && System.Text.Ascii.IsValid(name) && bare.Split('.').All(label => label.Length is > 0 and <= 63);

    private DnsAnswer Read(string name, DnsKind kind, IDnsQueryResponse response)
    {
        if (response.Header.ResponseCode == DnsHeaderResponseCode.NotExistentDomain)
            return new(DnsStatus.NoName) { Secure = response.Header.IsAuthenticData, TimeToLive = NegativeLife(response) };
        if (response.Header.ResponseCode != DnsHeaderResponseCode.NoError) return DnsAnswer.Failure($"DNS {response.Header.ResponseCode}");
        if (response.Answers.Count > _options.Records) return DnsAnswer.Failure("DNS answer over the limit");
        List<DnsResourceRecord> records = Chain(name, kind, response.Answers);
        if (records.Count == 0) return new(DnsStatus.Found) { Secure = response.Header.IsAuthenticData, TimeToLive = NegativeLife(response) };
        DnsAnswer answer = new(DnsStatus.Found)
        {
            Secure = response.Header.IsAuthenticData,
            TimeToLive = TimeSpan.FromSeconds(Math.Max(0, records.Min(record => record.TimeToLive))),
            Texts = [.. records.OfType<TxtRecord>().Select(Text)],
            Addresses = [.. records.OfType<AddressRecord>().Select(record => record.Address)],
            Names = [.. records.OfType<MxRecord>().OrderBy(record => record.Preference).Select(record => Bare(record.Exchange)).Concat(records.OfType<PtrRecord>().Select(record => Bare(record.PtrDomainName)))],
        };
        return answer.Texts.Sum(text => text.Length) > _options.TextCharacters ? DnsAnswer.Failure("DNS answer over the limit") : answer;
    }

    /// <summary>Records of the kind that belong to the name or to where its aliases lead; records of others are not believed.</summary>
    private static List<DnsResourceRecord> Chain(string name, DnsKind kind, IReadOnlyList<DnsResourceRecord> answers)
    {
        string owner = name.TrimEnd('.').ToLowerInvariant();
        for (int step = 0; step < CnameChain; step++)
        {
            List<DnsResourceRecord> records = [.. answers.Where(record => record.RecordType == (ResourceRecordType)Type(kind) && Bare(record.DomainName) == owner)];
            if (records.Count > 0) return records;
            string? next = answers.OfType<CNameRecord>().Where(record => Bare(record.DomainName) == owner).Select(record => Bare(record.CanonicalName)).FirstOrDefault();
            if (next is null) break;
            owner = next;
        }

        return [];
    }

    private static TimeSpan NegativeLife(IDnsQueryResponse response)
    {
        // RFC 2308 5: the smaller of the SOA's own life and its minimum; none without a SOA.
        SoaRecord? authority = response.Authorities.OfType<SoaRecord>().FirstOrDefault();
        if (authority is null) return TimeSpan.Zero;
        double seconds = Math.Min(authority.TimeToLive, (double)authority.Minimum);
        return TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 900));
    }

    private static string Text(TxtRecord record) => string.Concat(record.Text);

    // Parse() takes A-labels as they are but refuses odd characters; the other way in takes any characters but turns A-labels into Unicode.
    private static DnsString Question(string name) =>
        name.Contains("xn--", StringComparison.OrdinalIgnoreCase) ? DnsString.Parse(name) : DnsString.FromResponseQueryString(name);

    // Original: Value has A-labels turned into Unicode.
    private static string Bare(DnsString name) => name.Original.TrimEnd('.').ToLowerInvariant();

    private static QueryType Type(DnsKind kind) => kind switch
    {
        DnsKind.Txt => QueryType.TXT,
        DnsKind.A => QueryType.A,
        DnsKind.Aaaa => QueryType.AAAA,
        DnsKind.Mx => QueryType.MX,
        _ => QueryType.PTR,
    };
}

/// <summary>Names in the reverse zones.</summary>
public static class ReverseName
{
    /// <summary><c>1.2.0.192.in-addr.arpa</c>, or the nibbles under <c>ip6.arpa</c>.</summary>
    public static string Of(IPAddress address) => $"{Dotted(address, reversed: true)}.{(address.GetAddressBytes().Length == 4 ? "in-addr" : "ip6")}.arpa";

    /// <summary>The address as RFC 7208 7.3 writes it for the DNS: dotted quad, or nibbles separated by dots.</summary>
    public static string Dotted(IPAddress address, bool reversed = false)
    {
        ArgumentNullException.ThrowIfNull(address);
        byte[] bytes = address.GetAddressBytes();
        IEnumerable<string> pieces = bytes.Length == 4
            ? bytes.Select(one => one.ToString(System.Globalization.CultureInfo.InvariantCulture))
            : Convert.ToHexStringLower(bytes).Select(one => one.ToString());
        return string.Join('.', reversed ? pieces.Reverse() : pieces);
    }
}
