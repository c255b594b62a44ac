using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Mime;

/// <summary>Messages (RFC 5322, MIME): every part, every reading, and the message again with some parts changed and every other byte as it was.</summary>
public sealed class MimeHandler : IPartHandler
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["eml", "mht"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        MimeStructure structure = MimeStructure.Read(part.Bytes, context.Limits, context.Cancellation);
        IMessageWalkContext? message = context as IMessageWalkContext;
        foreach (FindingKind limit in structure.Limited) context.Report(limit, "", "MIME structure");
        Describe(structure.Root, context);
        if (message?.WantsSkeleton is true) message.Skeleton(MimeSkeleton.Of(part.Bytes, structure.Root, context.Limits));
        if (message?.WantsTexts is true && structure.Root.Header.First("Subject") is { } subject) message.Text(new CandidateText("subject", subject.Text));
        // "The password is today's date": which day that is.
        if (message?.WantsTexts is true && structure.Root.Header.First("Date") is { } date) message.Text(new CandidateText("date", date.Text));
        MimeChildren children = new(part.Bytes, structure, context.Limits, context.Cancellation);
        foreach (MimeChild child in children.List())
        {
            if (message is not null) Text(part, child, message);
            using Stream content = child.Open();
            ChildResult result = context.Child(child.Description, content);
            if (result is ChildResult.Stop) return;
            if (result is ChildResult.Broken) context.Report(WalkFindings.ParseError, child.Entity.Index, "transfer decoding");
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output) => new MimeRebuild(part, context).Write(output);

    // Findings on multiparts have no part of their own: they stand on the message, with the number as location.
    private static void Describe(MimeEntity root, IWalkContext context)
    {
        Stack<MimeEntity> left = new([root]);
        while (left.TryPop(out MimeEntity? entity))
        {
            if (entity.IsMultipart)
            {
                foreach (ChildFinding finding in entity.Findings) context.Report(finding.Kind, entity.Index, finding.Detail);
                if (entity.Type == "multipart/signed" && !entity.IsAlternative) context.Report(MimeFindings.SignedMessage, entity.Index, MimeFields.Short(entity.ContentType?.Get("protocol") ?? ""));
                if (entity.Type == "multipart/encrypted") context.Report(WalkFindings.EncryptedMessage, entity.Index, MimeFields.Short(entity.ContentType?.Get("protocol") ?? ""));
            }

            for (int child = entity.Children.Count - 1; child >= 0; child--) left.Push(entity.Children[child]);
            for (int reading = entity.Readings.Count - 1; reading >= 0; reading--) left.Push(entity.Readings[reading]);
        }
    }

    private static void Text(Part part, MimeChild child, IMessageWalkContext message)
    {
        if (child.Role is not MimeRole.Leaf) return;
        if (!child.Description.IsBody && child.Description.Names.Count > 0) message.AttachmentName(child.Description.Names[0].Text);
        if (!child.Description.IsBody || child.Decoded is null || !message.WantsTexts) return;
        string path = part.Path.Length == 0 ? child.Entity.Index : part.Path + "/" + child.Entity.Index;
        message.Text(new CandidateText(path, Charset.Decode(child.Description.DeclaredCharset, child.Decoded), child.Entity.Type == "text/html"));
    }
}
