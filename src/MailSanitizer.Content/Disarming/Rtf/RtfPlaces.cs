namespace MailSanitizer.Content.Disarming.Rtf;

/// <summary>Bytes that go.</summary>
/// <param name="Start">First one.</param>
/// <param name="End">Behind the last one.</param>
/// <param name="AfterBareWord">A control word without its own space stands in front: what comes behind the range must not become part of it.</param>
internal readonly record struct RtfRange(long Start, long End, bool AfterBareWord);

/// <summary>One place of a document where something can act, with everything that goes when it goes.</summary>
internal class RtfPlace(FindingKind kind, long offset, string detail)
{
    public FindingKind Kind { get; } = kind;

    public long Offset { get; } = offset;

    public string Location { get; } = $"offset {offset}";

    public string Detail { get; } = detail;

    public List<RtfRange> Ranges { get; } = [];
}

/// <summary>An object: its words and destinations go, what it shows stays.</summary>
internal sealed class RtfObjectPlace(long offset) : RtfPlace(OfficeFindings.OleObject, offset, "")
{
    /// <summary>Groups with the object's bytes, from behind the word to the group's end.</summary>
    public List<(long Start, long End)> Data { get; } = [];

    /// <summary>Words that make it load by itself.</summary>
    public List<RtfRange> Updates { get; } = [];

    public bool IsControl { get; set; }

    public bool IsLink { get; set; }

    public bool IsHtml { get; set; }
}

/// <summary>A field: its words, which go when one of its instructions goes.</summary>
internal sealed class RtfField
{
    public List<RtfRange> Words { get; } = [];
}

/// <summary>A property of a shape, read when its group ends.</summary>
internal sealed class RtfShapeProperty
{
    public (long Start, long End) Name { get; set; }

    public (long Start, long End) Value { get; set; }
}
