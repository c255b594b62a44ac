using System.Text;
using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>What Word's parts have: fields, however they are split over runs and nested (ECMA-376 part 1, 17.16.18), mail merge, macro calls of form fields.</summary>
internal sealed class WordXml(PartXml part)
{
    private readonly Stack<Field> _fields = [];

    public void Start(XmlWalk walk, XmlFrame element)
    {
        switch (element.Local)
        {
            case "fldSimple":
                Simple(walk, element);
                break;
            case "fldChar":
                Character(walk, element);
                break;
            case "instrText" or "delInstrText":
                element.KeepText();
                Note(element);
                break;
            case "t" or "delText" when _fields.Count > 0:
                element.KeepText();
                Note(element);
                break;
            case "tab" or "br" or "cr" or "sym" or "drawing" or "pict" or "object" or "noBreakHyphen" or "AlternateContent" when _fields.Count > 0 && walk.Above(1)?.Local == "r":
                Note(element);
                break;
            case "mailMerge":
                if (part.Takes(OfficeFindings.DataConnection, "mailMerge")) part.Remove(walk, element);
                break;
            case "entryMacro" or "exitMacro":
                if (part.Takes(OoxmlFindings.MacroCall, element.Local)) part.Remove(walk, element);
                break;
            case "docSuppData" or "binData" when walk.Reader.GetAttribute("name", element.Namespace) is { } name && name.EndsWith(".mso", StringComparison.OrdinalIgnoreCase):
                if (part.Takes(OfficeFindings.VbaProject, name)) part.Remove(walk, element);
                break;
            default:
                break;
        }
    }

    public void End(XmlWalk walk, XmlFrame element)
    {
        if (element.Text is not { } text || _fields.Count == 0) return;
        switch (element.Local)
        {
            case "instrText" or "delInstrText":
                if (!_fields.Peek().InResult) _fields.Peek().Code.Append(text);
                break;
            case "t" or "delText":
                // The result of a field inside an instruction is part of that instruction.
                foreach (Field field in _fields)
                {
                    if (field.InResult) continue;
                    field.Code.Append(text);
                    break;
                }

                break;
            default:
                break;
        }
    }

    /// <summary>Fields that nobody ends are fields all the same.</summary>
    public void Finish()
    {
        while (_fields.Count > 0) Judge(_fields.Pop());
    }

    private void Simple(XmlWalk walk, XmlFrame element)
    {
        string code = "";
        while (walk.Reader.MoveToNextAttribute())
        {
            if (walk.Reader.LocalName == "instr") code = walk.Reader.Value;
        }

        walk.Reader.MoveToElement();
        if (FieldJudge.Judge(code, false, out string? link) is { } found)
        {
            if (part.Takes(found.Kind, found.Detail)) part.Plan.Unwrap(element.Ordinal);
        }
        else if (link is not null)
        {
            part.Link(link);
        }
    }

    private void Character(XmlWalk walk, XmlFrame element)
    {
        string type = "";
        while (walk.Reader.MoveToNextAttribute())
        {
            if (walk.Reader.LocalName == "fldCharType") type = walk.Reader.Value.Trim();
        }

        walk.Reader.MoveToElement();
        Note(element);
        switch (type)
        {
            case "begin":
                Field? outer = _fields.Count > 0 ? _fields.Peek() : null;
                if (outer is { InResult: false } && string.IsNullOrWhiteSpace(outer.Code.ToString())) outer.Computed = true;
                Field field = new();
                field.Own.Add(element.Ordinal);
                _fields.Push(field);
                break;
            case "separate" when _fields.Count > 0:
                _fields.Peek().Own.Add(element.Ordinal);
                _fields.Peek().InResult = true;
                break;
            case "end" when _fields.Count > 0:
                Field ended = _fields.Pop();
                ended.Own.Add(element.Ordinal);
                Judge(ended);
                break;
            default:
                break;
        }
    }

    // Everything that stands in an instruction goes with it, else it would become text.
    private void Note(XmlFrame element)
    {
        foreach (Field field in _fields)
        {
            if (!field.InResult) field.Instruction.Add(element.Ordinal);
        }
    }

    private void Judge(Field field)
    {
        if (FieldJudge.Judge(field.Code.ToString(), field.Computed, out string? link) is not { } found)
        {
            if (link is not null) part.Link(link);
            return;
        }

        if (!part.Takes(found.Kind, found.Detail)) return;
        foreach (int ordinal in field.Own) part.Plan.Remove(ordinal);
        foreach (int ordinal in field.Instruction) part.Plan.Remove(ordinal);
    }

    private sealed class Field
    {
        public List<int> Own { get; } = [];

        public List<int> Instruction { get; } = [];

        public StringBuilder Code { get; } = new();

        public bool InResult { get; set; }

        public bool Computed { get; set; }
    }
}
