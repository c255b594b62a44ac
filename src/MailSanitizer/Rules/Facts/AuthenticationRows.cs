
namespace MailSanitizer.Rules.Facts;

/// <summary>Facts of authentication: what was proven on arrival (RFC 8601's words).</summary>
internal static class AuthenticationRows
{
    private static readonly string[] Results = ["pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"];

    public static IReadOnlyList<Fact> All { get; } =
    [
        Method("spf", "Result of SPF for MAIL FROM."),
        Method("dkim", "Result of DKIM: pass when any signature passes."),
        Method("dmarc", "Result of DMARC for the domain of From."),
        Method("arc", "Result of the ARC chain."),
        Method("iprev", "Whether the client's address and name point at each other."),
        Method("bimi", "Result of BIMI."),
        new("authentication.dmarc.policy", FactType.Word, FactScope.Message, "The policy that the domain of From asks for; missing without a DMARC record.")
        {
            Words = ["none", "quarantine", "reject"],
            IsEarly = true,
            Example = "authentication.dmarc.policy: reject",
            Read = (view, _) => Values.One(view.Message.Authentication.DmarcPolicy),
        },
        new("authentication.spf.domain", FactType.Domain, FactScope.Message, "Envelope domain that SPF passes; missing without a pass.")
        {
            IsEarly = true,
            Trust = FactTrust.Proof,
            Example = "authentication.spf.domain: partner.example",
            Read = (view, _) => Values.One(view.Message.Authentication.SpfPassDomain),
        },
        new("authentication.dkim.domain", FactType.Domain, FactScope.Message, "Domain of each signature that passes. In an exception every one of them must match.")
        {
            IsEarly = true,
            Trust = FactTrust.Proof,
            Example = "authentication.dkim.domain: { under: partner.example }",
            Read = (view, _) => Values.Many(view.Message.Authentication.DkimPassDomains),
        },
        new("authentication.verified-sender", FactType.Text, FactScope.Message, "Name of the verified sender from the registry of this installation; missing when the sender is not in it or did not prove it.")
        {
            IsEarly = true,
            Trust = FactTrust.Proof,
            Example = "authentication.verified-sender: Example Bank",
            Read = (view, _) => Values.One(view.Message.Authentication.VerifiedSender),
        },
        new("authentication.dnssec", FactType.Flag, FactScope.Message, "Every DNS answer that a pass stands on was secured by DNSSEC.")
        {
            IsEarly = true,
            Example = "authentication.dnssec: true",
            Read = (view, _) => Values.One(view.Message.Authentication.DnssecSecure),
        },
        new("authentication.arc.sealer", FactType.Domain, FactScope.Message, "The trusted sealer whose results may be believed; missing without one.")
        {
            IsEarly = true,
            Trust = FactTrust.Proof,
            Example = "authentication.arc.sealer: lists.example",
            Read = (view, _) => Values.One(view.Message.Authentication.ArcTrustedSealer),
        },
        Sealed("spf"),
        Sealed("dkim"),
        Sealed("dmarc"),
    ];

    private static Fact Method(string method, string doc) => new($"authentication.{method}", FactType.Word, FactScope.Message, doc)
    {
        Words = Results,
        IsEarly = true,
        Trust = FactTrust.Proof,
        Example = $"authentication.{method}: pass",
        Read = (view, _) => [Result(view.Message.Authentication.Result(method))],
    };

    private static Fact Sealed(string method) =>
        new($"authentication.arc.{method}", FactType.Word, FactScope.Message, $"What the trusted sealer says {method} was when the message reached it; missing without a trusted sealer.")
        {
            Words = Results,
            IsEarly = true,
            Trust = FactTrust.Proof,
            Example = $"authentication.arc.{method}: pass",
            Read = (view, _) => [.. view.Message.Authentication.ArcTrustedResults.Where(result => result.Method == method).Select(result => Result(result.Result))],
        };

    // A temporary error proves nothing, neither way.
    private static FactValue Result(string result) => new(result) { IsUnclear = result == "temperror" };
}
