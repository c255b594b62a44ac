using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Opc;
using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>
/// Looks at one XML part: what all office programs share (relationship ids, VML, drawings, alternate content) stands here, what one of them has in <see cref="WordXml"/>,
/// <see cref="SheetXml"/>, <see cref="SlideXml"/> and <see cref="VisioXml"/>. Elements are told by their local names, whatever the namespace says: transitional, strict and later ones alike.
/// </summary>
/// <remarks>Both branches of every alternate content are looked at, since readers choose differently.</remarks>
internal sealed class PartXml : IXmlVisitor
{
    private const string Relationships = "/relationships";
    private const string Office = "urn:schemas-microsoft-com:office:office";

    /// <summary>Stands for the type of a whole document of Word 2003.</summary>
    public const string Word2003 = "2003-word";

    /// <summary>Stands for the type of a whole workbook of Excel 2003.</summary>
    public const string Excel2003 = "2003-workbook";

    // Elements that may not be empty: when the last of their children goes, they go.
    private static bool GoesWhenEmpty(string local) => local is
        "hyperlinks" or "oleObjects" or "controls" or "externalReferences" or "dataValidations" or "conditionalFormatting" or "conditionalFormattings" or "sparklines" or "sparklineGroup"
        or "sparklineGroups" or "embeddedFontLst" or "webPublishItems" or "AlternateContent" or "Choice" or "Fallback";

    private readonly OoxmlInspection _inspection;
    private readonly IReadOnlyDictionary<string, FindingKind> _removed;
    private readonly List<(int Ordinal, int Parent)> _frameParts = [];
    private readonly WordXml? _word;
    private readonly SheetXml? _sheet;
    private readonly VisioXml? _visio;
    private readonly SlideXml _slide;
    private readonly Office2003Xml? _old;
    private int _frameDepth = -1;
    private int _frame = -1;
    private bool _frameGoes;
    private HashSet<int>? _picturePath;
    private int _picture = -1;

    /// <summary>A visitor for one part. <paramref name="removed"/>: ids of its relationships that go.</summary>
    public PartXml(OoxmlInspection inspection, OpcPart part, string type, IReadOnlyDictionary<string, FindingKind> removed)
    {
        (_inspection, Part, Type, _removed) = (inspection, part, type, removed);
        if (type.Contains("word", StringComparison.Ordinal)) _word = new WordXml(this);
        if (type.Contains("spreadsheet", StringComparison.Ordinal) || type.Contains("excel", StringComparison.Ordinal)) _sheet = new SheetXml(this, inspection);
        if (type.Contains("visio", StringComparison.Ordinal)) _visio = new VisioXml(this);
        _slide = new SlideXml(this);
        if (type is Word2003 or Excel2003) _old = new Office2003Xml(this, inspection);
    }

    /// <summary>The part.</summary>
    public OpcPart Part { get; }

    /// <summary>Its content type.</summary>
    public string Type { get; }

    /// <summary>What changes in it.</summary>
    public XmlPlan Plan { get; } = new();

    /// <summary>Reports a finding of this part; true when it is to be taken out.</summary>
    public bool Takes(FindingKind kind, string detail) => _inspection.Takes(kind, Part.Name, detail);

    /// <summary>Records a link that a reader can follow.</summary>
    public void Link(string url) => _inspection.Link(url);

    /// <summary>Takes an element out and counts it at its parent.</summary>
    public void Remove(XmlWalk walk, XmlFrame element)
    {
        if (Plan.IsRemoved(element.Ordinal)) return;
        Plan.Remove(element.Ordinal);
        if (walk.Above(1) is { } parent) parent.Gone++;
    }

    /// <inheritdoc/>
    public void Start(XmlWalk walk, XmlFrame element)
    {
        if (walk.Depth == 1) Root(element);
        InsideFrame(walk, element);
        _slide.Start(walk, element);
        _old?.Start(walk, element);
        Attributes(walk, element);
        if (Plan.IsRemoved(element.Ordinal)) return;
        switch (element.Local)
        {
            case "saveThroughXslt":
                if (Takes(OoxmlFindings.XsltSave, "saveThroughXslt")) Remove(walk, element);
                break;
            case "webVideoPr":
                if (Takes(OoxmlFindings.WebVideo, "embeddedHtml")) Remove(walk, element);
                break;
            case "HyperlinkBase":
                element.KeepText();
                break;
            case "property" when walk.Reader.GetAttribute("name") is { } name && name.Trim().Equals("_PID_LINKBASE", StringComparison.OrdinalIgnoreCase):
                if (Takes(OoxmlFindings.HyperlinkBase, "_PID_LINKBASE")) Remove(walk, element);
                break;
            case "FmlaMacro":
                element.KeepText();
                break;
            case "OLEObject" when walk.Reader.GetAttribute("Type") is { } type && type.Trim().Equals("Link", StringComparison.OrdinalIgnoreCase):
                if (Takes(OfficeFindings.LinkedObject, "OLEObject")) Remove(walk, element);
                break;
            case "DataBinding" or "DataSource" when Type.Contains("xml", StringComparison.Ordinal) && Part.Key.EndsWith("xmlmaps.xml", StringComparison.Ordinal):
                if (Takes(OfficeFindings.DataConnection, element.Local)) Remove(walk, element);
                break;
            default:
                _word?.Start(walk, element);
                _sheet?.Start(walk, element);
                _visio?.Start(walk, element);
                break;
        }
    }

    /// <inheritdoc/>
    public void End(XmlWalk walk, XmlFrame element)
    {
        if (element.Local == "HyperlinkBase" && element.Text?.ToString().Trim() is { Length: > 0 } address && UrlJudge.Judge(address).Kind is not UrlKind.Web && Takes(OoxmlFindings.HyperlinkBase, address)) Remove(walk, element);
        if (element.Local == "FmlaMacro" && element.Text is { Length: > 0 } macro && Takes(OoxmlFindings.MacroCall, macro.ToString())) Remove(walk, element);
        _word?.End(walk, element);
        _sheet?.End(walk, element);
        EndFrame(walk, element);
        if (element.Gone > 0 && GoesWhenEmpty(element.Local))
        {
            if (element.Gone >= element.Children) Remove(walk, element);
            else if (element.Local == "AlternateContent" && element.Tag is Branches { Choices: 0, Fallback: >= 0 } branches) Open(element, branches);
        }

        if (element.Local is "Choice" or "Fallback" && walk.Above(1) is { Local: "AlternateContent" } parent)
        {
            Branches branches = (Branches)(parent.Tag ??= new Branches());
            if (element.Local == "Fallback") branches.Fallback = element.Ordinal;
            else if (!Plan.IsRemoved(element.Ordinal)) branches.Choices++;
        }
    }

    /// <summary>What is still open at the end.</summary>
    public void Finish()
    {
        _word?.Finish();
        _sheet?.Finish();
    }

    // An alternate content needs a choice: with only the fallback left it is the fallback.
    private void Open(XmlFrame element, Branches branches)
    {
        Plan.Unwrap(element.Ordinal);
        Plan.Unwrap(branches.Fallback);
    }

    private void Root(XmlFrame element)
    {
        // A macro sheet says so in its root whatever its content type says.
        if (element.Local is "macrosheet" or "dialogsheet" && _sheet is not null && Takes(OfficeFindings.XlmMacro, element.Local)) _inspection.Blank(Part);
        if (element.Local == "DataMashup" && Takes(OfficeFindings.DataConnection, "DataMashup")) _inspection.Drop(Part);
        if (element.Local is "customUI" && Takes(OfficeFindings.CustomUi, element.Local)) _inspection.Drop(Part);
    }

    private void Attributes(XmlWalk walk, XmlFrame element)
    {
        if (!walk.Reader.HasAttributes) return;
        List<(string Local, string Namespace)>? dangling = null;
        bool anchored = false;
        while (walk.Reader.MoveToNextAttribute())
        {
            string ns = walk.Reader.NamespaceURI;
            string local = walk.Reader.LocalName;
            if (local is "anchor" or "location") anchored |= walk.Reader.Value.Length > 0;
            bool refers = ns.Length > 0 && (ns.EndsWith(Relationships, StringComparison.OrdinalIgnoreCase) || (local == "relid" && ns == Office));
            if (refers && _removed.Count > 0 && _removed.ContainsKey(walk.Reader.Value)) (dangling ??= []).Add((local, ns));
            if (local is "href" or "althref" or "src" && !refers) Address(walk, element, local, ns);
            if (local == "macro" && walk.Reader.Value.Trim().Length > 0 && element.Local is "sp" or "pic" or "graphicFrame" or "cxnSp" or "grpSp" or "controlPr" or "objectPr" && Takes(OoxmlFindings.MacroCall, Short(walk.Reader.Value)))
                Plan.SetAttribute(element.Ordinal, local, ns, "");
        }

        walk.Reader.MoveToElement();
        if (dangling is not null) Dangling(walk, element, dangling, anchored);
    }

    // VML, and what is written like it: a place to go to, or a picture to load.
    private void Address(XmlWalk walk, XmlFrame element, string local, string ns)
    {
        bool vml = element.Namespace.StartsWith("urn:schemas-microsoft-com", StringComparison.OrdinalIgnoreCase) || ns == Office;
        if (!vml && !Part.Key.Contains("vml", StringComparison.Ordinal)) return;
        string address = walk.Reader.Value;
        if (address.Trim().Length == 0) return;
        if (_old is not null && address.StartsWith("wordml://", StringComparison.Ordinal)) return;
        UrlKind kind = UrlJudge.Judge(address).Kind;
        bool passive = local == "href" && element.Local is not ("imagedata" or "fill" or "stroke") ? kind is UrlKind.Web or UrlKind.Mail or UrlKind.Phone or UrlKind.Fragment : kind is UrlKind.Fragment;
        if (passive)
        {
            if (kind == UrlKind.Web) _inspection.Link(address);
            return;
        }

        if (Takes(local == "href" ? OfficeFindings.UnsafeHyperlink : OfficeFindings.ExternalLink, Short(address))) Plan.RemoveAttribute(element.Ordinal, local, ns);
    }

    // What becomes of an element whose relationship goes: the least that leaves a document which opens.
    private void Dangling(XmlWalk walk, XmlFrame element, List<(string Local, string Namespace)> attributes, bool anchored)
    {
        switch (element.Local)
        {
            case "hyperlink" when _word is not null || anchored:
                if (anchored) Strip();
                else Plan.Unwrap(element.Ordinal);
                break;
            case "blip" or "imagedata" or "fill" or "stroke" or "worksheetSource" or "pivotCacheDefinition" or "background" or "textpath":
                Strip();
                break;
            case "oleObj" or "control" or "webextensionref" when _frameDepth >= 0:
                _frameGoes = true;
                break;
            default:
                Remove(walk, element);
                break;
        }

        void Strip()
        {
            foreach ((string local, string ns) in attributes) Plan.RemoveAttribute(element.Ordinal, local, ns);
        }
    }

    // A slide's object stands in a frame of its own; inside it, in one branch or another, is its picture. The frame goes, the picture stays in its place.
    private void InsideFrame(XmlWalk walk, XmlFrame element)
    {
        if (_frameDepth < 0)
        {
            if (element.Local != "graphicFrame") return;
            (_frameDepth, _frame, _frameGoes, _picture, _picturePath) = (walk.Depth, element.Ordinal, false, -1, null);
            _frameParts.Clear();
            return;
        }

        if (walk.Depth > _frameDepth + 8 || walk.Above(1) is not { } parent) return;
        if (_picture >= 0 && walk.Depth > _frameDepth && IsInPicture(walk)) return;
        _frameParts.Add((element.Ordinal, parent.Ordinal));
        if (element.Local != "pic" || _picture >= 0) return;
        _picture = element.Ordinal;
        _picturePath = [];
        for (int depth = _frameDepth - 1; depth < walk.Depth - 1; depth++) _picturePath.Add(walk[depth].Ordinal);
    }

    private bool IsInPicture(XmlWalk walk)
    {
        for (int depth = _frameDepth; depth < walk.Depth - 1; depth++)
        {
            if (walk[depth].Ordinal == _picture) return true;
        }

        return false;
    }

    private void EndFrame(XmlWalk walk, XmlFrame element)
    {
        if (_frameDepth < 0 || element.Ordinal != _frame) return;
        _frameDepth = -1;
        if (!_frameGoes) return;
        if (_picture < 0)
        {
            Remove(walk, element);
            return;
        }

        foreach (int ordinal in _picturePath!) Plan.Unwrap(ordinal);
        foreach ((int ordinal, int parent) in _frameParts)
        {
            if (ordinal != _picture && _picturePath.Contains(parent) && !_picturePath.Contains(ordinal)) Plan.Remove(ordinal);
        }
    }

    private static string Short(string text) => text.Length > 200 ? text[..200] : text;

    private sealed class Branches
    {
        public int Choices { get; set; }

        public int Fallback { get; set; } = -1;
    }
}
