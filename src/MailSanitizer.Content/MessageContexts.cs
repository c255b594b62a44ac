
namespace MailSanitizer.Content;

/// <summary>What the room for messages may use beyond <see cref="IWalkContext"/>: views of a message that only its own reader can make without reading it twice.</summary>
public interface IMessageWalkContext : IWalkContext
{
    /// <summary>True when the skeleton is asked for.</summary>
    bool WantsSkeleton { get; }

    /// <summary>True when texts are asked for.</summary>
    bool WantsTexts { get; }

    /// <summary>The message's headers and text with large parts left out, given as ranges of the part's own bytes (offset, length).</summary>
    void Skeleton(IReadOnlyList<(long Offset, long Length)> kept);

    /// <summary>A decoded text that password candidates are read from.</summary>
    void Text(CandidateText text);

    /// <summary>The name of an attachment.</summary>
    void AttachmentName(string name);
}

/// <summary>What the room for messages may use beyond <see cref="IRebuildContext"/>.</summary>
public interface IMessageRebuildContext : IRebuildContext
{
    /// <summary>Banners to put on top of the bodies; empty for a message inside a message.</summary>
    IReadOnlyList<Banner> Banners { get; }

    /// <summary>Records a change that has no child of its own (a banner, a signature that was taken off).</summary>
    void Changed(string path, string done, string detail);
}
