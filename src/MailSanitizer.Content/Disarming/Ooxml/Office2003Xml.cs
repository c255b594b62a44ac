using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>What only the XML formats of Word and Excel 2003 have; fields and VML are as in the later ones.</summary>
internal sealed class Office2003Xml(PartXml part, OoxmlInspection inspection)
{
    public void Start(XmlWalk walk, XmlFrame element)
    {
        switch (element.Local)
        {
            case "OLEObject":
                Take(walk, element, OfficeFindings.OleObject);
                return;
            case "ocx":
                Take(walk, element, OfficeFindings.ActiveX);
                return;
            case "docOleData":
                Take(walk, element, OfficeFindings.OleObject);
                return;
            case "docSuppData":
                Take(walk, element, OfficeFindings.VbaProject);
                return;
            case "attachedTemplate":
                Take(walk, element, OfficeFindings.RemoteTemplate);
                return;
            case "subDoc" or "sourceFileName" or "SupBook" or "ExternalBook" or "PublishObject" or "PublishObjects":
                Take(walk, element, OfficeFindings.ExternalLink);
                return;
            case "DDELink":
                Take(walk, element, OfficeFindings.Dde);
                return;
            case "saveThroughXSLT":
                Take(walk, element, OoxmlFindings.XsltSave);
                return;
            case "QueryTable" or "QuerySource" or "WebQuery" or "Connection" or "MapInfo":
                Take(walk, element, OfficeFindings.DataConnection);
                return;
            default:
                Attributes(walk, element);
                return;
        }
    }

    private void Take(XmlWalk walk, XmlFrame element, FindingKind kind)
    {
        if (part.Takes(kind, element.Local)) part.Remove(walk, element);
    }

    private void Attributes(XmlWalk walk, XmlFrame element)
    {
        if (!walk.Reader.HasAttributes) return;
        List<(string Local, string Namespace, string Value)> attributes = [];
        while (walk.Reader.MoveToNextAttribute()) attributes.Add((walk.Reader.LocalName, walk.Reader.NamespaceURI, walk.Reader.Value));
        walk.Reader.MoveToElement();
        foreach ((string local, string ns, string value) in attributes)
        {
            switch (local)
            {
                case "dest" when element.Local == "hlink":
                    if (UrlJudge.Judge(value).Kind is not (UrlKind.Web or UrlKind.Mail or UrlKind.Phone or UrlKind.Fragment or UrlKind.Empty) && part.Takes(OfficeFindings.UnsafeHyperlink, value)) part.Plan.Unwrap(element.Ordinal);
                    else part.Link(value);
                    break;
                case "HRef":
                    if (UrlJudge.Judge(value).Kind is not (UrlKind.Web or UrlKind.Mail or UrlKind.Phone or UrlKind.Fragment or UrlKind.Empty) && part.Takes(OfficeFindings.UnsafeHyperlink, value)) part.Plan.RemoveAttribute(element.Ordinal, local, ns);
                    else part.Link(value);
                    break;
                case "Formula" or "ArrayRange" or "RefersTo":
                    JudgedFormula judged = FormulaJudge.Judge(value, inspection.Names);
                    FindingKind? kind = judged.Kind ?? (judged.External ? OfficeFindings.ExternalLink : null);
                    if (kind is null || !part.Takes(kind, judged.Detail)) break;
                    if (element.Local == "NamedRange") part.Remove(walk, element);
                    else part.Plan.RemoveAttribute(element.Ordinal, local, ns);
                    break;
                case "macrosPresent" or "ocxPresent" when value == "yes":
                    if (part.Takes(local == "ocxPresent" ? OfficeFindings.ActiveX : OfficeFindings.VbaProject, local)) part.Plan.SetAttribute(element.Ordinal, local, ns, "no");
                    break;
                default:
                    break;
            }
        }
    }
}
