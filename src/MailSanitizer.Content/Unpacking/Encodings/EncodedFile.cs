namespace MailSanitizer.Content.Unpacking.Encodings;

/// <summary>A file that stands encoded in a text, with its place.</summary>
/// <param name="Start">Where its first line begins.</param>
/// <param name="End">Behind its last line.</param>
/// <param name="Names">Its names.</param>
/// <param name="Open">Decodes it; may be called again.</param>
internal sealed record EncodedFile(long Start, long End, IReadOnlyList<PartName> Names, Func<Stream> Open)
{
    /// <summary>The line ends that the text uses.</summary>
    public required byte[] NewLine { get; init; }

    /// <summary>The first line, for writing it again.</summary>
    public required byte[] FirstLine { get; init; }

    /// <summary>Checksum, when the end line states one.</summary>
    public uint? Crc { get; init; }

    /// <summary>Declared length, when the encoding states one (bytes).</summary>
    public long? Size { get; init; }

    /// <summary>What is wrong with its frame, or null.</summary>
    public (FindingKind Kind, string Detail)? Problem { get; init; }
}

/// <summary>Text that holds encoded files: each is a child, the text around them is one as well, and a changed file is encoded again in its place.</summary>
public abstract class EncodedTextHandler : ArchiveHandler
{
    /// <inheritdoc/>
    public sealed override RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        ArchiveReading reading = new(part, context);
        long kept = 0;
        bool changed = false;
        List<EncodedFile> files = [.. Find(reading)];
        foreach (EncodedFile file in files)
        {
            ChildDecision decision = context.Child(Describe(file), file.Open);
            if (decision.Kind == ChildDecisionKind.Keep) continue;
            changed = true;
            output.Copy(kept, file.Start - kept);
            kept = file.End;
            if (decision.Kind == ChildDecisionKind.Replace) Write(file, decision, output);
        }

        // The text around the files is a child too; what becomes of it is written in its place.
        if (Around(part.Bytes, files) is { } around && context.Child(TextDescription, () => new JoinedRanges(part.Bytes, around)) is { Kind: not ChildDecisionKind.Keep }) return RebuildOutcome.Failed("the text around an encoded file cannot be written anew");
        if (!changed) return RebuildOutcome.Unchanged;
        output.Copy(kept, part.Bytes.Length - kept);
        return RebuildOutcome.Rewritten;
    }

    /// <inheritdoc/>
    protected sealed override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        List<EncodedFile> files = [];
        foreach (EncodedFile file in Find(reading))
        {
            files.Add(file);
            if (file.Problem is { } problem) reading.Report(problem.Kind, file.Names.Count > 0 ? file.Names[0].Text : $"offset {file.Start}", problem.Detail);
            yield return new ArchiveMember(Describe(file)) { Open = file.Open, Size = file.Size, Checksum = file.Crc is { } crc ? MemberChecksum.Crc32(crc) : null };
        }

        if (files.Count == 0) reading.Report(ArchiveFindings.DamagedArchive, "", "no encoded file in it");
        if (Around(reading.Bytes, files) is { } around) yield return new ArchiveMember(TextDescription) { Open = () => new JoinedRanges(reading.Bytes, around) };
    }

    /// <summary>The encoded files of a text, in order.</summary>
    internal abstract IEnumerable<EncodedFile> Find(ArchiveReading reading);

    /// <summary>Encodes new content with the frame of the old.</summary>
    internal abstract void Write(EncodedFile file, ChildDecision decision, IPartOutput output);

    private static ChildDescription TextDescription { get; } = new(new PartName("derived", "text.txt")) { DeclaredType = "text/plain" };

    private static ChildDescription Describe(EncodedFile file) => new([.. file.Names]) { PackedSize = file.End - file.Start };

    // Null when only blank lines are around the files.
    private static List<(long, long)>? Around(PartBytes bytes, List<EncodedFile> files)
    {
        List<(long Offset, long Length)> ranges = [];
        long at = 0;
        foreach (EncodedFile file in files)
        {
            if (file.Start > at) ranges.Add((at, file.Start - at));
            at = file.End;
        }

        if (at < bytes.Length) ranges.Add((at, bytes.Length - at));
        return files.Count > 0 && ranges.Any(range => !IsBlank(bytes, range.Offset, range.Length)) ? ranges : null;
    }

    private static bool IsBlank(PartBytes bytes, long offset, long length)
    {
        byte[] buffer = new byte[8192];
        while (length > 0)
        {
            int got = bytes.Read(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length)));
            if (got == 0) return true;
            if (buffer.AsSpan(0, got).IndexOfAnyExcept(" \t\r\n\0"u8) >= 0) return false;
            offset += got;
            length -= got;
        }

        return true;
    }
}
