namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>
/// A PDF or FDF file, read two ways at once: <see cref="Current"/> is what a reader that follows the cross-references sees, <see cref="Everything"/> is every
/// object that stands anywhere in the bytes: replaced, unreachable, inside of streams. Nothing is decoded without a bound, and nothing is held that can be read again.
/// </summary>
/// <remarks>Own code: the library decodes object streams without a limit, gives up on files without a trailer, and shows only one of the readings.</remarks>
internal sealed partial class PdfFile
{
    private const int FirstWindow = 4096;
    private const int MostResolved = 32;
    private readonly Limits _limits;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<long, PdfObjectStream> _streams = [];
    private readonly Queue<long> _streamOrder = new();
    private readonly PdfObject?[] _recent = new PdfObject?[256];
    private readonly PdfPlace[] _recentPlaces = new PdfPlace[256];
    private readonly List<long> _streamEnds;
    private readonly List<long> _objectEnds;
    private long _work;
    private long _decoded;
    private long _streamsHeld;
    private int _resolving;

    private PdfFile(PartBytes bytes, Limits limits, CancellationToken cancellation)
    {
        Source = new PdfSource(bytes);
        _limits = limits;
        _cancellation = cancellation;
        _work = (16 * bytes.Length) + (128L * 1024 * 1024);
        _streamEnds = Source.Find("endstream"u8, _limits.PdfObjects * 2, cancellation);
        _objectEnds = Source.Find("endobj"u8, _limits.PdfObjects * 2, cancellation);
    }

    public PdfSource Source { get; }

    /// <summary>Offset of <c>%PDF-</c> or <c>%FDF-</c>, -1 when there is none.</summary>
    public long HeaderOffset { get; private set; } = -1;

    public bool IsForm { get; private set; }

    /// <summary>From the header, <c>1.4</c> where it says nothing.</summary>
    public string Version { get; private set; } = "1.4";

    /// <summary>The trailer in force: Root, Info, ID, Encrypt.</summary>
    public PdfDictionary Trailer { get; private set; } = new([]);

    /// <summary>Every trailer, with the text it was read from.</summary>
    public List<PdfObject> Trailers { get; } = [];

    /// <summary>Where each object stands for a reader.</summary>
    public Dictionary<int, PdfPlace> Current { get; } = [];

    /// <summary>Every place in the file where an object begins, in order.</summary>
    public List<PdfPlace> Places { get; } = [];

    /// <summary>Why the cross-references were not believed; empty when they were.</summary>
    public string Damage { get; private set; } = "";

    /// <summary>The lock, or null.</summary>
    public PdfLock? Lock { get; private set; }

    /// <summary>Why no password opens it, or null.</summary>
    public string? UnknownLock { get; private set; }

    /// <summary>True when strings and streams can be read.</summary>
    public bool IsOpen => UnknownLock is null && (Lock is null || Lock.Key is not null);

    /// <summary>The number of the Encrypt dictionary, or -1: its strings are not encrypted.</summary>
    public int LockNumber { get; private set; } = -1;

    /// <summary>An object stream held back something: its data broke off, or its filter is not known. The place and why.</summary>
    public List<(PdfPlace Place, string Why)> Undecoded { get; } = [];

    /// <summary>Set when any object came from an object stream.</summary>
    public bool HasObjectStreams { get; private set; }

    /// <summary>Follows references to what they mean; null for null, nothing, and loops.</summary>
    public PdfValue? Resolve(PdfValue? value)
    {
        for (int steps = 0; value is PdfReference reference; steps++)
        {
            if (steps > 8) return null;
            value = Load(reference.Number)?.Value;
        }

        return value is PdfNull ? null : value;
    }

    /// <summary>A dictionary, also a stream's, behind a value; or null.</summary>
    public PdfDictionary? ResolveDictionary(PdfValue? value) => Resolve(value) switch
    {
        PdfDictionary dictionary => dictionary,
        PdfStream stream => stream.Dictionary,
        _ => null,
    };

    /// <summary>The name behind a key, or empty.</summary>
    public string NameOf(PdfDictionary dictionary, string key) => Resolve(dictionary[key]) is PdfName name ? name.Text : "";

    /// <summary>The object that readers see under a number, or null.</summary>
    public PdfObject? Load(int number) => Current.TryGetValue(number, out PdfPlace place) ? Load(place) : null;

    /// <summary>Every object of every reading: by place in the file, those of object streams behind their stream. Trailers come first.</summary>
    public IEnumerable<(PdfPlace Place, PdfObject Object)> Everything()
    {
        foreach (PdfObject trailer in Trailers) yield return (new PdfPlace(-1, 0, 0), trailer);
        for (int at = 0; at < Places.Count; at++)
        {
            PdfPlace place = Places[at];
            if (Load(place) is not { } found) continue;
            yield return (place, found);
            if (found.Value is not PdfStream stream || !IsObjectStream(stream.Dictionary) || ReadObjectStream(place, stream) is not { } members) continue;
            HasObjectStreams = true;
            for (int index = 0; index < members.Members.Count; index++)
            {
                _cancellation.ThrowIfCancellationRequested();
                if (Member(members, index) is { } member) yield return (new PdfPlace(member.Number, 0, place.Number, index), member);
            }
        }
    }

    /// <summary>The data of a stream behind its encryption.</summary>
    public Stream OpenRaw(PdfStream stream)
    {
        Stream data = Source.Bytes.OpenRead(stream.Offset, stream.Length);
        PdfCipher cipher = Lock?.Key is null ? PdfCipher.None : Lock.CipherOf(this, stream.Dictionary);
        return cipher is PdfCipher.None ? data : PdfCiphers.Open(cipher, Lock!.KeyOf(stream.Number, stream.Generation, cipher), data);
    }

    /// <summary>The data of a stream behind its filters; null with the filter's name when it is none that gives plain bytes.</summary>
    public Stream? OpenDecoded(PdfStream stream, out string? unknown) => PdfFilters.Decode(this, stream.Dictionary, OpenRaw(stream), out unknown, out _);

    internal PdfObject? Load(PdfPlace place)
    {
        _cancellation.ThrowIfCancellationRequested();
        int slot = (int)((((uint)place.Offset * 31) + (uint)place.Index + 1) % 256);
        if (_recent[slot] is { } known && _recentPlaces[slot] == place) return known;
        if (_resolving > MostResolved) return null;
        _resolving++;
        PdfObject? loaded;
        try
        {
            loaded = place.IsPacked ? LoadPacked(place) : LoadAt(place);
        }
        finally
        {
            _resolving--;
        }

        _recent[slot] = loaded;
        _recentPlaces[slot] = place;
        return loaded;
    }

    private PdfObject? LoadPacked(PdfPlace place)
    {
        // An object stream inside of an object stream is not one (7.5.7).
        if (!Current.TryGetValue((int)place.Offset, out PdfPlace container) || container.IsPacked) return null;
        if (Load(container) is not { Value: PdfStream stream } || ReadObjectStream(container, stream) is not { } members) return null;
        if (place.Index < members.Members.Count && members.Members[place.Index].Number == place.Number) return Member(members, place.Index);
        for (int index = 0; index < members.Members.Count; index++)
        {
            if (members.Members[index].Number == place.Number) return Member(members, index);
        }

        return null;
    }

    private PdfObject? Member(PdfObjectStream stream, int index)
    {
        (int number, int offset) = stream.Members[index];
        if (offset < 0 || offset >= stream.Text.Length) return null;
        ReadOnlyMemory<byte> text = stream.Text.AsMemory(offset);
        PdfParser parser = new(text.Span, _limits.PdfDepth);
        PdfValue? value = parser.Read();
        Spend(parser.Position);
        if (parser.TooDeep) throw new PdfLimitException($"{_limits.PdfDepth} levels in object {number}");
        return value is null ? null : new PdfObject(number, 0, value, text) { Faulty = parser.Faulty, Consumed = parser.Position };
    }

    private PdfObject? LoadAt(PdfPlace place)
    {
        for (int size = FirstWindow; ; size = Math.Min(size * 8, _limits.PdfObjectBytes))
        {
            ReadOnlyMemory<byte> text = Source.Memory(place.Offset, size);
            PdfParser parser = new(text.Span, _limits.PdfDepth);
            PdfValue? value = parser.Read();
            parser.SkipWhite();
            Spend(parser.Position);
            if (parser.TooDeep) throw new PdfLimitException($"{_limits.PdfDepth} levels in object {place.Number}");
            bool atEnd = place.Offset + text.Length >= Source.Length;
            if (!atEnd && (parser.Unfinished || parser.Position + 16 > text.Length))
            {
                if (size < _limits.PdfObjectBytes) continue;
                throw new PdfLimitException($"object {place.Number} is longer than {size} bytes");
            }

            if (value is null) return null;
            int consumed = parser.Position;
            if (value is PdfDictionary dictionary && text.Span[consumed..].StartsWith("stream"u8)) value = StreamAt(place, dictionary, text.Span, consumed + 6);
            if (Lock?.Key is not null && place.Number != LockNumber) value = Decrypted(value, place);
            return new PdfObject(place.Number, place.Generation, value, text) { Faulty = parser.Faulty, Consumed = consumed };
        }
    }

    private PdfStream StreamAt(PdfPlace place, PdfDictionary dictionary, ReadOnlySpan<byte> text, int at)
    {
        // CR LF or LF ends the keyword (7.3.8.1); blanks before it and a lone CR are forgiven.
        int line = at;
        while (line < text.Length && text[line] is (byte)' ' or (byte)'\t') line++;
        if (line < text.Length && text[line] is (byte)'\r' or (byte)'\n')
        {
            at = line + 1;
            if (text[line] == '\r' && at < text.Length && text[at] == '\n') at++;
        }

        long start = place.Offset + at;
        long length = Resolve(dictionary["Length"]) is PdfPlain { Whole: { } whole } && EndsAt(start, whole) ? whole : Searched(start);
        return new PdfStream(dictionary, start, length) { Number = place.Number, Generation = place.Generation, Start = dictionary.Start, End = dictionary.End };
    }

    // Between data and "endstream" stands a line end, or nothing.
    private bool EndsAt(long start, long length)
    {
        if (length < 0 || length > Source.Length - start) return false;
        ReadOnlySpan<byte> behind = Source.Window(start + length, 16);
        int at = 0;
        while (at < behind.Length && at < 4 && PdfParser.IsWhite(behind[at])) at++;
        return behind[at..].StartsWith("endstream"u8) || behind[at..].StartsWith("endobj"u8);
    }

    private long Searched(long start)
    {
        long end = Math.Min(NextOf(_streamEnds, start), NextOf(_objectEnds, start));
        if (end == long.MaxValue) return Math.Max(0, Source.Length - start);
        ReadOnlySpan<byte> before = Source.Window(Math.Max(start, end - 2), (int)Math.Min(2, end - start));
        if (before.Length == 2 && before[0] == '\r' && before[1] == '\n') end -= 2;
        else if (before.Length > 0 && before[^1] is (byte)'\r' or (byte)'\n') end--;
        return end - start;
    }

    private static long NextOf(List<long> places, long from)
    {
        int at = places.BinarySearch(from);
        if (at < 0) at = ~at;
        return at < places.Count ? places[at] : long.MaxValue;
    }

    // Overlapping objects make a file cost more than its length; good files are read a few times over.
    private void Spend(int bytes)
    {
        _work -= bytes + 64;
        if (_work < 0) throw new PdfLimitException("objects that overlap: more to read than 16 times the file");
    }
}
