using System.Collections.Frozen;
using MailSanitizer.Content.Formats.Opc;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>The allow-list of relationship types, by the last word of the type, transitional, strict and Microsoft's own alike. What is not on it goes.</summary>
internal static class RelationshipTypes
{
    private static readonly string[] Families =
    [
        "http://schemas.openxmlformats.org/officedocument/2006/relationships/",
        "http://purl.oclc.org/ooxml/officedocument/relationships/",
        "http://schemas.openxmlformats.org/package/2006/relationships/",
        "http://schemas.microsoft.com/office/",
        "http://schemas.microsoft.com/visio/2010/relationships/",
        "http://customschemas.google.com/relationships/",
    ];

    private static readonly FrozenSet<string> Passive = """
        officedocument metadata/core-properties core-properties extended-properties extendedproperties custom-properties customproperties metadata/thumbnail thumbnail
        styles styleswitheffects stylewitheffects styleswithteffects settings websettings fonttable numbering theme themeoverride thememanager footnotes endnotes comments commentsextended commentsids
        commentsextensible people header footer glossarydocument image hdphoto chart chartex chartuserShapes chartstyle chartcolorstyle diagramdata diagramlayout diagramquickstyle
        diagramcolors diagramdrawing customxml customxmlprops customxmldata hyperlink worksheet chartsheet sharedstrings calcchain drawing vmldrawing table tablesinglecells xmlmaps
        printersettings pivottable pivotcachedefinition pivotcacherecords slicer slicercache timeline timelinecache sheetmetadata threadedcomment person namedsheetview
        rdrichvalue rdrichvaluestructure rdrichvaluetypes richvaluerel rdarray rdsupportingpropertybag rdsupportingpropertybagstructure richstyles featurepropertybag
        usernames revisionheaders revisionlog slide slidelayout slidemaster notesslide notesmaster handoutmaster presprops viewprops tablestyles commentauthors authors tags
        customproperty audio video media ctrlprop downrev shapexml legacydoctextinfo legacydiagramtext revisioninfo changesinfo xlbinaryindex ink inkxml classificationlabels
        document pages page masters master windows validation workbookmetadata oleobject package e2odoc
        digital-signature/origin digital-signature/signature digital-signature/certificate
        """.ToLowerInvariant().Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, FindingKind> Active = new Dictionary<string, FindingKind>
    {
        ["vbaproject"] = OfficeFindings.VbaProject,
        ["wordvbadata"] = OfficeFindings.VbaProject,
        ["vbaprojectsignature"] = OfficeFindings.VbaProject,
        ["vbaprojectsignatureagile"] = OfficeFindings.VbaProject,
        ["vbaprojectsignaturev3"] = OfficeFindings.VbaProject,
        ["xlmacrosheet"] = OfficeFindings.XlmMacro,
        ["xlintlmacrosheet"] = OfficeFindings.XlmMacro,
        ["dialogsheet"] = OfficeFindings.XlmMacro,
        ["control"] = OfficeFindings.ActiveX,
        ["activexcontrolbinary"] = OfficeFindings.ActiveX,
        ["afchunk"] = OoxmlFindings.AltChunk,
        ["attachedtemplate"] = OfficeFindings.RemoteTemplate,
        ["subdocument"] = OfficeFindings.ExternalLink,
        ["frame"] = OfficeFindings.ExternalLink,
        ["externallink"] = OfficeFindings.ExternalLink,
        ["externallinkpath"] = OfficeFindings.ExternalLink,
        ["xlexternallinkpath/xlpathmissing"] = OfficeFindings.ExternalLink,
        ["xlpathmissing"] = OfficeFindings.ExternalLink,
        ["xlstartup"] = OfficeFindings.ExternalLink,
        ["xlalternatestartup"] = OfficeFindings.ExternalLink,
        ["xllibrary"] = OfficeFindings.ExternalLink,
        ["htmlpubsaveas"] = OfficeFindings.ExternalLink,
        ["slideupdateinfo"] = OfficeFindings.ExternalLink,
        ["slideupdateurl"] = OfficeFindings.ExternalLink,
        ["connections"] = OfficeFindings.DataConnection,
        ["querytable"] = OfficeFindings.DataConnection,
        ["recipientdata"] = OfficeFindings.DataConnection,
        ["mailmergerecipientdata"] = OfficeFindings.DataConnection,
        ["mailmergesource"] = OfficeFindings.DataConnection,
        ["mailmergeheadersource"] = OfficeFindings.DataConnection,
        ["powerpivotdata"] = OfficeFindings.DataConnection,
        ["recordsets"] = OfficeFindings.DataConnection,
        ["recordset"] = OfficeFindings.DataConnection,
        ["volatiledependencies"] = OfficeFindings.ActiveFunction,
        ["keymapcustomizations"] = OfficeFindings.CustomUi,
        ["attachedtoolbars"] = OfficeFindings.CustomUi,
        ["ui/extensibility"] = OfficeFindings.CustomUi,
        ["extensibility"] = OfficeFindings.CustomUi,
        ["ui/usercustomization"] = OfficeFindings.CustomUi,
        ["usercustomization"] = OfficeFindings.CustomUi,
        ["webextension"] = OoxmlFindings.WebExtension,
        ["webextensiontaskpanes"] = OoxmlFindings.WebExtension,
        ["transform"] = OoxmlFindings.XsltSave,
        ["font"] = OoxmlFindings.EmbeddedFont,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The last word of a type, lower case; null when the type is of no family that we know. Compared after everything a reader could undo.</summary>
    public static string? Name(string type)
    {
        string plain = OpcNames.Decoded(type.Trim()).Replace('\\', '/').ToLowerInvariant();
        foreach (string family in Families)
        {
            if (!plain.StartsWith(family, StringComparison.Ordinal)) continue;
            string rest = plain[family.Length..].TrimEnd('/');
            int word = rest.IndexOf("relationships/", StringComparison.Ordinal);
            return word >= 0 ? rest[(word + "relationships/".Length)..] : rest;
        }

        return null;
    }

    /// <summary>What a relationship inside the package is by its type alone; null when that is passive.</summary>
    public static FindingKind? Inside(string? name)
    {
        if (name is null) return OoxmlFindings.UnknownRelationship;
        if (Active.TryGetValue(name, out FindingKind? kind)) return kind;
        return Passive.Contains(name) ? null : OoxmlFindings.UnknownRelationship;
    }

    /// <summary>What a relationship that leads out of the package is; hyperlinks are judged by their target and are not asked here.</summary>
    public static FindingKind Outside(string? name) => name switch
    {
        null => OoxmlFindings.UnknownRelationship,
        "oleobject" or "package" => OfficeFindings.LinkedObject,
        "audio" or "video" or "media" => OfficeFindings.LinkedMedia,
        _ => Active.GetValueOrDefault(name) ?? OfficeFindings.ExternalLink,
    };
}
