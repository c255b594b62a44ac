namespace MailSanitizer.Content.Unpacking;

/// <summary>
/// What all archives have in common: members are met in one pass, handed to the walker, and judged by size and checksum after they were read.
/// A format adds its reader, and its writer where we can write it; the others are written anew as ZIP.
/// </summary>
public abstract class ArchiveHandler : IPartHandler
{
    /// <inheritdoc/>
    public abstract IReadOnlyCollection<string> Formats { get; }

    /// <summary>Lists the members in stored order. Lazy: a member's content is read, or passed over, before the next is asked for. What cannot be read is reported to <paramref name="reading"/>.</summary>
    protected abstract IEnumerable<ArchiveMember> Members(ArchiveReading reading);

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        ArchiveReading reading = new(part, context);
        NameCollisions collisions = new();
        int count = 0;
        foreach (ArchiveMember member in Guarded(reading))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (++count > context.Limits.ArchiveEntries)
            {
                reading.Report(UnpackingFindings.OverEntries, "", $"more than {context.Limits.ArchiveEntries} entries");
                return;
            }

            ArchiveNames.Report(member, reading);
            collisions.Add(member, reading);
            if (member.Open is null) continue;
            if (!Hand(member, reading, context)) return;
        }
    }

    /// <inheritdoc/>
    public virtual RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output) =>
        ZipConversion.Write(part, context, output, Guarded);

    /// <summary>The members, where a structure that breaks in the middle ends the list with a finding.</summary>
    protected IEnumerable<ArchiveMember> Guarded(ArchiveReading reading)
    {
        using IEnumerator<ArchiveMember> members = Members(reading).GetEnumerator();
        while (Next(members, reading)) yield return members.Current;
    }

    private static bool Next(IEnumerator<ArchiveMember> members, ArchiveReading reading)
    {
        try
        {
            return members.MoveNext();
        }
        catch (Exception failure) when (Damage.Is(failure))
        {
            reading.Report(ArchiveFindings.DamagedArchive, "", failure.Message);
            return false;
        }
    }

    private static bool Hand(ArchiveMember member, ArchiveReading reading, IWalkContext context)
    {
        Stream opened;
        try
        {
            opened = member.Open!();
        }
        catch (Exception failure) when (Damage.Is(failure))
        {
            reading.Report(ArchiveFindings.DamagedArchive, member.Name, failure.Message);
            return true;
        }

        if (member.Checksum is null && PartBytes.TryGetRange(opened, out _, out _, out long stored) && stored == member.Size)
        {
            // Stored as it is: the walker takes the range itself and copies nothing.
            using (opened) return context.Child(member.Description, opened) != ChildResult.Stop;
        }

        using MemberStream content = new(opened, member.Size, member.Checksum, context.Cancellation);
        ChildResult result = context.Child(member.Description, content);
        foreach ((FindingKind kind, string detail) in content.Verdict(result)) reading.Report(kind, member.Name, detail);
        return result != ChildResult.Stop;
    }
}
