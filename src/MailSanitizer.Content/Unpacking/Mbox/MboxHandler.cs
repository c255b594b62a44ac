namespace MailSanitizer.Content.Unpacking.Mbox;

/// <summary>mbox (RFC 4155): a message begins at each "From " line that follows a blank line. Written again in place.</summary>
public sealed class MboxHandler : ArchiveHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["mbox"];

    /// <inheritdoc/>
    public override RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        ArchiveReading reading = new(part, context);
        bool changed = false;
        long kept = 0;
        foreach ((long start, long content, long end, int number) in Messages(reading))
        {
            ChildDecision decision = context.Child(Describe(number), () => part.Bytes.OpenRead(content, end - content));
            if (decision.Kind == ChildDecisionKind.Keep) continue;
            changed = true;
            output.Copy(kept, (decision.Kind == ChildDecisionKind.Strip ? start : content) - kept);
            kept = end;
            if (decision.Kind == ChildDecisionKind.Replace) Write(decision.Content!, output);
        }

        if (!changed) return RebuildOutcome.Unchanged;
        output.Copy(kept, part.Bytes.Length - kept);
        return RebuildOutcome.Rewritten;
    }

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        int count = 0;
        foreach ((_, long content, long end, int number) in Messages(reading))
        {
            count++;
            yield return new ArchiveMember(Describe(number)) { Open = () => reading.Bytes.OpenRead(content, end - content), Size = end - content };
        }

        if (count == 0) reading.Report(ArchiveFindings.DamagedArchive, "", "no message in it");
    }

    private static ChildDescription Describe(int number) => new(new PartName("derived", $"message-{number}.eml")) { DeclaredType = "message/rfc822", Segment = $"{number}" };

    private static IEnumerable<(long Start, long Content, long End, int Number)> Messages(ArchiveReading reading)
    {
        (long Start, long Content)? open = null;
        bool blank = true;
        int number = 0;
        long first = 0;
        foreach (TextLine line in TextLines.From(reading.Bytes, 0))
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            if (blank && line.Text.AsSpan().StartsWith("From "u8))
            {
                if (open is { } done) yield return (done.Start, done.Content, line.Offset, ++number);
                else if (line.Offset > first) yield return (first, first, line.Offset, ++number);
                open = (line.Offset, line.End);
            }

            blank = line.Text.Length == 0;
        }

        if (open is { } last) yield return (last.Start, last.Content, reading.Bytes.Length, ++number);
    }

    // A line that begins with "From " inside a message would begin another (mboxrd quoting).
    private static void Write(PartBytes content, IPartOutput output)
    {
        long kept = 0;
        PartOutputStream to = new(output);
        foreach (TextLine line in TextLines.From(content, 0))
        {
            if (!line.Text.AsSpan().TrimStart((byte)'>').StartsWith("From "u8)) continue;
            Take(content, kept, line.Offset - kept, to);
            output.Write(">"u8);
            kept = line.Offset;
        }

        Take(content, kept, content.Length - kept, to);
        output.Write("\r\n"u8);
    }

    private static void Take(PartBytes content, long offset, long length, Stream to)
    {
        using Stream range = content.OpenRead(offset, length);
        range.CopyTo(to);
    }
}
