using System.Text.Json.Nodes;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>Fields of the pipeline's audit events, in ECS words.</summary>
public static class AuditFields
{
    /// <summary>The envelope and client of a message, with its report.</summary>
    public static JsonObject Decided(ReceivedMessage message, JsonObject report)
    {
        JsonObject fields = Envelope(message.Envelope, message.Envelope.Recipients);
        fields["listener"] = message.Listener.Name;
        fields["report"] = report.DeepClone();
        return fields;
    }

    /// <summary>What the next hop said, recipient by recipient.</summary>
    public static JsonObject HandedOver(IReadOnlyList<Recipient> recipients, IReadOnlyList<SmtpReply> replies, string nextHop) => new()
    {
        ["next_hop"] = nextHop,
        ["recipients"] = new JsonArray([.. recipients.Zip(replies, (recipient, reply) => (JsonNode)new JsonObject
        {
            ["address"] = recipient.Address,
            ["code"] = reply.Code,
            ["reply"] = $"{reply.Code} {reply.Enhanced} {reply.Text}",
        })]),
    };

    /// <summary>A message that went into the store.</summary>
    public static JsonObject Stored(Envelope envelope, IReadOnlyList<Recipient> recipients, IReadOnlyList<string> reasons)
    {
        JsonObject fields = Envelope(envelope, recipients);
        fields["reasons"] = new JsonArray([.. reasons.Select(reason => (JsonNode)reason)]);
        return fields;
    }

    /// <summary>A hold: what for, how long, until when; <paramref name="partOf"/>: the message whose other recipients have another outcome.</summary>
    public static JsonObject Hold(HoldOrder order, DateTimeOffset? due, Guid? partOf = null) => new()
    {
        ["for"] = order.For,
        ["whole_seconds"] = order.WholeFor.TotalSeconds,
        ["keep_seconds"] = order.KeepFor.TotalSeconds,
        ["at_end"] = order.AtEnd,
        ["due"] = due?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture),
        ["part_of"] = partOf?.ToString("D"),
    };

    private static JsonObject Envelope(Envelope envelope, IReadOnlyList<Recipient> recipients) => new()
    {
        ["email"] = new JsonObject
        {
            ["from"] = new JsonObject { ["address"] = envelope.MailFrom },
            ["to"] = new JsonObject { ["address"] = new JsonArray([.. recipients.Select(recipient => (JsonNode)recipient.Address)]) },
        },
        ["source"] = new JsonObject { ["ip"] = envelope.Client.Address, ["domain"] = envelope.Client.Name },
        ["queue_id"] = envelope.Client.Ident,
    };
}
