namespace MailSanitizer.Content;

/// <summary>What is done to one part, weakest first (DESIGN.md, "Rules").</summary>
public enum TreatmentKind
{
    /// <summary>Goes on as it came.</summary>
    Keep,

    /// <summary>Its active content is taken out.</summary>
    Disarm,

    /// <summary>A notice stands in its place.</summary>
    Replace,

    /// <summary>It is left out.</summary>
    Strip,
}

/// <summary>The treatment of one part in a rebuild.</summary>
/// <param name="Path">The part, as <see cref="Part.Path"/> has it.</param>
/// <param name="Sha256In">SHA-256 of the part's bytes when it was decided on; another value fails the job.</param>
/// <param name="Kind">What is done.</param>
public sealed record Treatment(string Path, string Sha256In, TreatmentKind Kind)
{
    /// <summary>With <see cref="TreatmentKind.Disarm"/>: the kinds of finding to take out; null for every active kind.</summary>
    public IReadOnlyList<string>? Remove { get; init; }

    /// <summary>With <see cref="TreatmentKind.Disarm"/>: kinds that are no active ones and go too, for a rule names them (<c>image-metadata</c>, <c>image-reencode</c>, <c>remote-content</c>).</summary>
    public IReadOnlyList<string>? Also { get; init; }

    /// <summary>With <see cref="TreatmentKind.Disarm"/>: kinds that stay although active (a rule allows them).</summary>
    public IReadOnlyList<string>? Allow { get; init; }

    /// <summary>With <see cref="TreatmentKind.Replace"/>, or when a disarm fails: the notice's text (plain, UTF-8); null for <see cref="PartNotice"/>'s.</summary>
    public string? Notice { get; init; }

    /// <summary>Ids of the findings that the part is treated for: what a notice in its place gives as the reason. Empty: what made the disarm fail.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>The notice's file name.</summary>
    public string? NoticeName { get; init; }

    /// <summary>For a container that a password opened: <c>locked</c> (default), <c>open</c> or <c>parts</c>.</summary>
    public string? Repack { get; init; }
}

/// <summary>Text that a rule adds to the message: a banner above the bodies.</summary>
/// <param name="Plain">For plain text bodies.</param>
/// <param name="Html">For HTML bodies: well-formed, escaped.</param>
public sealed record Banner(string Plain, string Html);
