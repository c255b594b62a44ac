using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MailSanitizer.Authentication.Spf;

/// <summary>What a directive compares with (RFC 7208 5).</summary>
internal enum SpfMechanism
{
    All,
    Include,
    A,
    Mx,
    Ptr,
    Ip4,
    Ip6,
    Exists,
}

/// <summary>One directive.</summary>
/// <param name="Qualifier">Result when it matches.</param>
/// <param name="Mechanism">What it compares with.</param>
/// <param name="Domain">domain-spec, macros not expanded; null for the current domain.</param>
/// <param name="Network">Network of ip4 and ip6.</param>
/// <param name="Prefix4">Prefix length for IPv4 (bits).</param>
/// <param name="Prefix6">Prefix length for IPv6 (bits).</param>
internal sealed record SpfDirective(string Qualifier, SpfMechanism Mechanism, string? Domain, IPAddress? Network, int Prefix4, int Prefix6);

/// <summary>A record, read whole: an error anywhere in it is permerror, whatever stands before it (RFC 7208 4.6).</summary>
internal sealed record SpfRecord(IReadOnlyList<SpfDirective> Directives, string? Redirect, string? Explanation)
{
    private const string Version = "v=spf1";

    /// <summary>Whether a TXT record is an SPF record (RFC 7208 4.5).</summary>
    public static bool IsRecord(string text) =>
        text.StartsWith(Version, StringComparison.OrdinalIgnoreCase) && (text.Length == Version.Length || text[Version.Length] == ' ');

    /// <summary>Reads a record; null with the reason when it is malformed.</summary>
    public static SpfRecord? Parse(string text, out string problem)
    {
        List<SpfDirective> directives = [];
        string? redirect = null, explanation = null;
        problem = "";
        // Terms are parted by spaces only, not by any other blank (RFC 7208 4.6.1).
        foreach (string term in text[Version.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Modifier(term) is { } equals)
            {
                string name = term[..equals], value = term[(equals + 1)..];
                if (name.Equals("redirect", StringComparison.OrdinalIgnoreCase))
                {
                    if (redirect is not null || !SpfMacro.IsDomainSpec(value)) return Fail("redirect", out problem);
                    redirect = value;
                }
                else if (name.Equals("exp", StringComparison.OrdinalIgnoreCase))
                {
                    if (explanation is not null || !SpfMacro.IsDomainSpec(value)) return Fail("exp", out problem);
                    explanation = value;
                }
                else if (!SpfMacro.IsMacroString(value))
                {
                    return Fail("modifier", out problem);
                }
            }
            else if (Directive(term) is { } directive)
            {
                directives.Add(directive);
            }
            else
            {
                return Fail("mechanism", out problem);
            }
        }

        return new SpfRecord(directives, redirect, explanation);
    }

    private static SpfRecord? Fail(string what, out string problem)
    {
        problem = $"syntax error in {what}";
        return null;
    }

    /// <summary>Offset of the equals sign of a modifier: name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ).</summary>
    private static int? Modifier(string term)
    {
        for (int at = 0; at < term.Length; at++)
        {
            char one = term[at];
            if (one == '=' && at > 0) return at;
            if (!(at == 0 ? char.IsAsciiLetter(one) : char.IsAsciiLetterOrDigit(one) || one is '-' or '_' or '.')) return null;
        }

        return null;
    }

    private static SpfDirective? Directive(string term)
    {
        string qualifier = term[0] switch { '-' => "fail", '~' => "softfail", '?' => "neutral", _ => "pass" };
        if (term[0] is '+' or '-' or '~' or '?') term = term[1..];
        int end = term.AsSpan().IndexOfAny(':', '/');
        string name = (end < 0 ? term : term[..end]).ToLowerInvariant();
        string rest = end < 0 ? "" : term[end..];
        return name switch
        {
            "all" => rest.Length == 0 ? new(qualifier, SpfMechanism.All, null, null, 32, 128) : null,
            "include" => Domain(qualifier, SpfMechanism.Include, rest, required: true, cidr: false),
            "a" => Domain(qualifier, SpfMechanism.A, rest, required: false, cidr: true),
            "mx" => Domain(qualifier, SpfMechanism.Mx, rest, required: false, cidr: true),
            "ptr" => Domain(qualifier, SpfMechanism.Ptr, rest, required: false, cidr: false),
            "exists" => Domain(qualifier, SpfMechanism.Exists, rest, required: true, cidr: false),
            "ip4" => Network(qualifier, SpfMechanism.Ip4, rest),
            "ip6" => Network(qualifier, SpfMechanism.Ip6, rest),
            _ => null,
        };
    }

    private static SpfDirective? Domain(string qualifier, SpfMechanism mechanism, string rest, bool required, bool cidr)
    {
        int prefix4 = 32, prefix6 = 128;
        if (cidr && !TakePrefixes(ref rest, out prefix4, out prefix6)) return null;
        if (rest.Length == 0) return required ? null : new(qualifier, mechanism, null, null, prefix4, prefix6);
        if (rest[0] != ':' || !SpfMacro.IsDomainSpec(rest[1..])) return null;
        return new(qualifier, mechanism, rest[1..], null, prefix4, prefix6);
    }

    /// <summary>
    /// Takes <c>/24</c>, <c>//64</c> or <c>/24//64</c> off the end. A slash may be part of a macro (<c>%{d/}</c>) or of a literal: only one followed by digits
    /// alone counts. What is left over must then be a domain-spec, which <c>example.com/</c> is not.
    /// </summary>
    private static bool TakePrefixes(ref string rest, out int prefix4, out int prefix6)
    {
        (prefix4, prefix6) = (32, 128);
        int double6 = rest.LastIndexOf("//", StringComparison.Ordinal);
        if (double6 >= 0 && rest.AsSpan(double6 + 2).IndexOfAnyExceptInRange('0', '9') < 0)
        {
            if (Prefix(rest[(double6 + 2)..], 128) is not { } six) return false;
            prefix6 = six;
            rest = rest[..double6];
        }

        int single = rest.LastIndexOf('/');
        if (single < 0 || rest.AsSpan(single + 1).IndexOfAnyExceptInRange('0', '9') >= 0) return true;
        if (Prefix(rest[(single + 1)..], 32) is not { } four) return false;
        prefix4 = four;
        rest = rest[..single];
        return true;
    }

    private static int? Prefix(string digits, int maximum) =>
        digits.Length is > 0 and <= 3 && digits.All(char.IsAsciiDigit) && (digits.Length == 1 || digits[0] != '0')
            && int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) is var bits && bits <= maximum ? bits : null;

    private static SpfDirective? Network(string qualifier, SpfMechanism mechanism, string rest)
    {
        if (!rest.StartsWith(':')) return null;
        bool four = mechanism == SpfMechanism.Ip4;
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string address = rest[1..(slash < 0 ? rest.Length : slash)];
        int? prefix = slash < 0 ? (four ? 32 : 128) : Prefix(rest[(slash + 1)..], four ? 32 : 128);
        if (prefix is not { } bits || (four ? Quad(address) : Six(address)) is not { } network) return null;
        return new(qualifier, mechanism, null, network, four ? bits : 32, four ? 128 : bits);
    }

    // IPAddress.Parse takes 1.2.3, 0x1 and octal as well; a record has four decimal numbers without leading zeros.
    private static IPAddress? Quad(string text)
    {
        string[] numbers = text.Split('.');
        return numbers.Length == 4 && numbers.All(number => Prefix(number, 255) is not null) ? IPAddress.Parse(text) : null;
    }

    private static IPAddress? Six(string text) =>
        text.Contains(':', StringComparison.Ordinal) && text.All(one => char.IsAsciiHexDigit(one) || one is ':' or '.')
            && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? address : null;
}
