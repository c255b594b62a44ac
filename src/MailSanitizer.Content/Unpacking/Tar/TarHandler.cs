using System.Text;

namespace MailSanitizer.Content.Unpacking.Tar;

/// <summary>tar files: own reader, and own writer, so that untouched members go on byte for byte.</summary>
public sealed class TarHandler : ArchiveHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["tar"];

    /// <inheritdoc/>
    public override RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        ArchiveReading reading = new(part, context);
        TarReader reader = new(reading);
        bool changed = false;
        long kept = 0;
        try
        {
            foreach (TarEntry entry in reader.Entries())
            {
                ArchiveMember member = Describe(entry, reading);
                ChildDecision decision = member.Open is null ? Linked(member, context) : context.Child(member.Description, member.Open);
                byte[]? name = NewName(entry, member, decision, context);
                if (decision.Kind == ChildDecisionKind.Keep && name is null) continue;
                changed = true;
                output.Copy(kept, entry.Start - kept);
                kept = entry.End;
                if (decision.Kind != ChildDecisionKind.Strip) TarWriter.Write(part.Bytes, entry, decision.Content, name, output);
            }
        }
        catch (InvalidDataException failure)
        {
            return RebuildOutcome.Failed($"the archive is broken: {failure.Message}");
        }

        if (!changed) return RebuildOutcome.Unchanged;
        if (reading.Incomplete) return RebuildOutcome.Failed("the archive is broken and cannot be written anew");

        // What stands behind the end mark belongs to no reading and is left out.
        output.Copy(kept, Math.Max(0, reader.EndMark - kept));
        output.Write(new byte[2 * TarHeader.Block]);
        return RebuildOutcome.Rewritten;
    }

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading) => new TarReader(reading).Entries().Select(entry => Describe(entry, reading));

    private static ChildDecision Linked(ArchiveMember member, IRebuildContext context)
    {
        if (member.Kind != MemberKind.Link || !context.Removes(member.LinkFinding)) return ChildDecision.Keep;
        context.Done(member.LinkFinding, member.Name, "removed");
        return ChildDecision.Strip;
    }

    // A disarmed child's new name, made safe when dangerous names are taken out; the folder stays in the archive's own bytes. Null: as it was.
    private static byte[]? NewName(TarEntry entry, ArchiveMember member, ChildDecision decision, IRebuildContext context)
    {
        if (decision.Kind == ChildDecisionKind.Strip) return null;
        byte[]? name = null;
        if (decision.Name is { } renamed)
        {
            int slash = Array.LastIndexOf(entry.Name, (byte)'/');
            name = [.. entry.Name.AsSpan(0, slash + 1), .. Encoding.UTF8.GetBytes(renamed[(renamed.LastIndexOf('/') + 1)..])];
        }

        string text = name is null ? member.Name : ArchiveNames.Decode("member", name).Text;
        string safe = ArchiveNames.Safe(text, member.Name, context);
        return safe == text ? name : Encoding.UTF8.GetBytes(safe);
    }

    private static ArchiveMember Describe(TarEntry entry, ArchiveReading reading)
    {
        PartName name = ArchiveNames.Decode("member", entry.Name);
        PartName[] names = entry.ShortName is { } other && !other.AsSpan().SequenceEqual(entry.Name) && !entry.Name.AsSpan().StartsWith(other)
            ? [name, ArchiveNames.Decode("short", other)]
            : [name];
        MemberKind kind = entry.Type switch
        {
            (byte)'5' => MemberKind.Folder,
            (byte)'1' or (byte)'2' or (byte)'3' or (byte)'4' or (byte)'6' => MemberKind.Link,
            _ when entry.Type is 0 or (byte)'0' && entry.Length == 0 && entry.Name is [.., (byte)'/'] => MemberKind.Folder,
            _ => MemberKind.File,
        };
        return new ArchiveMember(new ChildDescription(names) { PackedSize = entry.Length })
        {
            Kind = kind,
            Open = kind == MemberKind.File ? () => reading.Bytes.OpenRead(entry.Content, entry.Length) : null,
            Size = entry.Length,
            Modified = entry.Modified is > 0 and < 253402300799 ? DateTimeOffset.FromUnixTimeSeconds(entry.Modified).UtcDateTime : null,
            UnixMode = entry.Mode,
            LinkFinding = entry.Type switch { (byte)'1' => UnpackingFindings.HardLink, (byte)'2' => UnpackingFindings.SymbolicLink, _ => UnpackingFindings.SpecialFile },
            LinkTarget = kind == MemberKind.Link ? ArchiveNames.Decode("link", entry.Link).Text : null,
        };
    }
}
