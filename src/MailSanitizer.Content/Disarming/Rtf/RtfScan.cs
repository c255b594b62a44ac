using MailSanitizer.Content.Formats.Rtf;

namespace MailSanitizer.Content.Disarming.Rtf;

/// <summary>
/// One pass over a document that notes every place where something can act. Words are judged wherever they stand, in groups that close or not, in
/// destinations that readers would pass over: what one reader skips, another may obey.
/// </summary>
internal sealed class RtfScan
{
    private readonly PartBytes _bytes;
    private readonly Limits _limits;
    private readonly CancellationToken _cancellation;
    private readonly RtfReader _reader;
    private readonly List<Frame> _frames = [];
    private readonly List<Destination> _open = [];
    private readonly List<(RtfPlace Place, RtfField Field)> _fieldsGone = [];
    private ILookup<RtfPlace, RtfField>? _fieldsOf;
    private long _star = -1;
    private bool _starAfterBareWord;
    private bool _bareWord;
    private long _budget;

    private RtfScan(PartBytes bytes, Limits limits, CancellationToken cancellation)
    {
        (_bytes, _limits, _cancellation) = (bytes, limits, cancellation);
        _reader = new RtfReader(bytes, cancellation);

        // Destinations are read a second time; inside each other without end they would be read without end.
        _budget = (8 * bytes.Length) + (16L * 1024 * 1024);
    }

    /// <summary>The places, in the order in which they begin to be known; the same for the same bytes.</summary>
    public List<RtfPlace> Places { get; } = [];

    /// <summary>Targets of hyperlinks that readers can follow.</summary>
    public List<string> Links { get; } = [];

    /// <summary>The limit that ended the pass, or null.</summary>
    public FindingKind? Limit { get; private set; }

    /// <summary>The HTML that the document carries, in ranges of its groups; empty when it carries none.</summary>
    public List<RtfRange> Html { get; } = [];

    public static RtfScan Of(PartBytes bytes, Limits limits, CancellationToken cancellation)
    {
        RtfScan scan = new(bytes, limits, cancellation);
        scan.Run();
        return scan;
    }

    private void Run()
    {
        while (_reader.Read())
        {
            if (Places.Count >= _limits.RtfPlaces || _open.Count >= _limits.RtfPlaces || Links.Count >= _limits.RtfPlaces || _budget < 0)
            {
                Limit = RtfFindings.OverPlaces;
                break;
            }

            if (_frames.Count >= _limits.RtfDepth)
            {
                Limit = RtfFindings.OverDepth;
                break;
            }

            One();
        }

        while (_frames.Count > 0) Close(_reader.Offset, _reader.Offset);
        Resolve(0, _reader.Offset, _reader.Offset);
        if (_budget < 0) Limit ??= RtfFindings.OverPlaces;
    }

    private void One()
    {
        bool keepsStar = false;
        switch (_reader.Kind)
        {
            case RtfTokenKind.GroupStart:
                if (_frames.Count > 0) _frames[^1].IsEmpty = false;
                _frames.Add(new Frame(_reader.Offset, _bareWord));
                break;
            case RtfTokenKind.GroupEnd when _frames.Count > 0:
                Close(_reader.Offset, _reader.TokenEnd);
                break;
            case RtfTokenKind.Symbol when _reader.Value == '*':
                (_star, _starAfterBareWord, keepsStar) = (_reader.Offset, _bareWord, true);
                break;
            case RtfTokenKind.Word:
                Word();
                if (_frames.Count > 0) _frames[^1].IsEmpty = false;
                break;
            case RtfTokenKind.Text when !_reader.Text.ContainsAnyExcept("\r\n\0 "u8):
                keepsStar = true;
                break;
            default:
                if (_reader.Kind == RtfTokenKind.Hex && _reader.IsOdd) Note(RtfFindings.Disagreement, "\\'", Token());
                if (_frames.Count > 0) _frames[^1].IsEmpty = false;
                break;
        }

        if (!keepsStar) _star = -1;
        _bareWord = _reader.Kind == RtfTokenKind.Word && !_reader.IsDelimited;
    }

    private void Word()
    {
        switch (_reader.Word)
        {
            case RtfWord.None or RtfWord.Rtf or RtfWord.Uc or RtfWord.U or RtfWord.Space or RtfWord.Picture or RtfWord.FieldData or RtfWord.FromHtml:
                break;
            case RtfWord.Bin:
                if (_reader.IsOdd) Note(RtfFindings.Disagreement, "\\bin", Token());
                break;
            case RtfWord.Object or RtfWord.ObjOcx or RtfWord.ObjHtml or RtfWord.ObjLink or RtfWord.ObjAutLink or RtfWord.ObjUpdate or RtfWord.ObjProperty:
                ObjectWord();
                break;
            case RtfWord.Result:
                if (Enclosing(frame => frame.Object is not null)?.Object is { } shown) shown.Ranges.Add(WithStar());
                break;
            case RtfWord.Field:
                (Last().Field ??= new RtfField()).Words.Add(WithStar());
                break;
            case RtfWord.FieldResult or RtfWord.FieldFlag:
                Enclosing(frame => frame.Field is not null)?.Field!.Words.Add(WithStar());
                break;
            case RtfWord.ShapeProperty:
                Last().Shape ??= new RtfShapeProperty();
                Open();
                break;
            case RtfWord.SubDocument:
                Note(OfficeFindings.ExternalLink, "sub-document", WithStar());
                break;
            case RtfWord.HtmlRtf:
                Html.Add(Token());
                break;
            default:
                Open();
                break;
        }
    }

    private void ObjectWord()
    {
        RtfObjectPlace place = ObjectHere(isBeginning: _reader.Word == RtfWord.Object);
        RtfRange range = WithStar();
        place.Ranges.Add(range);
        switch (_reader.Word)
        {
            case RtfWord.ObjOcx: place.IsControl = true; break;
            case RtfWord.ObjHtml: place.IsHtml = true; break;
            case RtfWord.ObjLink: place.IsLink = true; break;
            case RtfWord.ObjAutLink:
                place.IsLink = true;
                place.Updates.Add(range);
                break;
            case RtfWord.ObjUpdate: place.Updates.Add(range); break;
        }
    }

    /// <summary>The object that a word belongs to; a word outside every object is one of its own.</summary>
    private RtfObjectPlace ObjectHere(bool isBeginning)
    {
        Frame here = Last();
        RtfObjectPlace? place = isBeginning ? here.Object : Enclosing(frame => frame.Object is not null)?.Object;
        if (place is not null) return place;
        place = new RtfObjectPlace(_reader.Offset);
        Places.Add(place);
        here.Object = place;
        return place;
    }

    // Text behind the last group is read like everything else, in a frame of its own that the end of the document closes.
    private Frame Last()
    {
        if (_frames.Count == 0) _frames.Add(new Frame(_reader.Offset, false) { IsVirtual = true, IsEmpty = false });
        return _frames[^1];
    }

    private Frame? Enclosing(Predicate<Frame> wanted)
    {
        // A bound on levels, for 10,000 empty ones around each of many words would cost a square; Word itself nests an object's words two deep.
        for (int i = _frames.Count - 1, levels = 0; i >= 0 && levels < 64; i--, levels++)
        {
            if (wanted(_frames[i])) return _frames[i];
        }

        return null;
    }

    /// <summary>A destination begins: it is judged when its group ends.</summary>
    private void Open()
    {
        Frame frame = Last();
        bool whole = frame.IsEmpty && !frame.IsVirtual;
        RtfRange word = WithStar();
        RtfObjectPlace? place = _reader.Word is RtfWord.ObjData or RtfWord.ObjText ? ObjectHere(isBeginning: false) : null;
        _open.Add(new Destination(_frames.Count, _reader.Word, whole ? new RtfRange(frame.Start, 0, frame.AfterBareWord) : word, whole, _reader.TokenEnd) { Object = place });
    }

    private void Close(long end, long groupEnd)
    {
        Resolve(_frames.Count, end, groupEnd);
        _frames.RemoveAt(_frames.Count - 1);
    }

    private void Resolve(int level, long end, long groupEnd)
    {
        while (_open.Count > 0 && _open[^1].Level >= level)
        {
            Destination destination = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            RtfRange range = destination.Range with { End = destination.IsWhole ? groupEnd : end };
            Judge(destination, range, end);
        }
    }

    private void Judge(Destination destination, RtfRange range, long end)
    {
        long start = destination.ContentStart;
        _budget -= destination.Word is RtfWord.ObjData or RtfWord.DataStore or RtfWord.ThemeData ? end - start : Math.Min(end - start, 64L * _limits.RtfText);
        if (_budget < 0) return;
        switch (destination.Word)
        {
            case RtfWord.ObjText:
                destination.Object!.Ranges.Add(range);
                break;
            case RtfWord.ObjData:
                destination.Object!.Ranges.Add(range);
                destination.Object.Data.Add((start, end));
                break;
            case RtfWord.FieldInstruction:
                Instruction(range, start, end);
                break;
            case RtfWord.Template:
                string template = Text(start, end);
                if (!RtfTargets.IsBareName(template)) Note(OfficeFindings.RemoteTemplate, template, range);
                break;
            case RtfWord.FileTable or RtfWord.OtherFile:
                Note(OfficeFindings.ExternalLink, Text(start, end), range);
                break;
            case RtfWord.FormMacro:
                Note(RtfFindings.FormMacro, Text(start, end), range);
                break;
            case RtfWord.MailMerge:
                Note(OfficeFindings.DataConnection, "mail merge", range);
                break;
            case RtfWord.LinkBase or RtfWord.ShapeLink:
                string target = Text(start, end);
                if (!RtfTargets.IsPassive(target)) Note(OfficeFindings.UnsafeHyperlink, target, range);
                else if (target.Trim().Length > 0) Links.Add(target);
                break;
            case RtfWord.ShapeName:
                if (Shape() is { } named) named.Name = (start, end);
                break;
            case RtfWord.ShapeValue:
                if (Shape() is { } valued) valued.Value = (start, end);
                break;
            case RtfWord.ShapeProperty:
                Property(range);
                break;
            case RtfWord.DataStore or RtfWord.ThemeData:
                if (RtfStores.Problem(destination.Word, _bytes, start, end, _limits, _cancellation) is { } problem) Note(RtfFindings.HiddenStore, problem, range);
                break;
            case RtfWord.HtmlTag:
                Html.Add(range);
                break;
        }
    }

    private void Instruction(RtfRange range, long start, long end)
    {
        RtfField? field = Enclosing(frame => frame.Field is not null)?.Field;
        string text = RtfText.Read(_bytes, start, end, _limits.RtfText, everything: false, _cancellation);
        string other = RtfText.Read(_bytes, start, end, _limits.RtfText, everything: true, _cancellation);
        FieldInstruction judged = FieldInstruction.Judge(text);
        if (judged.Kind is null && other != text) judged = FieldInstruction.Judge(other) is { Kind: not null } acts ? acts : judged;
        if (judged.Link is { } link) Links.Add(link);
        if (judged.Kind is null) return;
        RtfPlace place = new(judged.Kind, range.Start, judged.Detail);
        place.Ranges.Add(range);
        Places.Add(place);
        if (field is not null) _fieldsGone.Add((place, field));
    }

    /// <summary>The places with the words of their fields, which are known only at the end of the document.</summary>
    public IEnumerable<RtfRange> FieldWords(RtfPlace place)
    {
        _fieldsOf ??= _fieldsGone.ToLookup(gone => gone.Place, gone => gone.Field);
        return _fieldsOf[place].SelectMany(field => field.Words);
    }

    private RtfShapeProperty? Shape() => Enclosing(frame => frame.Shape is not null)?.Shape;

    private void Property(RtfRange range)
    {
        if (_frames.Count == 0 || _frames[^1].Shape is not { } shape || shape.Name.End == 0 || shape.Value.End == 0) return;
        string name = Text(shape.Name.Start, shape.Name.End, 64).Trim();
        if (!name.EndsWith("Name", StringComparison.OrdinalIgnoreCase) || !(name.Contains("pib", StringComparison.OrdinalIgnoreCase) || name.Contains("blip", StringComparison.OrdinalIgnoreCase))) return;
        string value = Text(shape.Value.Start, shape.Value.End);
        if (RtfTargets.IsElsewhere(value)) Note(OfficeFindings.ExternalLink, value, range);
    }

    private string Text(long start, long end) => Text(start, end, _limits.RtfText);

    private string Text(long start, long end, int most) => RtfText.Read(_bytes, start, end, most, everything: true, _cancellation);

    private void Note(FindingKind kind, string detail, RtfRange range)
    {
        RtfPlace place = new(kind, range.Start, detail);
        place.Ranges.Add(range);
        Places.Add(place);
    }

    private RtfRange Token() => new(_reader.Offset, _reader.TokenEnd, _bareWord);

    // A mark for "pass over what you do not know" goes with its word: left behind, it would hide the next one.
    private RtfRange WithStar() => _star >= 0 ? new RtfRange(_star, _reader.TokenEnd, _starAfterBareWord) : Token();

    private sealed class Frame(long start, bool afterBareWord)
    {
        public long Start => start;

        public bool AfterBareWord => afterBareWord;

        public bool IsVirtual { get; init; }

        public bool IsEmpty { get; set; } = true;

        public RtfObjectPlace? Object { get; set; }

        public RtfField? Field { get; set; }

        public RtfShapeProperty? Shape { get; set; }
    }

    private sealed record Destination(int Level, RtfWord Word, RtfRange Range, bool IsWhole, long ContentStart)
    {
        public RtfObjectPlace? Object { get; init; }
    }
}
