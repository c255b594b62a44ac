using System.Net;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;
using MailSanitizer.Storage;

namespace MailSanitizer.Holding;

/// <summary>Who writes to whom, as keys that two mails of one correspondence have in common.</summary>
/// <param name="Sender">The sender's key; what one kind of proof gave never equals what another gave.</param>
/// <param name="Recipient">The recipient's key.</param>
public readonly record struct Correspondence(string Sender, string Recipient)
{
    /// <summary>One text for both.</summary>
    public override string ToString() => $"{Sender}>{Recipient}";
}

/// <summary>How correspondences are told apart.</summary>
public sealed record CorrespondenceOptions
{
    /// <summary>Domains shared by strangers.</summary>
    public IReadOnlySet<string> SharedDomains { get; init; } = Holding.SharedDomains.Shipped.ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What separates a recipient's extension (Postfix <c>recipient_delimiter</c>); empty for none.</summary>
    public string RecipientDelimiter { get; init; } = "+";

    /// <summary>True for mail of our own senders, whom no authentication is asked about.</summary>
    public required Func<Envelope, ListenerFacts, bool> IsOurs { get; init; }
}

/// <summary>Reads correspondences (DESIGN.md, "Password-locked attachments").</summary>
public sealed class Correspondences(CorrespondenceOptions options)
{
    /// <summary>
    /// The sender's key: the organisational domain of From where aligned SPF or DKIM passes; else the domain that SPF passes; else From with the client's network. In a shared domain the
    /// whole address. Null for the null reverse-path, and where nobody is named.
    /// </summary>
    public string? SenderOf(ReceivedMessage message, AuthenticationFacts authentication)
    {
        string mailFrom = message.Envelope.MailFrom;
        if (mailFrom.Length == 0) return null;
        // Our own people are known by their network, and each writes for himself.
        if (options.IsOurs(message.Envelope, message.Listener)) return $"own:{mailFrom.ToLowerInvariant()}";
        string? address = MessageHeader.Read(message.Original) is { } header ? FromField.Read(header).Address?.ToLowerInvariant() : null;
        if (authentication is { FromDomain: { } from, OrganizationalDomain: { } organisation } && IsAligned(authentication, organisation)) return Named("from", from, organisation, address);
        if (authentication.SpfPassDomain is { } passed && DomainName.ToAscii(passed) is { } domain) return Named("spf", domain, domain, mailFrom.ToLowerInvariant());
        return authentication.FromDomain is { } claimed ? $"{Named("net", claimed, claimed, address)},{NetworkOf(message, authentication)}" : null;
    }

    /// <summary>The recipient's key: ORCPT where it is given, without its extension, in lower case.</summary>
    public string RecipientOf(Recipient recipient)
    {
        string address = recipient.Address;
        // RFC 3461 4.2: addr-type;xtext. Of other types than rfc822 nothing is known.
        if (recipient.OriginalRecipient is { } original && original.StartsWith("rfc822;", StringComparison.OrdinalIgnoreCase)
            && Xtext.TryDecode(original.AsSpan("rfc822;".Length), out string decoded) && decoded.Contains('@', StringComparison.Ordinal)) address = decoded;
        int at = address.LastIndexOf('@');
        if (at < 0) return address.ToLowerInvariant();
        string local = address[..at];
        int extension = options.RecipientDelimiter.Length == 0 ? -1 : local.IndexOfAny([.. options.RecipientDelimiter]);
        if (extension > 0) local = local[..extension];
        // The local part too: servers that tell Taro@ from taro@ do not exist, and senders write both.
        return $"{local}{address[at..]}".ToLowerInvariant();
    }

    /// <summary>One for each recipient; empty when the mail has no correspondence.</summary>
    public IReadOnlyList<Correspondence> Of(ReceivedMessage message, AuthenticationFacts authentication) =>
        SenderOf(message, authentication) is { } sender ? [.. message.Envelope.Recipients.Select(recipient => new Correspondence(sender, RecipientOf(recipient))).Distinct()] : [];

    // RFC 7489 3.1 relaxed, with or without a policy record: what passes has the same organisational domain.
    private static bool IsAligned(AuthenticationFacts authentication, string organisation) =>
        authentication.Result("dmarc") == "pass"
        || (authentication.SpfPassDomain is { } spf && DomainName.ToAscii(spf) is { } envelope && DomainName.IsWithin(envelope, organisation))
        || authentication.DkimPassDomains.Any(signed => DomainName.ToAscii(signed) is { } domain && DomainName.IsWithin(domain, organisation));

    private string Named(string proof, string domain, string organisation, string? address) =>
        SharedDomains.IsShared(domain, options.SharedDomains) ? $"{proof}:{address ?? $"?@{domain}"}" : $"{proof}:{organisation.ToLowerInvariant()}";

    private static string NetworkOf(ReceivedMessage message, AuthenticationFacts authentication)
    {
        if (ClientNetwork.Of(message.Envelope) is { } network) return network;
        IPAddress? judged = authentication.ClientAddress;
        return judged is null ? "unknown" : ClientNetwork.Of(message.Envelope with { Client = new ForwardedClient(Address: judged.ToString()) }) ?? "unknown";
    }
}
