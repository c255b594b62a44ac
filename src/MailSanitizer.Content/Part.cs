namespace MailSanitizer.Content;

/// <summary>A name that a container gives a part. A part can have several, and they can disagree.</summary>
/// <param name="Source">Where it stood: <c>filename</c>, <c>filename*</c>, <c>name</c>, <c>name*</c>, <c>central</c>, <c>local</c>, <c>unicode-path</c>, <c>member</c>, …</param>
/// <param name="Text">The decoded name, as it stood (not made safe).</param>
/// <param name="Raw">The bytes it was written in, for byte-exact rebuilding; empty when the container stores text.</param>
public sealed record PartName(string Source, string Text, ReadOnlyMemory<byte> Raw = default);

/// <summary>A finding that a container has about one of its children: the walker records it at the child's path, so that rules decide it on that very part.</summary>
/// <param name="Kind">The registry row. An active kind means: the container writes its child's frame (header fields, encoding) anew when it is to go.</param>
/// <param name="Location">The place, as in <see cref="Finding.Location"/>.</param>
/// <param name="Detail">What exactly.</param>
public sealed record ChildFinding(FindingKind Kind, string Location = "", string Detail = "");

/// <summary>What a container says about a child when it hands it to the walker.</summary>
/// <param name="Names">All names, the one that readers show first; may be empty.</param>
public sealed record ChildDescription(params IReadOnlyList<PartName> Names)
{
    /// <summary>The path segment when the room counts its children itself (<c>1.2</c> in MIME); null: made from the first name, or the child's number.</summary>
    public string? Segment { get; init; }

    /// <summary>The media type that the container declares (lower case, without parameters), or null.</summary>
    public string? DeclaredType { get; init; }

    /// <summary>The charset that the container declares for text, or null.</summary>
    public string? DeclaredCharset { get; init; }

    /// <summary>True for text that a mail reader shows (inline text of a message, not an attachment).</summary>
    public bool IsBody { get; init; }

    /// <summary>Bytes the child occupies in the container, for the ratio limit; 0 when unknown.</summary>
    public long PackedSize { get; init; }

    /// <summary>Where the password that opened it came from; null when it was not locked.</summary>
    public string? OpenedWith { get; init; }

    /// <summary>What the container found about this child; recorded at the child's path.</summary>
    public IReadOnlyList<ChildFinding> Findings { get; init; } = [];

    /// <summary>A further reading of the same bytes (another decoder's view): scanned, but never what is delivered.</summary>
    public bool AlternativeReading { get; init; }
}

/// <summary>One part of the tree: the message itself, a MIME leaf, an archive member, a file embedded in a document.</summary>
public sealed class Part
{
    /// <summary>A part; the walker makes these.</summary>
    public Part(string path, Part? parent, ChildDescription description, PartBytes bytes)
    {
        Path = path;
        Parent = parent;
        Description = description;
        Bytes = bytes;
        Depth = parent is null ? 0 : parent.Depth + 1;
    }

    /// <summary>The address of the part: segments joined by <c>/</c>, names made safe and unique (<c>1.2/report.zip/inner.7z</c>); empty for the message itself.</summary>
    public string Path { get; }

    /// <summary>The container, or null for the message.</summary>
    public Part? Parent { get; }

    /// <summary>What the container said of it.</summary>
    public ChildDescription Description { get; }

    /// <summary>The decoded content.</summary>
    public PartBytes Bytes { get; }

    /// <summary>Containers above it.</summary>
    public int Depth { get; }

    /// <summary>The name a reader sees; empty when it has none.</summary>
    public string Name => Description.Names.Count > 0 ? Description.Names[0].Text : "";

    /// <summary>The format that the content makes it (an id of the format table), <c>unknown</c> when none fits.</summary>
    public string Format { get; set; } = "unknown";

    /// <summary>Every format that content, any name or the declared type makes it, <see cref="Format"/> included (DESIGN.md: a part is every type that …).</summary>
    public IReadOnlySet<string> Formats { get; set; } = new HashSet<string>(StringComparer.Ordinal);
}
