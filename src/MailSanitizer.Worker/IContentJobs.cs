using MailSanitizer.Content;

namespace MailSanitizer.Worker;

/// <summary>What a worker can do with bytes: the walker of the content library, and nothing else in what is shipped.</summary>
public interface IContentJobs
{
    /// <summary>Walks; everything found goes to the sink.</summary>
    void Walk(PartBytes bytes, WalkJob job, IWalkSink sink);

    /// <summary>Writes anew.</summary>
    RebuildReport Rebuild(PartBytes bytes, RebuildJob job, IPartOutput output);
}
