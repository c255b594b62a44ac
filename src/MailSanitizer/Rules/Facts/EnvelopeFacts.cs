using System.Net;
using MailSanitizer.Mail;

namespace MailSanitizer.Rules.Facts;

/// <summary>Facts of direction, client, envelope and time.</summary>
internal static class EnvelopeFacts
{
    private static readonly string[] Days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

    public static IReadOnlyList<Fact> All { get; } =
    [
        new("direction", FactType.Word, FactScope.Recipient, "Where the copy of this recipient goes: from outside to one of ours, from one of ours to outside, or between two of ours.")
        {
            Words = ["inbound", "outbound", "internal"],
            IsEarly = true,
            Example = "direction: inbound",
            Read = (view, _) => Values.One(view.Direction switch { Direction.Inbound => "inbound", Direction.Outbound => "outbound", _ => "internal" }),
        },
        new("recipient.address", FactType.Address, FactScope.Recipient, "The envelope recipient whose copy is decided.")
        {
            IsEarly = true,
            Example = "recipient.address: accounting@example.jp",
            Read = (view, _) => Values.One(view.Recipient.Address),
        },
        new("recipient.domain", FactType.Domain, FactScope.Recipient, "Domain of that recipient.")
        {
            IsEarly = true,
            Example = "recipient.domain: { under: example.jp }",
            Read = (view, _) => Domain(view.Recipient.Address),
        },
        new("client.ip", FactType.Ip, FactScope.Message, "Address of the client that sent the message to our side: as authentication judged it, else as XFORWARD told it. Missing when it is not known.")
        {
            IsEarly = true,
            Example = "client.ip: { network: [192.0.2.0/24, \"2001:db8::/32\"] }",
            Read = (view, _) => Client(view.Message) is { } address ? [new FactValue(address.ToString()) { Item = address }] : Values.None,
        },
        new("client.name", FactType.Domain, FactScope.Message, "Host name of that client as the MTA resolved and confirmed it (XFORWARD NAME).")
        {
            IsEarly = true,
            Example = "client.name: { under: mail.partner.example }",
            Read = (view, _) => view.Message.Envelope.Client.Name is { Length: > 0 } name ? [Values.DomainValue(name, false)] : Values.None,
        },
        new("client.helo", FactType.Text, FactScope.Message, "What that client called itself.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "client.helo: { glob: \"*.dynamic.*\" }",
            Read = (view, _) => Values.One(view.Message.Authentication.ClientHelo ?? view.Message.Envelope.Client.Helo),
        },
        new("envelope.from", FactType.Address, FactScope.Message, "MAIL FROM. Missing for the null reverse-path; then envelope.null-sender is true.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "envelope.from: { prefix: bounce }",
            Read = (view, _) => view.Message.Envelope.MailFrom is { Length: > 0 } from ? Values.One(from) : Values.None,
        },
        new("envelope.from.domain", FactType.Domain, FactScope.Message, "Domain of MAIL FROM.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "envelope.from.domain: partner.example",
            Read = (view, _) => Domain(view.Message.Envelope.MailFrom),
        },
        new("envelope.null-sender", FactType.Flag, FactScope.Message, "MAIL FROM is <>, as bounces and notices have it.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "envelope.null-sender: true",
            Read = (view, _) => Values.One(view.Message.Envelope.MailFrom.Length == 0),
        },
        new("envelope.recipient", FactType.Address, FactScope.Message, "Every recipient of the envelope, whichever copy is decided.")
        {
            IsEarly = true,
            Example = "envelope.recipient: { list: honeypots }",
            Read = (view, _) => Values.Many(view.Message.Envelope.Recipients.Select(recipient => recipient.Address)),
        },
        new("envelope.recipient-count", FactType.Number, FactScope.Message, "Recipients of the envelope.")
        {
            IsEarly = true,
            Example = "envelope.recipient-count: { over: 50 }",
            Read = (view, _) => Values.One(view.Message.Envelope.Recipients.Count),
        },
        new("received.time", FactType.TimeOfDay, FactScope.Message, "Time of day at which the message arrived, in the time zone of the configuration.")
        {
            IsEarly = true,
            Example = "received.time: { between: [\"22:00\", \"06:00\"] }",
            Read = (view, _) => Local(view) is var local ? [FactValue.Of(local.TimeOfDay.TotalSeconds, local.ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture))] : Values.None,
        },
        new("received.day", FactType.Word, FactScope.Message, "Day of the week at which it arrived.")
        {
            Words = Days,
            IsEarly = true,
            Example = "received.day: [saturday, sunday]",
            Read = (view, _) => Values.One(Days[(int)Local(view).DayOfWeek]),
        },
        new("correspondence.days", FactType.Number, FactScope.Message, "Days since the first mail of this sender to this recipient; missing when the memory of correspondences cannot say.")
        {
            Example = "correspondence.days: { below: 7 }",
            Read = (view, _) => view.Message.CorrespondenceDays is { } days ? Values.One(days) : Values.None,
        },
        new("correspondence.first-contact", FactType.Flag, FactScope.Message, "The sender never wrote to this recipient before; missing when unknown.")
        {
            Example = "correspondence.first-contact: true",
            Read = (view, _) => view.Message.CorrespondenceDays is { } days ? Values.One(days == 0) : Values.None,
        },
    ];

    private static IPAddress? Client(MessageFacts message)
    {
        IPAddress? address = message.Authentication.ClientAddress ?? (IPAddress.TryParse(message.Envelope.Client.Address, out IPAddress? told) ? told : null);
        // XFORWARD and sockets may give IPv4 as ::ffff:192.0.2.1.
        return address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
    }

    private static IReadOnlyList<FactValue> Domain(string address) =>
        Values.DomainOf(address) is { Length: > 0 } domain ? [Values.DomainValue(domain, false)] : Values.None;

    private static DateTimeOffset Local(FactView view) => TimeZoneInfo.ConvertTime(view.Message.ReceivedAt, view.Options.TimeZone);
}
