using System.Text.Json.Nodes;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>What is said of a held message: to its readers, and to the audit.</summary>
internal sealed class HeldNotices(INotices notices, Func<UnlockToken?> tokens)
{
    /// <summary>Tells each reader that a part waits, and where a password can be told.</summary>
    public async Task TellHeldPartAsync(Assessment assessment, StoredMessage row, IReadOnlyList<WaitingPart> parts, DateTimeOffset until, CancellationToken cancellation)
    {
        if (ReaderNotice.Of(assessment.Facts, row, "held-part") is not { } notice) return;
        UnlockToken? token = tokens();
        await notices.TellRecipientsAsync(
            notice with
            {
                Items = [.. parts.Select(part => new NoticeItem(part.Name, "locked", "kept-back"))],
                ReplyTo = token is null ? new Dictionary<string, string>() : notice.Readers.Distinct(StringComparer.Ordinal).ToDictionary(reader => reader, reader => token.AddressOf(row.Id, reader), StringComparer.Ordinal),
                KeptUntil = until,
            },
            cancellation);
    }

    /// <summary>An event of a held message. No password, and no count of tries that would tell one.</summary>
    public AuditEvent Event(string action, HeldMessage held, IReadOnlyList<Recipient> recipients, JsonObject more)
    {
        JsonObject fields = AuditFields.Stored(held.Row.Envelope, recipients, held.Row.Reasons);
        fields["hold"] = AuditFields.Hold(held.Note.Order, held.Row.DueAt);
        foreach ((string name, JsonNode? value) in more.ToList())
        {
            more.Remove(name);
            fields[name] = value;
        }

        return new AuditEvent(action, held.Row.Id, fields);
    }
}
