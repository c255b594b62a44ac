using MailSanitizer.Content.Formats.Xml;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Formats.Opc;

/// <summary>A package (ECMA-376 part 2): parts, content types, relationships. Read without policy; what cannot be read is listed in <see cref="Broken"/>.</summary>
public sealed class OpcPackage
{
    private const string ContentTypesKey = "[content_types].xml";
    private readonly Dictionary<string, OpcPart> _byKey = new(StringComparer.Ordinal);
    private readonly List<(string Name, string Why)> _broken = [];
    private readonly List<OpcPart> _twins = [];

    /// <summary>Every part in the order of the archive, <c>[Content_Types].xml</c> and relationships included.</summary>
    public IReadOnlyList<OpcPart> Parts { get; private set; } = [];

    /// <summary>The list of content types; null when there is none.</summary>
    public OpcPart? ContentTypesPart { get; private set; }

    /// <summary>Its rows.</summary>
    public IReadOnlyList<OpcContentType> ContentTypes { get; private set; } = [];

    /// <summary>The relationships of the package itself.</summary>
    public IReadOnlyList<OpcRelationship> Relationships { get; private set; } = [];

    /// <summary>The part that holds them, or null.</summary>
    public OpcPart? RelationshipsPart { get; private set; }

    /// <summary>Parts of the package's own structure that cannot be read.</summary>
    public IReadOnlyList<(string Name, string Why)> Broken => _broken;

    /// <summary>Parts whose key another part has.</summary>
    public IReadOnlyList<OpcPart> Twins => _twins;

    /// <summary>The part of that key, or null.</summary>
    public OpcPart? Find(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>Reads a package out of an archive. Throws <see cref="LimitReachedException"/> with <paramref name="over"/>.</summary>
    public static OpcPackage Read(ZipContents zip, Limits limits, FindingKind over, CancellationToken cancellation)
    {
        IEnumerable<OpcPart> parts = zip.Entries
            .Where(entry => !(entry.IsFolder && entry.Size == 0 && entry.PackedSize <= 2))
            .Select(entry => new OpcPart(entry.Name, stop => zip.Open(entry, limits, stop), entry, entry.PackedSize, entry.Size));
        return Of(parts, null, limits, over, cancellation);
    }

    /// <summary>A package of parts that were read elsewhere; <paramref name="types"/> are their content types when no part lists them.</summary>
    internal static OpcPackage Of(IEnumerable<OpcPart> parts, IReadOnlyList<OpcContentType>? types, Limits limits, FindingKind over, CancellationToken cancellation)
    {
        OpcPackage package = new();
        List<OpcPart> all = [];
        foreach (OpcPart part in parts)
        {
            all.Add(part);
            if (!package._byKey.TryAdd(part.Key, part)) package._twins.Add(part);
        }

        package.Parts = all;
        package.ContentTypesPart = package.Find(ContentTypesKey);
        package.ContentTypes = types ?? package.ReadTypes(limits, over, cancellation);
        package.Assign();
        package.RelationshipsPart = package.Find("_rels/.rels");
        package.Relationships = package.ReadRelationships("", package.RelationshipsPart, limits, over, cancellation);
        foreach (OpcPart part in all)
        {
            if (OpcNames.IsRelationships(part.Key) || package.Find(OpcNames.RelationshipsOf(part.Key)) is not { } relationships) continue;
            part.RelationshipsPart = relationships;
            part.Relationships = package.ReadRelationships(part.Key, relationships, limits, over, cancellation);
        }

        return package;
    }

    private void Assign()
    {
        ILookup<string, OpcContentType> overrides = ContentTypes.Where(row => row.IsOverride).ToLookup(row => row.Key, StringComparer.Ordinal);
        ILookup<string, OpcContentType> defaults = ContentTypes.Where(row => !row.IsOverride).ToLookup(row => row.Key, StringComparer.Ordinal);
        foreach (OpcPart part in Parts)
        {
            IEnumerable<OpcContentType> rows = overrides.Contains(part.Key) ? overrides[part.Key] : defaults[OpcNames.Extension(part.Key)];
            part.Types = [.. rows.Select(row => row.Type).Distinct(StringComparer.Ordinal)];
        }
    }

    private List<OpcContentType> ReadTypes(Limits limits, FindingKind over, CancellationToken cancellation)
    {
        List<OpcContentType> rows = [];
        if (ContentTypesPart is null) return rows;
        Visitor visitor = new((element, attribute) =>
        {
            if (element.Local is not ("Default" or "Override") || attribute("ContentType") is not { } type) return;
            bool isOverride = element.Local == "Override";
            string? key = isOverride ? attribute("PartName") : attribute("Extension");
            if (key is null) return;
            int parameter = type.IndexOf(';', StringComparison.Ordinal);
            string plain = (parameter < 0 ? type : type[..parameter]).Trim().ToLowerInvariant();
            rows.Add(new OpcContentType(element.Ordinal, isOverride, isOverride ? OpcNames.Key(key) : OpcNames.Decoded(key).Trim().TrimStart('.').ToLowerInvariant(), plain));
        });
        Run(ContentTypesPart, visitor, limits, over, cancellation);
        return rows;
    }

    private List<OpcRelationship> ReadRelationships(string sourceKey, OpcPart? part, Limits limits, FindingKind over, CancellationToken cancellation)
    {
        List<OpcRelationship> found = [];
        if (part is null) return found;
        Visitor visitor = new((element, attribute) =>
        {
            if (element.Local != "Relationship") return;
            string target = attribute("Target") ?? "";
            string mode = attribute("TargetMode")?.Trim() ?? "";
            bool external = (mode.Length > 0 && !mode.Equals("Internal", StringComparison.OrdinalIgnoreCase)) || IsUrl(target);
            found.Add(new OpcRelationship(element.Ordinal, attribute("Id") ?? "", attribute("Type") ?? "", target, external, external ? "" : OpcNames.Resolve(sourceKey, target)));
        });
        Run(part, visitor, limits, over, cancellation);
        return found;
    }

    // A scheme, a drive or a share is no path inside a package, whatever the mode says.
    private static bool IsUrl(string target)
    {
        string text = OpcNames.Decoded(target.Trim());
        if (text.Length > 1 && text[0] is '/' or '\\' && text[1] is '/' or '\\') return true;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && text.AsSpan(0, colon).IndexOfAny("/\\#?") < 0;
    }

    private void Run(OpcPart part, Visitor visitor, Limits limits, FindingKind over, CancellationToken cancellation)
    {
        using Stream content = part.Open(cancellation);
        string? why = XmlWalk.Run(content, part.PackedSize, limits, over, visitor, cancellation);
        if (OpcPart.Drain(content)) why ??= "the packed content is broken";
        if (why is not null) _broken.Add((part.Name, why));
    }

    private sealed class Visitor(Action<XmlFrame, Func<string, string?>> start) : IXmlVisitor
    {
        public void Start(XmlWalk walk, XmlFrame element) => start(element, walk.Reader.GetAttribute);

        public void End(XmlWalk walk, XmlFrame element)
        {
        }
    }
}
