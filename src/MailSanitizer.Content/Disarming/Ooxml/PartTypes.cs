using System.Collections.Frozen;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>How a part is looked at.</summary>
internal enum PartLook
{
    /// <summary>XML that is read element by element.</summary>
    Xml,

    /// <summary>BIFF12 records of a binary workbook.</summary>
    Biff,

    /// <summary>A bitmap: a child.</summary>
    Image,

    /// <summary>An SVG picture: a child.</summary>
    Svg,

    /// <summary>A metafile, known by its first bytes.</summary>
    Metafile,

    /// <summary>Sound or video: a child.</summary>
    Media,

    /// <summary>An embedded document or object.</summary>
    Embedding,

    /// <summary>Bytes that no program runs (printer settings, indexes).</summary>
    Opaque,

    /// <summary>Parts of a digital signature.</summary>
    Signature,

    /// <summary>It goes: <see cref="PartTypes.Of"/> says as what.</summary>
    Goes,
}

/// <summary>The allow-list of content types. What is not on it goes.</summary>
internal static class PartTypes
{
    private const string Open = "application/vnd.openxmlformats-officedocument.";

    private static readonly FrozenDictionary<string, (PartLook Look, FindingKind? Kind)> Table = Rows().ToFrozenDictionary(row => row.Type, row => (row.Look, row.Kind), StringComparer.Ordinal);

    /// <summary>What a content type is; an unknown one goes as <see cref="OoxmlFindings.UnknownPart"/>.</summary>
    public static (PartLook Look, FindingKind? Kind) Of(string type) => Table.TryGetValue(type, out (PartLook, FindingKind?) row) ? row : (PartLook.Goes, OoxmlFindings.UnknownPart);

    /// <summary>The macro-free twin of a main part's content type, or null when it has none.</summary>
    public static string? WithoutMacros(string type) => type switch
    {
        "application/vnd.ms-word.document.macroenabled.main+xml" => Open + "wordprocessingml.document.main+xml",
        "application/vnd.ms-word.template.macroenabledtemplate.main+xml" => Open + "wordprocessingml.template.main+xml",
        "application/vnd.ms-excel.sheet.macroenabled.main+xml" => Open + "spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.template.macroenabled.main+xml" => Open + "spreadsheetml.template.main+xml",
        "application/vnd.ms-powerpoint.presentation.macroenabled.main+xml" => Open + "presentationml.presentation.main+xml",
        "application/vnd.ms-powerpoint.slideshow.macroenabled.main+xml" => Open + "presentationml.slideshow.main+xml",
        "application/vnd.ms-powerpoint.template.macroenabled.main+xml" => Open + "presentationml.template.main+xml",
        "application/vnd.ms-powerpoint.slide.macroenabled.main+xml" => Open + "presentationml.slide.main+xml",
        "application/vnd.ms-visio.drawing.macroenabled.main+xml" => "application/vnd.ms-visio.drawing.main+xml",
        "application/vnd.ms-visio.template.macroenabled.main+xml" => "application/vnd.ms-visio.template.main+xml",
        "application/vnd.ms-visio.stencil.macroenabled.main+xml" => "application/vnd.ms-visio.stencil.main+xml",
        _ => null,
    };

    /// <summary>A file name and media type without macros, by the extension with them.</summary>
    public static (string Extension, string MediaType)? PlainName(string extension) => extension.ToLowerInvariant() switch
    {
        "docm" => ("docx", Open + "wordprocessingml.document"),
        "dotm" => ("dotx", Open + "wordprocessingml.template"),
        "xlsm" => ("xlsx", Open + "spreadsheetml.sheet"),
        "xltm" => ("xltx", Open + "spreadsheetml.template"),
        "pptm" => ("pptx", Open + "presentationml.presentation"),
        "ppsm" => ("ppsx", Open + "presentationml.slideshow"),
        "potm" => ("potx", Open + "presentationml.template"),
        "sldm" => ("sldx", Open + "presentationml.slide"),
        "vsdm" => ("vsdx", "application/vnd.ms-visio.drawing"),
        "vstm" => ("vstx", "application/vnd.ms-visio.template"),
        "vssm" => ("vssx", "application/vnd.ms-visio.stencil"),
        _ => null,
    };

    private static IEnumerable<(string Type, PartLook Look, FindingKind? Kind)> Rows()
    {
        List<(string, PartLook, FindingKind?)> rows = [];
        void Add(PartLook look, FindingKind? kind, string prefix, string suffix, string names)
        {
            foreach (string name in names.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)) rows.Add(((prefix + name + suffix).ToLowerInvariant(), look, kind));
        }

        Add(PartLook.Xml, null, Open + "wordprocessingml.", "+xml", """
            document.main template.main document.glossary styles stylesWithEffects settings webSettings fontTable numbering footnotes endnotes comments
            commentsExtended commentsIds commentsExtensible people header footer
            """);
        Add(PartLook.Xml, null, Open + "spreadsheetml.", "+xml", """
            sheet.main template.main worksheet chartsheet styles sharedStrings calcChain comments table tableSingleCells pivotTable pivotCacheDefinition pivotCacheRecords
            sheetMetadata userNames revisionHeaders revisionLog externalLink xmlMaps
            """);
        Add(PartLook.Xml, null, Open + "presentationml.", "+xml", """
            presentation.main slideshow.main template.main slide slideLayout slideMaster notesSlide notesMaster handoutMaster presProps viewProps tableStyles comments
            commentAuthors tags slide.main
            """);
        Add(PartLook.Xml, null, Open + "drawingml.", "+xml", "chart chartshapes diagramData diagramLayout diagramStyle diagramColors");
        Add(PartLook.Xml, null, Open, "", """
            theme+xml themeOverride+xml themeManager+xml drawing+xml vmlDrawing extended-properties+xml custom-properties+xml customXmlProperties+xml custom-xmlProperties+xml
            """);
        Add(PartLook.Xml, null, "application/vnd.ms-word.", "+xml", "document.macroEnabled.main template.macroEnabledTemplate.main stylesWithEffects");
        Add(PartLook.Xml, null, "application/vnd.ms-excel.", "+xml", """
            sheet.macroEnabled.main template.macroEnabled.main controlproperties threadedcomments person slicer slicerCache timeline timelineCache namedsheetviews
            rdrichvalue rdrichvaluestructure rdrichvaluetypes richvaluerel rdarray rdsupportingpropertybag rdsupportingpropertybagstructure richstyles featurepropertybag
            """);
        Add(PartLook.Xml, null, "application/vnd.ms-powerpoint.", "+xml", """
            presentation.macroEnabled.main slideshow.macroEnabled.main template.macroEnabled.main slide.macroEnabled.main revisioninfo changesinfo comments authors
            """);
        Add(PartLook.Xml, null, "application/vnd.ms-visio.", "+xml", """
            drawing.main template.main stencil.main drawing.macroEnabled.main template.macroEnabled.main stencil.macroEnabled.main pages page masters master windows comments validation
            """);
        Add(PartLook.Xml, null, "application/vnd.ms-office.", "+xml", "chartstyle chartcolorstyle chartex DrsDownRev DrsShape drawingml.diagramDrawing classificationlabels DrsE2oDoc");
        Add(PartLook.Xml, null, "application/vnd.openxmlformats-package.", "+xml", "core-properties relationships");
        Add(PartLook.Xml, null, "", "", "application/xml text/xml application/inkml+xml application/vnd.openxmlformats-officedocument.customXml+xml");

        Add(PartLook.Biff, null, "application/vnd.ms-excel.", "", "sheet.binary.macroEnabled.main worksheet chartsheet styles sharedStrings comments calcChain table externalLink pivotTable pivotCacheDefinition pivotCacheRecords sheetMetadata userNames tableSingleCells");
        Add(PartLook.Opaque, null, "", "", """
            application/vnd.openxmlformats-officedocument.spreadsheetml.printerSettings application/vnd.openxmlformats-officedocument.presentationml.printerSettings
            application/vnd.openxmlformats-officedocument.wordprocessingml.printerSettings application/vnd.ms-excel.binIndexWs application/vnd.ms-excel.binIndexMs
            application/vnd.openxmlformats-officedocument.spreadsheetml.customProperty application/vnd.ms-excel.printerSettings
            application/vnd.ms-office.legacyDocTextInfo application/vnd.ms-office.legacyDiagramText
            """);
        Add(PartLook.Image, null, "image/", "", "png x-png jpeg jpg pjpeg gif bmp x-bmp x-ms-bmp tiff tif x-tiff webp vnd.ms-photo jxr heic heif avif x-icon vnd.microsoft.icon x-pcx");
        Add(PartLook.Svg, null, "image/", "", "svg+xml svg");
        Add(PartLook.Metafile, null, "image/", "", "x-emf emf x-wmf wmf x-emz x-wmz");
        Add(PartLook.Media, null, "audio/", "", "mpeg mp3 mp4 x-m4a wav x-wav wave aac aiff x-aiff midi mid x-midi basic ogg flac x-ms-wma mpegurl amr unknown");
        Add(PartLook.Media, null, "video/", "", "mp4 mpeg mpg quicktime x-msvideo avi msvideo x-ms-wmv x-ms-asf webm x-m4v ogg 3gpp unknown");
        Add(PartLook.Embedding, null, "", "", """
            application/msword application/vnd.ms-word application/vnd.ms-excel application/vnd.ms-powerpoint application/vnd.visio
            application/vnd.openxmlformats-officedocument.oleObject application/vnd.openxmlformats-officedocument.package
            application/vnd.openxmlformats-officedocument.wordprocessingml.document application/vnd.openxmlformats-officedocument.wordprocessingml.template
            application/vnd.openxmlformats-officedocument.spreadsheetml.sheet application/vnd.openxmlformats-officedocument.spreadsheetml.template
            application/vnd.openxmlformats-officedocument.presentationml.presentation application/vnd.openxmlformats-officedocument.presentationml.template
            application/vnd.openxmlformats-officedocument.presentationml.slideshow application/vnd.openxmlformats-officedocument.presentationml.slide
            application/vnd.ms-word.document.macroEnabled.12 application/vnd.ms-word.document.macroEnabled application/vnd.ms-word.template.macroEnabled.12
            application/vnd.ms-excel.sheet.macroEnabled.12 application/vnd.ms-excel.sheet.macroEnabled application/vnd.ms-excel.template.macroEnabled.12
            application/vnd.ms-excel.sheet.binary.macroEnabled.12 application/vnd.ms-excel.sheet.binary.macroEnabled application/vnd.ms-powerpoint.presentation.macroEnabled.12
            application/vnd.ms-powerpoint.presentation.macroEnabled application/vnd.ms-powerpoint.slideshow.macroEnabled.12 application/vnd.ms-powerpoint.slide.macroEnabled.12
            application/vnd.ms-visio.drawing application/binary
            """);
        Add(PartLook.Signature, null, "application/vnd.openxmlformats-package.digital-signature-", "", "origin xmlsignature+xml certificate");

        Add(PartLook.Goes, OfficeFindings.VbaProject, "application/vnd.ms-office.", "", "vbaProject vbaProjectSignature vbaProjectSignatureAgile vbaProjectSignatureV3");
        Add(PartLook.Goes, OfficeFindings.VbaProject, "", "", "application/vnd.ms-word.vbaData+xml");
        Add(PartLook.Goes, OfficeFindings.XlmMacro, "", "", """
            application/vnd.ms-excel.macrosheet+xml application/vnd.ms-excel.intlmacrosheet+xml application/vnd.ms-excel.macrosheet application/vnd.ms-excel.intlmacrosheet
            application/vnd.openxmlformats-officedocument.spreadsheetml.dialogsheet+xml application/vnd.ms-excel.dialogsheet
            """);
        Add(PartLook.Goes, OfficeFindings.ActiveX, "application/vnd.ms-office.", "", "activeX+xml activeX");
        Add(PartLook.Goes, OfficeFindings.DataConnection, "", "", """
            application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml application/vnd.openxmlformats-officedocument.spreadsheetml.queryTable+xml
            application/vnd.ms-excel.connections application/vnd.ms-excel.queryTable application/vnd.openxmlformats-officedocument.wordprocessingml.mailMergeRecipientData+xml
            application/vnd.ms-word.mailMergeRecipientData+xml application/vnd.openxmlformats-officedocument.model+data application/vnd.ms-visio.recordset+xml
            application/vnd.ms-visio.recordsets+xml application/vnd.ms-visio.dataconnections+xml
            """);
        Add(PartLook.Goes, OfficeFindings.ActiveFunction, "", "", "application/vnd.openxmlformats-officedocument.spreadsheetml.volatileDependencies+xml application/vnd.ms-excel.volatileDependencies");
        Add(PartLook.Goes, OfficeFindings.CustomUi, "", "", """
            application/vnd.ms-word.keyMapCustomizations+xml application/vnd.ms-word.attachedToolbars application/vnd.ms-excel.attachedToolbars application/vnd.ms-office.ribbon+xml
            """);
        Add(PartLook.Goes, OoxmlFindings.WebExtension, "application/vnd.ms-office.", "", "webextension+xml webextensiontaskpanes+xml");
        Add(PartLook.Goes, OoxmlFindings.EpsImage, "", "", "image/x-eps image/eps application/postscript application/eps application/x-eps image/x-postscript");
        Add(PartLook.Goes, OoxmlFindings.EmbeddedFont, "", "", "application/vnd.openxmlformats-officedocument.obfuscatedFont application/x-fontdata application/x-font-ttf application/x-font-otf font/ttf font/otf");
        Add(PartLook.Goes, OoxmlFindings.AltChunk, "", "", "text/html application/xhtml+xml message/rfc822 text/rtf application/rtf text/plain application/x-mimearchive multipart/related");
        return rows;
    }
}
