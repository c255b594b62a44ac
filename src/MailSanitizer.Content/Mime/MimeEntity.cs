using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Content.Mime;

/// <summary>How a transfer encoding is read.</summary>
internal enum MimeEncoding
{
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

/// <summary>One node of the MIME tree, by offsets into the message.</summary>
internal sealed class MimeEntity(MimeEntity? parent, string index, long start)
{
    public MimeEntity? Parent { get; } = parent;

    /// <summary>Its number: <c>1</c> for the message, <c>1.2</c> for the second part of it.</summary>
    public string Index { get; } = index;

    /// <summary>First byte of the header.</summary>
    public long Start { get; } = start;

    /// <summary>First byte of the boundary line above it; the same as <see cref="Start"/> for the message.</summary>
    public long DelimiterStart { get; set; } = start;

    public HeaderBlock Header { get; set; } = null!;

    public long BodyStart { get; set; }

    /// <summary>Behind the last byte of the body; the line end in front of a boundary belongs to the boundary (RFC 2046 5.1.1).</summary>
    public long BodyEnd { get; set; }

    /// <summary>Where the next boundary line begins, or the end of what it lies in.</summary>
    public long End { get; set; }

    /// <summary>Lower case, never empty; <c>text/plain</c> where the field is missing or no type at all (RFC 2045 5.2).</summary>
    public string Type { get; set; } = "text/plain";

    public ParameterField? ContentType { get; set; }

    public ParameterField? Disposition { get; set; }

    public MimeEncoding Encoding { get; set; }

    /// <summary>The boundary of a multipart; null for everything else and for a multipart that cannot be opened.</summary>
    public byte[]? Boundary { get; set; }

    public List<MimeEntity> Children { get; } = [];

    public long PreambleEnd { get; set; } = -1;

    /// <summary>Start of the final boundary line, -1 when it never came.</summary>
    public long CloseStart { get; set; } = -1;

    /// <summary>Behind the final boundary line.</summary>
    public long EpilogueStart { get; set; } = -1;

    /// <summary>Found by one reading of several only.</summary>
    public bool IsAlternative { get; set; }

    public List<ChildFinding> Findings { get; } = [];

    /// <summary>Other readings of the same bytes, to be followed after the main one.</summary>
    public List<MimeReading> OtherReadings { get; } = [];

    /// <summary>Roots of those readings.</summary>
    public List<MimeEntity> Readings { get; } = [];

    public bool IsMultipart => Boundary is not null;

    /// <summary>The outermost multipart/signed around or at this entity, or null.</summary>
    public MimeEntity? Signed
    {
        get
        {
            MimeEntity? signed = null;
            for (MimeEntity? at = this; at is not null; at = at.Parent)
                if (at.IsMultipart && at.Type == "multipart/signed") signed = at;
            return signed;
        }
    }

    /// <summary>In a leaf: where a boundary of a multipart that has ended stands again as a line (-1: nowhere), and that boundary.</summary>
    public long StaleStart { get; set; } = -1;

    public byte[] StaleBoundary { get; set; } = [];

    /// <summary>Notes a finding once.</summary>
    public void Find(FindingKind kind, string detail)
    {
        foreach (ChildFinding finding in Findings)
            if (finding.Kind == kind && finding.Detail == detail) return;
        if (Findings.Count < 32) Findings.Add(new ChildFinding(kind, "", detail));
    }
}

/// <summary>What is read differently in another reading of an entity.</summary>
/// <param name="Name">Short word for the path (<c>last-type</c>).</param>
internal sealed record MimeReading(string Name)
{
    /// <summary>This Content-Type field counts instead.</summary>
    public HeaderField? ContentType { get; init; }

    /// <summary>This encoding counts instead.</summary>
    public MimeEncoding? Encoding { get; init; }

    /// <summary>Lines that are no field are skipped.</summary>
    public bool SkipJunk { get; init; }

    /// <summary>A line of blanks ends the header.</summary>
    public bool EndAtBlankLine { get; init; }

    /// <summary>A line that begins with a boundary is one, whatever follows; a bare CR ends a line.</summary>
    public bool LooseBoundaries { get; init; }

    /// <summary>The first line that begins with two hyphens names the boundary.</summary>
    public bool GuessBoundary { get; init; }
}
