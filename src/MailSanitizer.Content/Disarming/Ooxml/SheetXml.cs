using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>What workbooks have: formulas in cells, names, conditions and charts, links to other workbooks, query tables, the web.</summary>
internal sealed class SheetXml(PartXml part, OoxmlInspection inspection)
{
    private readonly List<(int Ordinal, string Group)> _shared = [];
    private readonly HashSet<string> _goneGroups = new(StringComparer.Ordinal);

    public void Start(XmlWalk walk, XmlFrame element)
    {
        switch (element.Local)
        {
            case "f" or "formula" or "formula1" or "formula2" or "calculatedColumnFormula" or "totalsRowFormula":
                element.KeepText();
                if (element.Local == "f" && walk.Reader.GetAttribute("t") == "shared" && walk.Reader.GetAttribute("si") is { } group)
                {
                    element.Tag = group;
                    _shared.Add((element.Ordinal, group));
                }

                break;
            case "definedName":
                Name(walk, element);
                break;
            case "oleObject" when walk.Reader.GetAttribute("link") is { Length: > 0 } link:
                if (part.Takes(OfficeFindings.LinkedObject, link)) part.Remove(walk, element);
                break;
            case "webPublishItems" or "webPublishObjects":
                if (part.Takes(OfficeFindings.ExternalLink, element.Local)) part.Remove(walk, element);
                break;
            case "table" when inspection.ConnectionsGo && walk.Reader.GetAttribute("tableType") is "queryTable":
                part.Plan.RemoveAttribute(element.Ordinal, "tableType", "");
                if (walk.Reader.GetAttribute("connectionId") is not null) part.Plan.RemoveAttribute(element.Ordinal, "connectionId", "");
                break;
            case "tableColumn" when inspection.ConnectionsGo && walk.Reader.GetAttribute("queryTableFieldId") is not null:
                part.Plan.RemoveAttribute(element.Ordinal, "queryTableFieldId", "");
                break;
            case "pivotCacheDefinition" when walk.Reader.GetAttribute("refreshOnLoad") is "1" or "true" && inspection.ConnectionsGo:
                part.Plan.RemoveAttribute(element.Ordinal, "refreshOnLoad", "");
                break;
            default:
                break;
        }
    }

    public void End(XmlWalk walk, XmlFrame element)
    {
        if (element.Text is not { } text) return;
        switch (element.Local)
        {
            case "f":
                if (!Goes(text.ToString())) return;
                Formula(walk, element);
                break;
            case "calculatedColumnFormula" or "totalsRowFormula":
                if (Goes(text.ToString())) part.Remove(walk, element);
                break;
            case "formula" or "formula1" or "formula2":
                // A condition without its formula is none: the rule goes.
                if (text.Length > 0 && Goes(text.ToString())) RemoveAbove(walk, 1);
                break;
            case "definedName":
                if (text.Length > 0 && Goes(text.ToString())) part.Remove(walk, element);
                else inspection.Names.Add((string)element.Tag!);
                break;
            default:
                break;
        }
    }

    /// <summary>Cells that share a formula lose it together.</summary>
    public void Finish()
    {
        foreach ((int ordinal, string group) in _shared)
        {
            if (_goneGroups.Contains(group)) part.Plan.Remove(ordinal);
        }
    }

    private void Formula(XmlWalk walk, XmlFrame element)
    {
        string above = walk.Above(1)?.Local ?? "";
        if (above is "formula1" or "formula2" or "formula") RemoveAbove(walk, 2);
        else if (above is "sparkline" or "cfRule" or "cfvo") RemoveAbove(walk, 1);
        else part.Remove(walk, element);
        if (element.Tag is string group) _goneGroups.Add(group);
        inspection.FormulasGone = true;
    }

    private void RemoveAbove(XmlWalk walk, int levels)
    {
        if (walk.Above(levels) is not { } above || part.Plan.IsRemoved(above.Ordinal)) return;
        part.Plan.Remove(above.Ordinal);
        if (walk.Above(levels + 1) is { } parent) parent.Gone++;
    }

    private bool Goes(string formula)
    {
        JudgedFormula judged = FormulaJudge.Judge(formula, inspection.Names);
        bool taken = judged.Kind is { } kind && part.Takes(kind, judged.Detail);
        return taken || (judged.External && inspection.ExternalLinksGo);
    }

    private void Name(XmlWalk walk, XmlFrame element)
    {
        string name = walk.Reader.GetAttribute("name") ?? "";
        string plain = name.StartsWith("_xlnm.", StringComparison.OrdinalIgnoreCase) ? name[6..] : name;
        bool runs = plain.StartsWith("Auto_", StringComparison.OrdinalIgnoreCase)
            && plain[5..].TrimStart('_') is { } rest
            && (rest.StartsWith("Open", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("Close", StringComparison.OrdinalIgnoreCase)
                || rest.StartsWith("Activate", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("Deactivate", StringComparison.OrdinalIgnoreCase));
        bool macro = On("function") || On("vbProcedure") || On("xlm") || On("macro");
        if ((runs || macro) && part.Takes(runs || On("xlm") || On("function") ? OfficeFindings.XlmMacro : OoxmlFindings.MacroCall, name))
        {
            part.Remove(walk, element);
            return;
        }

        element.KeepText();
        element.Tag = name;

        bool On(string attribute) => walk.Reader.GetAttribute(attribute)?.Trim() is "1" or "true";
    }
}
