using MailSanitizer.Content;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>Entries for the outbox, or why there are none.</summary>
internal sealed record HeldEntries(IReadOnlyList<OutboxEntry> Entries, string? Unproven = null, string? Fault = null)
{
    public PreparedCopy? Copy { get; init; }
}

/// <summary>Makes what goes out when a hold ends: the whole message, the message without its locked part, the follow-up, the return to our own sender.</summary>
internal sealed class HeldCopies(CopyPreparer preparer, CopySealer sealer, IContentWorkers workers, ISpool spool, IMailSigner signer, IPassCounter passes, Func<PipelineOptions> options, Func<HeldOptions> held, TimeProvider time)
{
    /// <summary>The whole message, as if it had just come.</summary>
    public async Task<HeldEntries> WholeAsync(Assessment assessment, Branch branch, CancellationToken cancellation)
    {
        using PreparedCopy copy = await preparer.PrepareAsync(assessment, branch, cancellation);
        if (copy.Content is null) return new HeldEntries([], copy.Unproven, copy.Fault);
        OutboxEntry entry = Entry(assessment, branch, copy, "unlocked");
        return new HeldEntries([entry with { Owed = branch.RedirectTo is null && branch.CopyTo.Count == 0 ? null : branch.Recipients }]) { Copy = copy };
    }

    /// <summary>The message with a notice in place of each locked attachment, and word of it on top of the bodies where they can be written.</summary>
    public async Task<HeldEntries> WithoutAsync(Assessment assessment, Branch branch, IReadOnlyList<PartFact> locked, DateTimeOffset until, CancellationToken cancellation)
    {
        Guid id = assessment.Message.Id;
        Branch rest = branch with { Disposition = Disposition.Deliver, Treatments = LockedParts.Replaced(branch, locked, id, until) };
        Banner word = HoldText.Banner([.. locked.Select(part => new WaitingPart(part.Path, part.Name))], id, until);
        Branch told = rest with { Annotations = rest.Annotations with { Banners = [word, .. rest.Annotations.Banners] } };
        using PreparedCopy first = await preparer.PrepareAsync(assessment, told, cancellation);
        if (first.Fault is { } fault) return new HeldEntries([], null, fault);
        if (first.Content is not null) return new HeldEntries([Entry(assessment, told, first, "part")]) { Copy = first };
        // A body that cannot be written anew goes on as it is: the notice in place of the part says the same.
        using PreparedCopy copy = await preparer.PrepareAsync(assessment, rest, cancellation);
        if (copy.Content is null) return new HeldEntries([], copy.Unproven, copy.Fault);
        return new HeldEntries([Entry(assessment, rest, copy, "part")]) { Copy = copy };
    }

    /// <summary>A mail of ours for each reader with the attachments that waited, as the whole message would have brought them.</summary>
    public async Task<HeldEntries> FollowUpAsync(Assessment assessment, Branch branch, IReadOnlyList<WaitingPart> waited, CancellationToken cancellation)
    {
        using PreparedCopy copy = await preparer.PrepareAsync(assessment, branch, cancellation);
        if (copy.Content is null) return new HeldEntries([], copy.Unproven, copy.Fault);
        // One more walk gives the attachments' bytes: the daemon itself never takes a message apart.
        WalkOrder order = new() { Passwords = assessment.Passwords, Limits = options().Limits, Send = ["leaves", "containers"], Candidates = false, ClientNetwork = ClientNetwork.Of(assessment.Message.Envelope) ?? "", Within = TimeBudget.RebuildEnds(assessment.Message) - time.GetUtcNow() };
        using WalkOutcome walked = await workers.WalkAsync(copy.Content, order, cancellation);
        if (walked.Result is not { } result) return new HeldEntries([], walked.Died ? "the copy ended the process that looked at it" : null, walked.Fault);
        List<FollowUpAttachment> attachments = [];
        foreach (WaitingPart part in waited)
        {
            if (Found(result, part.Path) is not { } fact) continue;
            if (result.Leaves.FirstOrDefault(leaf => leaf.Sha256 == fact.Sha256) is { } bytes) attachments.Add(new FollowUpAttachment(fact.Name.Length > 0 ? fact.Name : part.Name, fact.DeclaredType, bytes.Bytes));
        }

        if (attachments.Count == 0) return new HeldEntries([], "none of the attachments that waited is in the copy");
        return new HeldEntries([.. branch.Recipients.Select(recipient => FollowUp(assessment, branch, recipient, attachments))]) { Copy = copy };
    }

    /// <summary>The whole message back to our own sender, who alone is told why.</summary>
    public OutboxEntry Returned(HeldMessage message, IReadOnlyList<Recipient> recipients)
    {
        DateTimeOffset now = time.GetUtcNow();
        Envelope envelope = message.Row.Envelope;
        byte[] report = DeliveryStatus.Build(new DeliveryStatus.Order
        {
            HostName = held().HostName,
            From = held().From,
            MessageId = message.Row.Id,
            Envelope = envelope,
            ArrivedAt = message.Note.ReceivedAt,
            Now = now,
            Statuses = [.. recipients.Select(recipient => new RecipientStatus(recipient, "failed", "5.7.0", "554 5.7.0 an attachment is locked with a password and could not be checked: パスワード付き添付ファイルを確認できないため、送信しませんでした"))],
            Content = message.Original,
            ReturnContent = message.Original.Length <= 10 * 1024 * 1024,
        });
        ReadOnlyMemory<byte> signature = signer.Sign(new MemoryMailBytes(report));
        return new OutboxEntry
        {
            Key = OutboxEntry.KeyOf(message.Row.Id, recipients, "returned"),
            MessageId = message.Row.Id,
            Purpose = "dsn",
            Envelope = new Envelope { MailFrom = "", Recipients = [new Recipient(envelope.MailFrom, Notify: "NEVER")], Body = "8BITMIME", SmtpUtf8 = !System.Text.Ascii.IsValid(envelope.MailFrom) || recipients.Any(recipient => !System.Text.Ascii.IsValid(recipient.Address)) },
            Content = new MemoryMailBytes((byte[])[.. signature.Span, .. report]),
            EnqueuedAt = now,
            NextAttempt = now,
        };
    }

    private OutboxEntry Entry(Assessment assessment, Branch branch, PreparedCopy copy, string purpose)
    {
        using SealedMessage ready = sealer.Seal(assessment, branch, copy, passes.Count(assessment.Message.Original).Ours);
        return sealer.Entry(assessment, CopySealer.Addressed(assessment.Message.Envelope, branch), ready, purpose, copy.Changed);
    }

    private OutboxEntry FollowUp(Assessment assessment, Branch branch, Recipient recipient, IReadOnlyList<FollowUpAttachment> attachments)
    {
        MessageFacts facts = assessment.Facts;
        DateTimeOffset now = time.GetUtcNow();
        string Raw(string name) => facts.Headers.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.RawValue.Trim() ?? "";
        string subject = facts.Headers.FirstOrDefault(field => field.Name.Equals("Subject", StringComparison.OrdinalIgnoreCase))?.Value ?? "";
        FollowUp mail = new()
        {
            From = held().From,
            SenderAddress = Mail.Signatures.MessageHeader.Read(assessment.Message.Original) is { } header && Mail.Signatures.FromField.Read(header).Address is { } address ? address : assessment.Message.Envelope.MailFrom,
            Verdict = VerdictOf(facts, recipient),
            To = recipient.Address,
            Subject = string.Concat(branch.Annotations.SubjectTags.Select(tag => tag + " ")) + subject,
            InReplyTo = Raw("Message-ID"),
            HostName = held().HostName,
            MailId = Guid.CreateVersion7(now),
            HeldId = facts.Id,
            ReceivedAt = facts.ReceivedAt,
            Now = now,
            Banners = [.. branch.Annotations.Banners.Select(banner => banner.Plain)],
        };
        using ISpoolWriter writer = spool.Create();
        FollowUpMail.Write(mail, attachments, writer);
        using IMailBytes unsigned = writer.Complete();
        return new OutboxEntry
        {
            Key = OutboxEntry.KeyOf(facts.Id, [recipient], "follow-up"),
            MessageId = facts.Id,
            Purpose = "follow-up",
            // Our own bounce address: what becomes of our mail is ours to know, not the sender's.
            Envelope = new Envelope { MailFrom = held().From, Recipients = [new Recipient(recipient.Address, Notify: "NEVER")], SmtpUtf8 = !System.Text.Ascii.IsValid(recipient.Address), Body = System.Text.Ascii.IsValid(recipient.Address) ? null : "8BITMIME" },
            Content = spool.Copy(new OutgoingMessage(signer.Sign(unsigned), unsigned)),
            Owed = [recipient],
            EnqueuedAt = now,
            NextAttempt = now,
        };
    }

    // Words of RFC 8601: what was proven on arrival, or that nothing was.
    private static string VerdictOf(MessageFacts facts, Recipient recipient)
    {
        if (ReaderNotice.DirectionOf(facts, recipient) == Direction.Internal) return "internal";
        return facts.Authentication.Result("dmarc") == "pass" ? "dmarc=pass" : facts.Authentication.Result("dkim") == "pass" ? "dkim=pass, dmarc=" + facts.Authentication.Result("dmarc") : "unverified";
    }

    // A rebuild may give a part another name (.docm became .docx), and with it another path: its place among its siblings stays.
    private static PartFact? Found(WalkResult result, string path)
    {
        if (result.Parts.FirstOrDefault(part => part.Path == path) is { } same) return same;
        int slash = path.LastIndexOf('/');
        return slash < 0 ? null : result.Parts.FirstOrDefault(part => part.Path.LastIndexOf('/') == slash && part.Path.AsSpan(0, slash + 1).SequenceEqual(path.AsSpan(0, slash + 1)));
    }
}
