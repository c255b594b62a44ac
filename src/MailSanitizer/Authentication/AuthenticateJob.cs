using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;

namespace MailSanitizer.Authentication;

/// <summary>What <c>mailsanitizer authenticate</c> is asked.</summary>
/// <param name="ClientAddress">Address of the client.</param>
/// <param name="Helo">Its HELO name.</param>
/// <param name="MailFrom">MAIL FROM without brackets; empty for the null reverse-path.</param>
/// <param name="Time">The time to judge at, or null for now.</param>
public sealed record AuthenticateOrder(IPAddress ClientAddress, string Helo, string MailFrom, DateTimeOffset? Time);

/// <summary>Judges one message outside of the daemon, and shows the results.</summary>
public static class AuthenticateJob
{
    /// <summary>Judges. <paramref name="time"/> is the clock where the order names no time.</summary>
    public static Task<AuthenticationFacts> RunAsync(AuthenticationOptions options, AuthenticateOrder order, IMailBytes message, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(order);
        Envelope envelope = new()
        {
            MailFrom = order.MailFrom,
            Recipients = [],
            Client = new ForwardedClient(null, order.ClientAddress.ToString(), null, null, order.Helo, null, null),
        };
        return new Authenticator(options, order.Time is { } at ? new FixedDate(at, time) : time).AuthenticateAsync(envelope, message, cancellation);
    }

    /// <summary>One method a line: <c>dkim=pass header.d=example.jp (reason)</c>, control characters made visible.</summary>
    public static IEnumerable<string> Lines(AuthenticationFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        foreach (MethodResult result in facts.Results)
        {
            StringBuilder line = new();
            line.Append(CultureInfo.InvariantCulture, $"{result.Method}={result.Result}");
            foreach ((string name, string value) in result.Properties) line.Append(CultureInfo.InvariantCulture, $" {name}={Visible(value)}");
            if (result.Reason is { } reason) line.Append(CultureInfo.InvariantCulture, $" ({Visible(reason)})");
            yield return line.ToString();
        }
    }

    /// <summary>The same as JSON, with the header field that would be written.</summary>
    public static JsonObject Json(AuthenticationFacts facts, string header)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return new JsonObject
        {
            ["results"] = new JsonArray([.. facts.Results.Select(Json)]),
            ["client"] = facts.ClientAddress?.ToString(),
            ["from-domain"] = facts.FromDomain,
            ["organizational-domain"] = facts.OrganizationalDomain,
            ["dmarc-policy"] = facts.DmarcPolicy,
            ["arc"] = new JsonObject { ["chain"] = facts.ArcChain, ["instances"] = facts.ArcInstances, ["trusted-sealer"] = facts.ArcTrustedSealer },
            ["dnssec"] = facts.DnssecSecure ? "secure" : "insecure",
            ["verified-sender"] = facts.VerifiedSender,
            ["bimi-location"] = facts.BimiLocation,
            ["header"] = header,
        };
    }

    private static JsonNode Json(MethodResult result)
    {
        JsonObject properties = [];
        foreach ((string name, string value) in result.Properties) properties[name] = value;
        return new JsonObject { ["method"] = result.Method, ["result"] = result.Result, ["reason"] = result.Reason, ["properties"] = properties };
    }

    private static string Visible(string value) => string.Concat(value.Select(one => char.IsControl(one) || char.GetUnicodeCategory(one) == UnicodeCategory.Format ? '?' : one));

    /// <summary>A clock that shows another date; its timers run as usual.</summary>
    private sealed class FixedDate(DateTimeOffset at, TimeProvider inner) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => at;

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
    }
}
