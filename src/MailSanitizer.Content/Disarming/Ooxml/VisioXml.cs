using System.Collections.Frozen;
using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>What drawings of Visio have (MS-VSDX): cells whose formulas run add-ons, macros and files, hyperlinks in cells, orders to add-ons at events, stencils that stand elsewhere.</summary>
/// <remarks>A cell keeps its value in an attribute of its own (2.3.4.2.5): without its formula it shows what it showed.</remarks>
internal sealed class VisioXml(PartXml part)
{
    /// <summary>Functions of cells that compute, draw or change other cells of the drawing. RUNADDON, RUNMACRO, CALLTHIS, OPENFILE, HYPERLINK, PLAYSOUND, DOCMD, QUEUEMARKEREVENT and what comes later are not on it.</summary>
    private static readonly FrozenSet<string> Passive = """
        ABS ACOS AND ANG360 ANGLEALONGPATH ANGLETOLOC ANGLETOPAR ARG ASIN ATAN ATAN2 BITAND BITNOT BITOR BITXOR BKGPAGENAME BLEND BOUND CALLOUTCOUNT CALLOUTTARGETREF CATEGORY CEILING CHAR COMPANY
        CONTAINERCOUNT CONTAINERMEMBERCOUNT CONTAINERSHEETREF COS COSH CREATOR CY DATE DATETIME DATEVALUE DAY DAYOFYEAR DECIMALSEC DEFAULTEVENT DEG DEPENDSON DESCRIPTION DISTTOPATH DOCCREATION DOCLASTEDIT
        DOCLASTPRINT DOCLASTSAVE ELAPSEDDAY ELAPSEDHOUR ELAPSEDMIN ELAPSEDSEC ELAPSEDWEEK ERRFIELD ERRNA ERRNONE ERRVALUE EVALCELL EVALTEXT FALSE FIELDPICTURE FILENAME FIND FLOOR FONT FONTTOID FORMAT
        FORMATEX FORMULAEXISTS GETREF GETVAL GOTOPAGE GRAVITY GUARD HASCATEGORY HOUR HSL HUE HUEDIFF ID IF INDEX INT INTERSECTX INTERSECTY INTUP IS1D ISERR ISERRNA ISERROR ISERRVALUE ISTHEMED KEYWORDS
        LANGUAGE LEFT LEN LISTMEMBERCOUNT LISTORDER LISTSHEETREF LN LOC LOCALFORMULAEXISTS LOCTOLOC LOCTOPAR LOG10 LOOKUP LOWER LUM LUMDIFF MAGNITUDE MANAGER MASTERNAME MAX MID MIN MINUTE MODULUS MONTH
        MSOSHADE MSOTINT NA NAME NEARESTPOINTONPATH NOT NOW NUMBER NURBS OPENGROUPWIN OPENSHEETWIN OPENTEXTWIN OR PAGECOUNT PAGENAME PAGENUMBER PAR PATHLENGTH PATHSEGMENT PI PNT PNTX PNTY
        POINTALONGPATH POLYLINE POW RAD RAND RECTSECT REF REPLACE REPT RGB RIGHT ROUND ROUNDUP SAT SATDIFF SCALE SECOND SEGMENTCOUNT SETATREF SETATREFEVAL SETATREFEXPR SETF SHADE SHAPETEXT SHEETREF SIGN
        SIN SINH SQRT STRSAME STRSAMEEX SUBJECT SUBSTITUTE SUM TAN TANH TEXTHEIGHT TEXTWIDTH THEME THEMECBV THEMEGUARD THEMEPROP THEMERESTORE THEMEVAL TIME TIMEVALUE TINT TITLE TRIM TRUE TRUNC TYPE
        TYPEDESC UNICHAR UPPER USE USERUI VERSION WEEKDAY YEAR _ELLIPSE_ECC _ELLIPSE_THETA _UCON_BEGTYP _UCON_ENDTYP _UCON_GEOTYP _UCON_SIMPLE _XFTRIGGER
        """.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public void Start(XmlWalk walk, XmlFrame element)
    {
        switch (element.Local)
        {
            case "Section":
                element.Tag = walk.Reader.GetAttribute("N") ?? "";
                break;
            case "Cell" or "Trigger":
                Cell(walk, element);
                break;
            case "EventItem":
                if (part.Takes(OoxmlFindings.MacroCall, Short(walk.Reader.GetAttribute("Target") ?? "EventItem"))) part.Remove(walk, element);
                break;
            case "CustomMenusFile" or "CustomToolbarsFile" or "AttachedToolbars" or "ToolbarSet" or "MenuSet":
                if (part.Takes(OfficeFindings.CustomUi, element.Local)) part.Remove(walk, element);
                break;

            // A window can show a stencil: a name is looked for in the program's own folders, a path is opened.
            case "Window" when walk.Reader.GetAttribute("Document") is { } stencil && stencil.AsSpan().IndexOfAny("/\\:%") >= 0:
                if (part.Takes(OfficeFindings.ExternalLink, Short(stencil))) part.Remove(walk, element);
                break;
            default:
                break;
        }
    }

    /// <summary>The function for which a formula goes, or null. What stands in quotes can become a formula (SETF, EVALTEXT), so functions are looked for there as well.</summary>
    internal static string? Acts(string formula)
    {
        bool quoted = false;
        string? sets = null;
        for (int at = 0; at < formula.Length; at++)
        {
            char c = formula[at];
            if (c == '"') quoted = !quoted;
            if (!IsName(c)) continue;
            int end = at;
            while (end < formula.Length && IsName(formula[end])) end++;
            string name = formula[at..end];
            int next = end;
            while (next < formula.Length && char.IsWhiteSpace(formula[next])) next++;
            bool called = next < formula.Length && formula[next] == '(' && !char.IsAsciiDigit(name[0]);
            at = end - 1;
            if (!called) continue;

            // In a text the words of people stand before brackets; only what a formula could make of it counts.
            if (!Passive.Contains(name) && (!quoted || IsKnown(name))) return name;
            if (name.StartsWith("SETF", StringComparison.OrdinalIgnoreCase) || name.Equals("SETATREFEXPR", StringComparison.OrdinalIgnoreCase)) sets = name;
        }

        // A formula that is put together of texts could become any.
        return sets is not null && formula.Contains('&', StringComparison.Ordinal) && formula.Contains('"', StringComparison.Ordinal) ? sets : null;
    }

    private static bool IsKnown(string name) =>
        name.StartsWith("RUN", StringComparison.OrdinalIgnoreCase) || name.StartsWith("OPEN", StringComparison.OrdinalIgnoreCase)
        || name.ToUpperInvariant() is "CALLTHIS" or "HYPERLINK" or "PLAYSOUND" or "DOCMD" or "QUEUEMARKEREVENT" or "SETF" or "SETATREFEXPR";

    private static bool IsName(char c) => char.IsLetterOrDigit(c) || c is '_' or '.';

    private void Cell(XmlWalk walk, XmlFrame element)
    {
        string formula = walk.Reader.GetAttribute("F") ?? "";
        bool link = false;
        for (int above = 1; above <= 2 && walk.Above(above) is { } section; above++) link |= section.Tag is string kind && kind.Trim().StartsWith("Hyperlink", StringComparison.OrdinalIgnoreCase);
        if (link && walk.Reader.GetAttribute("N")?.Trim().Equals("Address", StringComparison.OrdinalIgnoreCase) is true) Address(walk, element, formula);
        if (formula.Length > 0 && Acts(formula) is { } function && part.Takes(OoxmlFindings.MacroCall, Short(function))) part.Plan.RemoveAttribute(element.Ordinal, "F", "");
    }

    // What a formula computes is not known here: the value that stands beside it stays, and is judged.
    private void Address(XmlWalk walk, XmlFrame element, string formula)
    {
        string address = walk.Reader.GetAttribute("V") ?? "";
        if (formula.Length > 0 && formula is not ("Inh" or "No Formula") && formula.Trim('"') != address && part.Takes(OfficeFindings.UnsafeHyperlink, Short(formula))) part.Plan.RemoveAttribute(element.Ordinal, "F", "");
        if (UrlJudge.Judge(address).Kind is UrlKind.Web or UrlKind.Mail or UrlKind.Phone or UrlKind.Fragment or UrlKind.Empty)
        {
            if (address.Length > 0) part.Link(address);
            return;
        }

        if (!part.Takes(OfficeFindings.UnsafeHyperlink, Short(address))) return;
        part.Plan.SetAttribute(element.Ordinal, "V", "", "");
        if (formula.Length > 0) part.Plan.RemoveAttribute(element.Ordinal, "F", "");
    }

    private static string Short(string text) => text.Length > 200 ? text[..200] : text;
}
