using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Opc;
using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>What each part of a package is, by its content types and its first bytes, and which parts the relationships reach.</summary>
internal sealed class OoxmlParts(OpcPackage package, Limits limits, CancellationToken cancellation)
{
    // Objects larger than this are not looked into: they go, whatever they hold.
    private const int MostOfAnObject = 64 * 1024 * 1024;

    private readonly Dictionary<OpcPart, (PartLook Look, FindingKind? Kind, string Why)> _known = [];
    private List<OpcPart>? _children;

    /// <summary>Parts that go by what their root element says.</summary>
    public HashSet<OpcPart> Dropped { get; } = [];

    /// <summary>Parts that are files of their own: documents, pictures, sound and video. Independent of what is taken out.</summary>
    public IReadOnlyList<OpcPart> Children
    {
        get
        {
            if (_children is null)
            {
                HashSet<OpcPart> reached = [.. Reached(_ => true)];
                _children = [.. package.Parts.Where(part => reached.Contains(part) && Of(part) is { Kind: null, Look: PartLook.Image or PartLook.Svg or PartLook.Media or PartLook.Embedding })];
            }

            return _children;
        }
    }

    /// <summary>True when a child does not stay: it was taken out, or nothing but a notice would stand in its place.</summary>
    public static bool IsGone(ChildDecision decision) =>
        decision.Kind == ChildDecisionKind.Strip || (decision.Kind == ChildDecisionKind.Replace && decision.MediaType?.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase) is true);

    /// <summary>Rows of the list of types that say something else than an earlier row of the same part or extension.</summary>
    public static IEnumerable<OpcContentType> Conflicts(IReadOnlyList<OpcContentType> rows) =>
        rows.GroupBy(row => (row.IsOverride, row.Key)).SelectMany(group => group.Skip(1));

    /// <summary>What a part is; with several types the strictest wins.</summary>
    public (PartLook Look, FindingKind? Kind, string Why) Of(OpcPart part)
    {
        if (_known.TryGetValue(part, out (PartLook, FindingKind?, string) known)) return known;
        (PartLook Look, FindingKind? Kind, string Why) found = Find(part);
        _known.Add(part, found);
        return found;
    }

    /// <summary>Parts that relationships reach, in the order they are reached. <paramref name="follow"/>: whether a relationship (its list, its number) counts.</summary>
    public List<OpcPart> Reached(Func<(OpcPart List, int Ordinal), bool> follow)
    {
        List<OpcPart> order = [];
        HashSet<OpcPart> seen = [];
        Queue<(OpcPart? List, IReadOnlyList<OpcRelationship> Links)> open = new([(package.RelationshipsPart, package.Relationships)]);
        while (open.TryDequeue(out (OpcPart? List, IReadOnlyList<OpcRelationship> Links) next))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (OpcRelationship link in next.Links)
            {
                if (link.IsExternal || next.List is null || !follow((next.List, link.Ordinal)) || package.Find(link.TargetKey) is not { } target) continue;
                if (OpcNames.IsRelationships(target.Key) || target == package.ContentTypesPart || !seen.Add(target)) continue;
                order.Add(target);
                open.Enqueue((target.RelationshipsPart, target.Relationships));
            }
        }

        return order;
    }

    /// <summary>Everything that has relationships; null is the package itself.</summary>
    public IEnumerable<(OpcPart? Source, OpcPart? List, IReadOnlyList<OpcRelationship> Links)> Sources()
    {
        yield return (null, package.RelationshipsPart, package.Relationships);
        foreach (OpcPart part in package.Parts)
        {
            if (part.RelationshipsPart is not null) yield return (part, part.RelationshipsPart, part.Relationships);
        }
    }

    /// <summary>What a link to another workbook is: DDE, an object, or a workbook.</summary>
    public (FindingKind Kind, string Detail) ExternalLink(OpcPart part)
    {
        string target = part.Relationships.FirstOrDefault(link => link.IsExternal)?.Target ?? "";
        if (Of(part).Look == PartLook.Biff) return BiffInspection.ExternalLink(part, target, cancellation);
        ExternalLinkVisitor visitor = new();
        using Stream content = part.Open(cancellation);
        _ = XmlWalk.Run(content, part.PackedSize, limits, OoxmlFindings.OverLimit, visitor, cancellation);
        return visitor.Dde is { } dde ? (OfficeFindings.Dde, dde) : visitor.Ole ? (OfficeFindings.LinkedObject, target) : (OfficeFindings.ExternalLink, target);
    }

    private (PartLook Look, FindingKind? Kind, string Why) Find(OpcPart part)
    {
        if (part.Types.Count == 0) return (PartLook.Goes, OoxmlFindings.UnknownPart, "no content type");
        (PartLook look, FindingKind? kind) = PartTypes.Of(part.Types[0]);
        foreach (string other in part.Types.Skip(1))
        {
            (PartLook otherLook, FindingKind? otherKind) = PartTypes.Of(other);
            if (kind is null && otherKind is not null) (look, kind) = (otherLook, otherKind);
            else if (kind is null && otherLook != look) (look, kind) = (PartLook.Goes, OoxmlFindings.UnknownPart);
        }

        string why = string.Join(", ", part.Types);
        if (kind is not null) return (look, kind, why);
        return look switch
        {
            PartLook.Embedding => Embedding(part),
            PartLook.Metafile => Metafiles.IsPassive(part, cancellation) ? (look, null, why) : (PartLook.Goes, OoxmlFindings.UnknownPart, "no metafile"),
            _ => (look, null, why),
        };
    }

    // Documents that somebody here can disarm stay; everything else that a program would be started for goes. Its picture is another part and stays.
    private (PartLook Look, FindingKind? Kind, string Why) Embedding(OpcPart part)
    {
        byte[]? bytes = part.Read(MostOfAnObject, cancellation);
        if (bytes is null) return (PartLook.Goes, OfficeFindings.OleObject, "not readable, or larger than the limit");
        if (bytes.AsSpan().StartsWith("PK\u0003\u0004"u8)) return (PartLook.Embedding, null, "");
        using MemoryPartBytes content = new(bytes);
        if (CfbFile.Open(content, limits, out _, cancellation) is not { } file) return (PartLook.Goes, OfficeFindings.OleObject, "no document");
        if (Has("\u0001Ole10Native") || Has("\u0001Ole10ItemName")) return (PartLook.Goes, OfficeFindings.OlePackage, Clsid());
        if (Has("Equation Native") || file.Root.Clsid.ToString().StartsWith("0002ce0", StringComparison.OrdinalIgnoreCase)) return (PartLook.Goes, OfficeFindings.EquationObject, Clsid());
        if (Has("WordDocument") || Has("Workbook") || Has("Book") || Has("PowerPoint Document")) return (PartLook.Embedding, null, "");
        return (PartLook.Goes, OfficeFindings.OleObject, Clsid());

        bool Has(string name) => file.Root.Find(name) is not null;
        string Clsid() => file.Root.Clsid.ToString();
    }

    private sealed class ExternalLinkVisitor : IXmlVisitor
    {
        public string? Dde { get; private set; }

        public bool Ole { get; private set; }

        public void Start(XmlWalk walk, XmlFrame element)
        {
            if (element.Local == "ddeLink") Dde = $"{walk.Reader.GetAttribute("ddeService")}|{walk.Reader.GetAttribute("ddeTopic")}";
            Ole |= element.Local == "oleLink";
        }

        public void End(XmlWalk walk, XmlFrame element)
        {
        }
    }
}
