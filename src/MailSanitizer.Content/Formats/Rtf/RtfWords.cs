using System.Collections.Frozen;

namespace MailSanitizer.Content.Formats.Rtf;

/// <summary>The control words that somebody here asks for; every other one is <see cref="None"/>.</summary>
public enum RtfWord
{
    /// <summary>Not in this list, or no word.</summary>
    None,

    /// <summary><c>\rtf</c>, <c>\rt</c>.</summary>
    Rtf,

    /// <summary><c>\bin</c>: the bytes behind it are data.</summary>
    Bin,

    /// <summary><c>\u</c>: a UTF-16 unit, followed by what older readers show.</summary>
    U,

    /// <summary><c>\uc</c>: how many characters older readers show for a <c>\u</c>.</summary>
    Uc,

    /// <summary>A word that stands for a space or a line end in text.</summary>
    Space,

    /// <summary><c>\object</c>.</summary>
    Object,

    /// <summary>The object's bytes.</summary>
    ObjData,

    /// <summary>An object that is an ActiveX control.</summary>
    ObjOcx,

    /// <summary>An object that is HTML (a page in a frame).</summary>
    ObjHtml,

    /// <summary>An object that is a link.</summary>
    ObjLink,

    /// <summary>A link that updates itself.</summary>
    ObjAutLink,

    /// <summary>Loads the object before anybody clicks.</summary>
    ObjUpdate,

    /// <summary>A destination inside an object: class, name, alias, section, time.</summary>
    ObjText,

    /// <summary>Any other word about an object: size, crop, kind.</summary>
    ObjProperty,

    /// <summary>What is shown in the place of an object.</summary>
    Result,

    /// <summary><c>\field</c>.</summary>
    Field,

    /// <summary>The instruction of a field.</summary>
    FieldInstruction,

    /// <summary>What a field shows.</summary>
    FieldResult,

    /// <summary>A flag of a field.</summary>
    FieldFlag,

    /// <summary>Data or form settings of a field: no part of its instruction.</summary>
    FieldData,

    /// <summary>The macro that runs when a form field is entered or left.</summary>
    FormMacro,

    /// <summary>The template that is loaded with the document.</summary>
    Template,

    /// <summary>Files that the document consists of.</summary>
    FileTable,

    /// <summary>The next document, or the file of a font.</summary>
    OtherFile,

    /// <summary>A document in the file table, shown here.</summary>
    SubDocument,

    /// <summary>Mail merge: a data source and its query.</summary>
    MailMerge,

    /// <summary>Base of relative links.</summary>
    LinkBase,

    /// <summary>A hyperlink of a shape.</summary>
    ShapeLink,

    /// <summary>A property of a shape.</summary>
    ShapeProperty,

    /// <summary>The property's name.</summary>
    ShapeName,

    /// <summary>The property's value.</summary>
    ShapeValue,

    /// <summary>XML data behind content controls, as an OLE object.</summary>
    DataStore,

    /// <summary>The theme, as a ZIP package.</summary>
    ThemeData,

    /// <summary>A picture.</summary>
    Picture,

    /// <summary>HTML that the RTF was made from (MS-OXRTFEX).</summary>
    FromHtml,

    /// <summary>A piece of that HTML.</summary>
    HtmlTag,

    /// <summary>Switches RTF that is not part of that HTML off and on.</summary>
    HtmlRtf,
}

/// <summary>Names of <see cref="RtfWord"/> (RTF 1.9.1; letter case ignored, as a reader might).</summary>
public static class RtfWords
{
    private static readonly FrozenDictionary<string, RtfWord> Known = Table();
    private static readonly FrozenDictionary<string, RtfWord>.AlternateLookup<ReadOnlySpan<char>> Lookup = Known.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The word of that name in lower case.</summary>
    public static RtfWord Find(ReadOnlySpan<char> name)
    {
        if (Lookup.TryGetValue(name, out RtfWord word)) return word;

        // Readers may know more of these than the specification does.
        return name.StartsWith("obj") || name.StartsWith("rslt") ? RtfWord.ObjProperty : RtfWord.None;
    }

    private static FrozenDictionary<string, RtfWord> Table()
    {
        Dictionary<string, RtfWord> table = new(StringComparer.Ordinal);
        Add(RtfWord.Rtf, "rt rtf");
        Add(RtfWord.Bin, "bin");
        Add(RtfWord.U, "u");
        Add(RtfWord.Uc, "uc");
        Add(RtfWord.Space, "par tab line emspace enspace qmspace sect page cell row softline lbr");
        Add(RtfWord.Object, "object");
        Add(RtfWord.ObjData, "objdata");
        Add(RtfWord.ObjOcx, "objocx");
        Add(RtfWord.ObjHtml, "objhtml");
        Add(RtfWord.ObjLink, "objlink objsub objpub linkself");
        Add(RtfWord.ObjAutLink, "objautlink");
        Add(RtfWord.ObjUpdate, "objupdate");
        Add(RtfWord.ObjText, "objclass objname objalias objsect objtime oleclsid");
        Add(RtfWord.Result, "result");
        Add(RtfWord.Field, "field");
        Add(RtfWord.FieldInstruction, "fldinst");
        Add(RtfWord.FieldResult, "fldrslt");
        Add(RtfWord.FieldFlag, "flddirty fldedit fldlock fldpriv fldalt");
        Add(RtfWord.FieldData, "datafield formfield fldtype");
        Add(RtfWord.FormMacro, "ffentrymcr ffexitmcr");
        Add(RtfWord.Template, "template");
        Add(RtfWord.FileTable, "filetbl");
        Add(RtfWord.OtherFile, "nextfile fontfile");
        Add(RtfWord.SubDocument, "subdocument");
        Add(RtfWord.MailMerge, "mailmerge");
        Add(RtfWord.LinkBase, "hlinkbase");
        Add(RtfWord.ShapeLink, "hlsrc");
        Add(RtfWord.ShapeProperty, "sp");
        Add(RtfWord.ShapeName, "sn");
        Add(RtfWord.ShapeValue, "sv");
        Add(RtfWord.DataStore, "datastore");
        Add(RtfWord.ThemeData, "themedata");
        Add(RtfWord.Picture, "pict shppict nonshppict shp shpinst do");
        Add(RtfWord.FromHtml, "fromhtml");
        Add(RtfWord.HtmlTag, "htmltag mhtmltag");
        Add(RtfWord.HtmlRtf, "htmlrtf");

        // The place of an attachment in a mail's body: a mark, no object.
        Add(RtfWord.None, "objattph");
        return table.ToFrozenDictionary(StringComparer.Ordinal);

        void Add(RtfWord word, string names)
        {
            foreach (string name in names.Split(' ')) table.Add(name, word);
        }
    }
}
