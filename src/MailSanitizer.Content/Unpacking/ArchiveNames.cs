using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Unpacking;

/// <summary>Member names of the archive rooms: decoded once, judged once an archive.</summary>
public static class ArchiveNames
{
    /// <summary>A name from the bytes that an archive stores, which are kept for writing it again.</summary>
    public static PartName Decode(string source, byte[] raw) => new(source, NameCharset.Decode(raw), raw);

    /// <summary>Reports what is wrong with the names of one member.</summary>
    public static void Report(ArchiveMember member, ArchiveReading reading)
    {
        foreach (FindingKind kind in member.Description.Names.Where(name => name.Source != "derived").SelectMany(name => MemberNames.Inspect(name.Text)).Distinct()) reading.Report(kind, member.Name);
        if (member.Kind == MemberKind.Link) reading.Report(member.LinkFinding, member.Name, member.LinkTarget is { Length: > 0 } target ? $"points to {target}" : "");
    }

    /// <summary>The name a member is written under: made safe where the rebuild takes dangerous names out, which is recorded.</summary>
    public static string Safe(string name, string location, IRebuildContext context)
    {
        FindingKind[] removed = [.. MemberNames.Inspect(name).Where(context.Removes)];
        foreach (FindingKind kind in removed) context.Done(kind, location, "neutralised");
        return removed.Length > 0 ? MemberNames.MakeSafe(name) : name;
    }
}

/// <summary>Tells members that share a name, as one listing goes on. Two files of one name are two contents to a reader: which one stays differs.</summary>
public sealed class NameCollisions
{
    private readonly Dictionary<string, string> _seen = new(StringComparer.Ordinal);

    /// <summary>Reports a member whose name an earlier one has.</summary>
    public void Add(ArchiveMember member, ArchiveReading reading)
    {
        if (member.Kind != MemberKind.File || member.Description.AlternativeReading || member.Name.Length == 0 || member.Description.Names[0].Source == "derived") return;
        if (_seen.TryAdd(MemberNames.CollisionKey(member.Name), member.Name)) return;
        string first = _seen[MemberNames.CollisionKey(member.Name)];
        if (first == member.Name) reading.Report(UnpackingFindings.Ambiguous, member.Name, "two members of one name");
        else reading.Report(UnpackingFindings.NameCollision, member.Name, $"collides with {first}");
    }
}
