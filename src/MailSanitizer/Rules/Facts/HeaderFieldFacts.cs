namespace MailSanitizer.Rules.Facts;

/// <summary>Facts of header fields and of the addresses in them. All of them are the sender's own words.</summary>
internal static class HeaderFieldFacts
{
    public static IReadOnlyList<Fact> All { get; } =
    [
        new("header.*", FactType.Text, FactScope.Message, "Decoded value of the fields of that name (header.subject, header.x-mailer), each field a value. Names in any case.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "header.x-mailer: { contains: PHPMailer }",
            Read = (view, name) => Values.Many(view.Index.Headers(name).Select(header => header.Value)),
        },
        new("header-names", FactType.Text, FactScope.Message, "Name of each field of the header.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "header-names: X-PHP-Originating-Script",
            Read = (view, _) => Values.Many(view.Message.Headers.Select(header => header.Name)),
        },
        Address("header-from", "From", "Address in From, every one of several. Unclear, and so never good for an exception, when From stands twice or can be read in two ways."),
        Domain("header-from.domain", "From", "Domain of that address, in A-labels."),
        new("header-from.organization", FactType.Domain, FactScope.Message, "Organisational domain of From, as DMARC finds it; where that is not known, the domain itself, unclear.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "header-from.organization: partner.example",
            Read = (view, _) => view.Message.Authentication.OrganizationalDomain is { } known
                ? Values.One(known)
                : [.. view.Index.Mailboxes("From").Where(mailbox => mailbox.Domain.Length > 0).Select(mailbox => Values.DomainValue(mailbox.Domain, true))],
        },
        Name("header-from.display-name", "From", "Name beside the address in From."),
        new("header-from.display-name.domain", FactType.Domain, FactScope.Message, "Domain of an address that stands inside the display name (\"a@bank.example\" <b@evil.example>): what many readers see instead of the address.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "header-from.display-name.domain: { differs-from: header-from.domain }",
            Read = (view, _) => [.. view.Index.Mailboxes("From").SelectMany(mailbox => DomainsIn(mailbox.DisplayName)).Select(domain => Values.DomainValue(domain, false))],
        },
        Address("reply-to", "Reply-To", "Address in Reply-To."),
        Domain("reply-to.domain", "Reply-To", "Domain of that address."),
        Name("reply-to.display-name", "Reply-To", "Name beside it."),
        Address("sender", "Sender", "Address in Sender."),
        Domain("sender.domain", "Sender", "Domain of that address."),
        Address("header-to", "To", "Address in To."),
        Address("header-cc", "Cc", "Address in Cc."),
    ];

    private static Fact Address(string name, string field, string doc) => new(name, FactType.Address, FactScope.Message, doc)
    {
        IsEarly = true,
        Trust = FactTrust.Claimed,
        Example = $"{name}: {{ list: watched-senders }}",
        Read = (view, _) => [.. view.Index.Mailboxes(field).Select(mailbox => FactValue.Of(mailbox.Address) with { IsUnclear = mailbox.IsUnclear })],
    };

    private static Fact Domain(string name, string field, string doc) => new(name, FactType.Domain, FactScope.Message, doc)
    {
        IsEarly = true,
        Trust = FactTrust.Claimed,
        Example = name == "reply-to.domain" ? "reply-to.domain: { differs-from: header-from.domain }" : $"{name}: {{ looks-like: [example.jp] }}",
        Read = (view, _) => [.. view.Index.Mailboxes(field).Where(mailbox => mailbox.Domain.Length > 0).Select(mailbox => Values.DomainValue(mailbox.Domain, mailbox.IsUnclear))],
    };

    private static Fact Name(string name, string field, string doc) => new(name, FactType.Text, FactScope.Message, doc)
    {
        IsEarly = true,
        Trust = FactTrust.Claimed,
        Example = $"{name}: {{ list: executives }}",
        Read = (view, _) => [.. view.Index.Mailboxes(field).Where(mailbox => mailbox.DisplayName.Length > 0).Select(mailbox => FactValue.Of(mailbox.DisplayName) with { IsUnclear = mailbox.IsUnclear })],
    };

    private static IEnumerable<string> DomainsIn(string name)
    {
        for (int at = name.IndexOf('@', StringComparison.Ordinal); at >= 0; at = name.IndexOf('@', at + 1))
        {
            int end = at + 1;
            while (end < name.Length && (char.IsLetterOrDigit(name[end]) || name[end] is '.' or '-' or '_')) end++;
            string domain = name[(at + 1)..end].Trim('.');
            if (domain.Contains('.', StringComparison.Ordinal)) yield return domain;
        }
    }
}
