using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Opc;
using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>What an inspection asks and tells: a walk reports and takes everything, a rebuild takes what it was told to.</summary>
internal interface IOoxmlJudge
{
    /// <summary>A finding; true when it is to be taken out.</summary>
    bool Takes(FindingKind kind, string location, string detail);

    /// <summary>A finding that nothing is taken out for: damage, ambiguity, a note.</summary>
    void Says(FindingKind kind, string location, string detail);

    /// <summary>A link that a reader can follow.</summary>
    void Link(string url);
}

/// <summary>
/// Goes through a package and decides what of it stays: relationships, content types and parts by allow-list, XML element by element. The same pass serves walk and rebuild,
/// so what is reported is what is taken out.
/// </summary>
internal sealed class OoxmlInspection(OpcPackage package, IOoxmlJudge judge, IReadOnlyDictionary<OpcPart, ChildDecision> decisions, Limits limits, CancellationToken cancellation)
{
    private readonly OoxmlParts _parts = new(package, limits, cancellation);
    private readonly Dictionary<string, Dictionary<string, FindingKind>> _removedIds = new(StringComparer.Ordinal);
    private readonly Dictionary<(OpcPart, FindingKind), bool> _asked = [];
    private readonly HashSet<(OpcPart, int)> _removedLinks = [];
    private bool _macrosGo;
    private bool _macrosStay;

    /// <summary>Names that the workbook defines.</summary>
    public HashSet<string> Names { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>True when a cell lost its formula: the calculation chain would be wrong.</summary>
    public bool FormulasGone { get; set; }

    /// <summary>True when the links to other workbooks go; all together, since formulas count them.</summary>
    public bool ExternalLinksGo { get; private set; }

    /// <summary>True when the data connections go.</summary>
    public bool ConnectionsGo { get; private set; }

    /// <summary>Parts that go.</summary>
    public HashSet<OpcPart> Gone { get; } = [];

    /// <summary>What changes in parts that stay.</summary>
    public Dictionary<OpcPart, XmlPlan> Plans { get; } = [];

    /// <summary>Parts with other content.</summary>
    public Dictionary<OpcPart, PartBytes> Replaced { get; } = [];

    /// <summary>Parts with another content type.</summary>
    public Dictionary<OpcPart, string> Retyped { get; } = [];

    /// <summary>True when something changes.</summary>
    public bool Changes => Gone.Count > 0 || Replaced.Count > 0 || Retyped.Count > 0 || Plans.Values.Any(plan => !plan.IsEmpty);

    /// <summary>True when the document is signed.</summary>
    public bool IsSigned => package.Parts.Any(part => _parts.Of(part).Look == PartLook.Signature);

    /// <summary>Why not everything could be looked at; null when it could.</summary>
    public string? Problem { get; private set; }

    /// <summary>Parts that are files of their own, in the order of the archive; the same in walk and rebuild.</summary>
    public IEnumerable<OpcPart> Children => _parts.Children;

    /// <summary>Reports a finding; true when it is to be taken out.</summary>
    public bool Takes(FindingKind kind, string location, string detail) => judge.Takes(kind, location, detail);

    /// <summary>Records a link.</summary>
    public void Link(string url) => judge.Link(url);

    /// <summary>A macro sheet becomes an empty worksheet: the workbook counts its sheets by position.</summary>
    public void Blank(OpcPart part)
    {
        bool binary = part.Types.Any(type => !type.EndsWith("+xml", StringComparison.Ordinal));
        Replaced[part] = new MemoryPartBytes(binary ? BiffRecords.BlankSheet : BlankSheet());
        Retyped[part] = binary ? "application/vnd.ms-excel.worksheet" : "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml";
        if (part.RelationshipsPart is { } relationships) Gone.Add(relationships);
    }

    /// <summary>A part goes although its type is passive.</summary>
    public void Drop(OpcPart part) => _parts.Dropped.Add(part);

    /// <summary>Looks at everything.</summary>
    public void Run()
    {
        foreach ((string name, string why) in package.Broken) Damage(name, why);
        foreach (OpcPart twin in package.Twins)
        {
            Problem ??= "two parts with one name";
            judge.Says(OoxmlFindings.AmbiguousPackage, twin.Name, package.Find(twin.Key)!.Name);
        }

        if (!package.Relationships.Any(link => !link.IsExternal && RelationshipTypes.Name(link.Type) is "officedocument" or "document" && package.Find(link.TargetKey) is not null))
        {
            Damage("_rels/.rels", "no relationship leads to a document");
        }

        if (Problem is not null) return;
        foreach (OpcContentType twin in OoxmlParts.Conflicts(package.ContentTypes))
        {
            if (judge.Takes(OoxmlFindings.ContentTypeConflict, twin.Key, twin.Type)) Plan(package.ContentTypesPart!).Remove(twin.Ordinal);
        }

        List<OpcPart> order = _parts.Reached(_ => true);
        OpcPart? workbook = order.Find(part => part.Types.Any(type => type.Contains("sheet", StringComparison.Ordinal) && type.Contains("main", StringComparison.Ordinal)));
        if (workbook is not null)
        {
            order.Remove(workbook);
            order.Insert(0, workbook);
        }

        Judge("", package.RelationshipsPart, package.Relationships, isUnit: false);
        foreach (OpcPart part in order) Judge(part.Key, part.RelationshipsPart, part.Relationships, _parts.Of(part).Kind is not null || part.Key.Contains("externallink", StringComparison.Ordinal));

        // What may turn out to go as a whole comes first: whoever refers to it must know.
        foreach (OpcPart part in order.Where(IsLoose)) Look(part);
        DropMashups();
        foreach (OpcPart part in order.Where(part => !IsLoose(part))) Look(part);
        Unreached(order);
        if (FormulasGone) RemoveCalculationChain();
        Signatures();
        Settle();
    }

    private static byte[] BlankSheet() =>
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData/></worksheet>"u8.ToArray();

    private XmlPlan Plan(OpcPart part)
    {
        if (!Plans.TryGetValue(part, out XmlPlan? plan)) Plans.Add(part, plan = new XmlPlan());
        return plan;
    }

    private void Damage(string name, string why)
    {
        Problem ??= $"{name}: {why}";
        judge.Says(OfficeFindings.DamagedDocument, name, why);
    }

    // isUnit: a part that goes or stays as a whole; what it refers to is not judged for itself.
    private void Judge(string sourceKey, OpcPart? list, IReadOnlyList<OpcRelationship> links, bool isUnit)
    {
        if (list is null || isUnit) return;
        foreach (OpcRelationship link in links)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Verdict(list, link) is { } kind) Remove(sourceKey, list, link, kind);
        }
    }

    private void Remove(string sourceKey, OpcPart list, OpcRelationship link, FindingKind kind)
    {
        Plan(list).Remove(link.Ordinal);
        _removedLinks.Add((list, link.Ordinal));
        if (!_removedIds.TryGetValue(sourceKey, out Dictionary<string, FindingKind>? ids)) _removedIds.Add(sourceKey, ids = new Dictionary<string, FindingKind>(StringComparer.Ordinal));
        ids[link.Id] = kind;
    }

    /// <summary>The kind for which a relationship is taken out; null when it stays.</summary>
    private FindingKind? Verdict(OpcPart list, OpcRelationship link)
    {
        string? name = RelationshipTypes.Name(link.Type);
        if (link.IsExternal || (name == "hyperlink" && link.Target.Trim().Length > 0 && package.Find(link.TargetKey) is null && !link.Target.TrimStart().StartsWith('#')))
        {
            string detail = $"{name ?? link.Type}: {link.Target}";
            if (name == "hyperlink")
            {
                JudgedUrl judged = UrlJudge.Judge(link.Target);
                if (judged.Kind is UrlKind.Web or UrlKind.Mail or UrlKind.Phone or UrlKind.Fragment or UrlKind.Content or UrlKind.Empty)
                {
                    judge.Link(link.Target);
                    return null;
                }

                return judge.Takes(OfficeFindings.UnsafeHyperlink, list.Name, link.Target) ? OfficeFindings.UnsafeHyperlink : null;
            }

            FindingKind outside = RelationshipTypes.Outside(name);
            return judge.Takes(outside, list.Name, detail) ? outside : null;
        }

        OpcPart? target = package.Find(link.TargetKey);
        if (target is not null && decisions.TryGetValue(target, out ChildDecision? decision) && OoxmlParts.IsGone(decision)) return OoxmlFindings.UnknownPart;
        FindingKind? byType = RelationshipTypes.Inside(name);
        if (target is null) return byType is not null && byType != OoxmlFindings.UnknownRelationship && judge.Takes(byType, list.Name, $"{name}: {link.Target}") ? byType : null;
        if (name == "externallink") return ExternalLink(target);
        (PartLook _, FindingKind? kind, string why) = _parts.Of(target);

        // What the content says is said; the type of the relationship where that alone tells.
        kind = kind is null || (kind == OoxmlFindings.UnknownPart && byType is not null) ? byType ?? kind : kind;
        if (kind is null || !Ask(target, kind, byType is not null && name is not null ? name : why)) return null;
        if (kind == OfficeFindings.XlmMacro && name is "xlmacrosheet" or "xlintlmacrosheet" or "dialogsheet" or "worksheet")
        {
            if (kind != OfficeFindings.XlmMacro) return kind;
            Blank(target);
            bool strict = link.Type.Contains("purl.oclc.org", StringComparison.OrdinalIgnoreCase);
            Plan(list).SetAttribute(link.Ordinal, "Type", "", (strict ? "http://purl.oclc.org/ooxml/officeDocument/relationships/" : "http://schemas.openxmlformats.org/officeDocument/2006/relationships/") + "worksheet");
            return null;
        }

        if (kind == OfficeFindings.DataConnection) ConnectionsGo = true;
        return kind;
    }

    // One answer a part, however many relationships lead to it.
    private bool Ask(OpcPart target, FindingKind kind, string detail)
    {
        if (_asked.TryGetValue((target, kind), out bool answer)) return answer;
        answer = judge.Takes(kind, target.Name, detail);
        _asked.Add((target, kind), answer);
        if (kind == OfficeFindings.VbaProject || kind == OfficeFindings.XlmMacro)
        {
            _macrosGo |= answer;
            _macrosStay |= !answer;
        }

        return answer;
    }

    private FindingKind? ExternalLink(OpcPart target)
    {
        (FindingKind kind, string detail) = _parts.ExternalLink(target);
        if (!Ask(target, kind, detail) && !ExternalLinksGo) return null;
        ExternalLinksGo = true;
        return kind;
    }

    private void Look(OpcPart part)
    {
        (PartLook look, FindingKind? kind, string _) = _parts.Of(part);
        if (kind is not null && !(_asked.TryGetValue((part, kind), out bool taken) && !taken)) return;
        if (Replaced.ContainsKey(part) || (part.Key.Contains("externallink", StringComparison.Ordinal) && ExternalLinksGo)) return;
        if (look == PartLook.Biff)
        {
            BiffInspection.Look(this, part, limits, Damage, cancellation);
            return;
        }

        if (look != PartLook.Xml && !(look == PartLook.Goes && part.Types.All(type => type.EndsWith("xml", StringComparison.Ordinal)))) return;
        IReadOnlyDictionary<string, FindingKind> removed = _removedIds.GetValueOrDefault(part.Key) ?? [];
        PartXml visitor = new(this, part, part.Types[0], removed);
        using Stream content = part.Open(cancellation);
        string? why = XmlWalk.Run(content, part.PackedSize, limits, OoxmlFindings.OverLimit, visitor, cancellation);
        if (why is null) visitor.Finish();
        if (OpcPart.Drain(content)) why ??= "the packed content is broken";
        if (why is not null && IsVml(part))
        {
            // Office reads VML as it reads HTML; what only such a reader understands goes, and with it the shapes of an old program.
            if (judge.Takes(OoxmlFindings.UnknownPart, part.Name, why)) Drop(part);
            else Damage(part.Name, why);
        }
        else if (why is not null) Damage(part.Name, why);
        else if (!visitor.Plan.IsEmpty && !Replaced.ContainsKey(part)) Plans[part] = visitor.Plan;
    }

    private static bool IsVml(OpcPart part) => part.Types.All(type => type.EndsWith("vmldrawing", StringComparison.Ordinal));

    private static bool IsLoose(OpcPart part) => IsVml(part) || part.Types.All(type => type is "application/xml" or "text/xml");

    // Found by their root element, when the relationships had been judged: every relationship to them goes now.
    private void DropMashups()
    {
        if (_parts.Dropped.Count == 0) return;
        foreach ((OpcPart? source, OpcPart? list, IReadOnlyList<OpcRelationship> links) in _parts.Sources())
        {
            foreach (OpcRelationship link in links)
            {
                if (list is not null && !link.IsExternal && package.Find(link.TargetKey) is { } target && _parts.Dropped.Contains(target)) Remove(source?.Key ?? "", list, link, OfficeFindings.DataConnection);
            }
        }
    }

    private void Unreached(List<OpcPart> reached)
    {
        HashSet<OpcPart> all = [.. reached];
        HashSet<OpcPart> kept = [.. _parts.Reached(pair => !_removedLinks.Contains(pair))];
        HashSet<OpcPart> lists = [.. all.Where(part => part.RelationshipsPart is not null).Select(part => part.RelationshipsPart!)];
        foreach (OpcPart part in package.Parts)
        {
            if (part == package.ContentTypesPart || part == package.RelationshipsPart || lists.Contains(part)) continue;
            if (!all.Contains(part))
            {
                if (judge.Takes(OoxmlFindings.UnreachablePart, part.Name, "")) Gone.Add(part);
            }
            else if (!kept.Contains(part))
            {
                Gone.Add(part);
                if (part.RelationshipsPart is not null) Gone.Add(part.RelationshipsPart);
            }
        }
    }

    private void RemoveCalculationChain() => RemoveEvery((_, target) => target.Types.Any(type => type.Contains("calcchain", StringComparison.Ordinal)));

    private void Signatures()
    {
        if (!IsSigned) return;
        judge.Says(OfficeFindings.DocumentSignature, "", "");
        Settle();
        if (Changes) RemoveEvery((_, target) => _parts.Of(target).Look == PartLook.Signature);
    }

    private void RemoveEvery(Func<OpcRelationship, OpcPart, bool> which)
    {
        foreach ((OpcPart? source, OpcPart? list, IReadOnlyList<OpcRelationship> links) in _parts.Sources())
        {
            foreach (OpcRelationship link in links)
            {
                if (list is null || link.IsExternal || package.Find(link.TargetKey) is not { } target || !which(link, target)) continue;
                Remove(source?.Key ?? "", list, link, OfficeFindings.DocumentSignature);
                Gone.Add(target);
                if (target.RelationshipsPart is not null) Gone.Add(target.RelationshipsPart);
            }
        }
    }

    // Plans of parts that go, types of parts that stay.
    private void Settle()
    {
        foreach (OpcPart gone in Gone)
        {
            Plans.Remove(gone);
            Replaced.Remove(gone);
            Retyped.Remove(gone);
        }

        foreach ((OpcPart part, ChildDecision decision) in decisions)
        {
            if (decision.Kind != ChildDecisionKind.Replace || OoxmlParts.IsGone(decision) || Gone.Contains(part)) continue;
            Replaced[part] = decision.Content!;
            if (decision.MediaType is { } type && type != part.Types[0]) Retyped[part] = type;
        }

        if (_macrosGo && !_macrosStay)
        {
            foreach (OpcPart part in package.Parts)
            {
                if (part.Types.Count > 0 && !Gone.Contains(part) && PartTypes.WithoutMacros(part.Types[0]) is { } plain) Retyped[part] = plain;
            }
        }

        if (package.ContentTypesPart is not { } list) return;
        ContentTypeEdits.Apply(package, Gone, Retyped, () => Plan(list));
    }
}
