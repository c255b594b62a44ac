namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>How the objects are found: cross-reference tables and streams (7.5.4, 7.5.8), hybrid files, incremental saves.</summary>
internal sealed partial class PdfFile
{
    private readonly Dictionary<long, PdfPlace> _placesByStart = [];
    private readonly HashSet<int> _free = [];
    private readonly HashSet<long> _trailerOffsets = [];
    private readonly List<int> _misplaced = [];
    private long _base;
    private int _sections;

    /// <summary>Reads what stands outside of objects. <see cref="Settle"/> is to be called when the lock is open, or stays shut.</summary>
    public static PdfFile Open(PartBytes bytes, Limits limits, CancellationToken cancellation)
    {
        PdfFile file = new(bytes, limits, cancellation);
        file.FindHeader();
        file.FindPlaces();
        file.ReadChain();
        file.ReadTrailers();
        file.ReadLock();
        return file;
    }

    /// <summary>Tries a password on the lock; what was read while it was shut is forgotten when it opens.</summary>
    public bool Unlock(string password)
    {
        if (Lock is null || !Lock.TryOpen(password)) return false;
        Array.Clear(_recent);
        _streams.Clear();
        _streamOrder.Clear();
        _streamsHeld = 0;
        Undecoded.Clear();
        return true;
    }

    /// <summary>Believes the cross-references, mends single ones, or finds all objects by searching.</summary>
    public void Settle()
    {
        if (!HasRoot())
        {
            Recover();
            if (Damage.Length == 0) Damage = "no cross-reference leads to the catalogue";
            return;
        }

        if (_misplaced.Count == 0) return;
        HashSet<int> misplaced = [.. _misplaced];
        foreach (PdfPlace place in Places.Where(place => misplaced.Contains(place.Number))) Current[place.Number] = place;
        int mended = misplaced.Count(Current.ContainsKey);
        if (mended > 0) Damage = $"{mended} cross-references point elsewhere";
    }

    /// <summary>The catalogue, or null.</summary>
    public PdfDictionary? Root => Resolve(Trailer["Root"]) as PdfDictionary;

    private bool HasRoot() => Root is { } root && (IsForm ? Resolve(root["FDF"]) is PdfDictionary : Resolve(root["Pages"]) is PdfDictionary || !IsOpen);

    /// <summary>Behind the last <c>%%EOF</c> that a startxref stands before; -1 when there is none.</summary>
    public long EndOffset { get; private set; } = -1;

    private void ReadChain()
    {
        List<long> marks = Source.Find("startxref"u8, _limits.PdfRevisions * 4, _cancellation);
        if (marks.Count == 0) return;
        ReadOnlySpan<byte> last = Source.Window(marks[^1] + 9, 64);
        if (last.IndexOf("%%EOF"u8) is var end and >= 0) EndOffset = marks[^1] + 9 + end + 5;
        PdfParser parser = new(last, 4);
        if (parser.Read() is not PdfPlain { Whole: { } start }) return;
        if (!IsSection(start) && HeaderOffset > 0 && IsSection(start + HeaderOffset)) _base = HeaderOffset;
        HashSet<long> seen = [];
        Queue<long> next = new([start + _base]);
        while (next.TryDequeue(out long offset))
        {
            if (!seen.Add(offset)) continue;
            if (++_sections > _limits.PdfRevisions) throw new PdfLimitException($"more than {_limits.PdfRevisions} cross-reference sections");
            _cancellation.ThrowIfCancellationRequested();
            if (ReadSection(offset) is not { } trailer) continue;
            if (Trailer.Entries.Count == 0) Trailer = trailer;
            if (trailer["Prev"] is PdfPlain { Whole: { } before }) next.Enqueue(before + _base);
        }
    }

    private bool IsSection(long offset)
    {
        ReadOnlySpan<byte> text = Source.Window(offset, 64);
        int at = 0;
        while (at < text.Length && PdfParser.IsWhite(text[at])) at++;
        return text[at..].StartsWith("xref"u8) || PlaceAt(offset, out _);
    }

    private bool PlaceAt(long offset, out PdfPlace place)
    {
        if (_placesByStart.TryGetValue(offset, out place)) return true;
        PdfParser parser = new(Source.Window(offset, 256), 4);
        parser.SkipWhite();
        long start = offset + parser.Position;
        if (_placesByStart.TryGetValue(start, out place)) return true;
        if (parser.Read() is not PdfPlain { Whole: >= 0 and <= int.MaxValue and var number }) return false;
        if (parser.Read() is not PdfPlain { Whole: >= 0 and <= ushort.MaxValue and var generation }) return false;
        parser.SkipWhite();
        if (!parser.PeekWord().StartsWith("obj"u8)) return false;
        place = new PdfPlace((int)number, (int)generation, offset + parser.Position + 3);
        AddPlace(start, place);
        return true;
    }

    private PdfDictionary? ReadSection(long offset)
    {
        ReadOnlySpan<byte> text = Source.Window(offset, 64);
        int at = 0;
        while (at < text.Length && PdfParser.IsWhite(text[at])) at++;
        if (text[at..].StartsWith("xref"u8)) return ReadTable(offset + at + 4);
        if (!PlaceAt(offset, out PdfPlace place) || LoadAt(place) is not { Value: PdfStream stream }) return null;
        ReadStreamSection(stream);
        return stream.Dictionary;
    }

    private PdfDictionary? ReadTable(long offset)
    {
        ReadOnlyMemory<byte> memory = Source.Memory(offset, _limits.PdfObjectBytes);
        ReadOnlySpan<byte> text = memory.Span;
        List<(int Number, long Offset)> used = [];
        List<int> free = [];
        int at = 0;
        while (true)
        {
            long? first = Number(text, ref at), count = first is null ? null : Number(text, ref at);
            if (first is null || count is null) break;
            for (long index = 0; index < count; index++)
            {
                if (Number(text, ref at) is not { } place || Number(text, ref at) is null) break;
                SkipWhite(text, ref at);
                if (at >= text.Length) break;
                byte kind = text[at++];
                long number = first.Value + index;
                if (number > int.MaxValue) break;
                if (kind == 'n') used.Add(((int)number, place));
                else free.Add((int)number);
                if (used.Count + free.Count > _limits.PdfObjects * 2) throw new PdfLimitException("a cross-reference table without end");
            }
        }

        SkipWhite(text, ref at);
        PdfDictionary? trailer = null;
        if (text[at..].StartsWith("trailer"u8)) trailer = ReadTrailer(offset + at);

        // Hybrid files (7.5.8.4): what the stream names is marked free in the table.
        if (trailer?["XRefStm"] is PdfPlain { Whole: { } hidden } && PlaceAt(hidden + _base, out PdfPlace place2) && LoadAt(place2) is { Value: PdfStream stream })
        {
            foreach ((int number, long place) in used) Use(number, place);
            ReadStreamSection(stream);
        }

        foreach ((int number, long place) in used) Use(number, place);
        foreach (int number in free)
        {
            if (!Current.ContainsKey(number)) _free.Add(number);
        }

        return trailer;
    }

    private static void SkipWhite(ReadOnlySpan<byte> text, ref int at)
    {
        while (at < text.Length && PdfParser.IsWhite(text[at])) at++;
    }

    private static long? Number(ReadOnlySpan<byte> text, ref int at)
    {
        SkipWhite(text, ref at);
        int start = at;
        while (at < text.Length && char.IsAsciiDigit((char)text[at])) at++;
        return Whole(text[start..at]);
    }

    private void Use(int number, long offset)
    {
        if (Current.ContainsKey(number) || _free.Contains(number)) return;

        // Many writers mark what is free as used at 0.
        if (offset == 0)
        {
            _free.Add(number);
            return;
        }

        if (PlaceAt(offset + _base, out PdfPlace place) && place.Number == number) Current[number] = place;
        else _misplaced.Add(number);
    }

    private void ReadStreamSection(PdfStream stream)
    {
        if (NameOf(stream.Dictionary, "Type") != "XRef" || Decode(stream, out _) is not { } data) return;
        if (stream.Dictionary["W"] is not PdfArray { Items.Count: >= 3 } widths) return;
        Span<int> width = stackalloc int[3];
        for (int at = 0; at < 3; at++) width[at] = (int)Math.Clamp((widths.Items[at] as PdfPlain)?.Whole ?? 0, 0, 8);
        int length = width[0] + width[1] + width[2];
        if (length == 0) return;
        long size = (stream.Dictionary["Size"] as PdfPlain)?.Whole ?? 0;
        List<PdfValue> index = stream.Dictionary["Index"] is PdfArray given ? given.Items : [new PdfPlain("0"), new PdfPlain(size.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        int position = 0;
        for (int pair = 0; pair + 1 < index.Count; pair += 2)
        {
            long first = (index[pair] as PdfPlain)?.Whole ?? 0, count = (index[pair + 1] as PdfPlain)?.Whole ?? 0;
            for (long number = first; number < first + count && position + length <= data.Length; number++, position += length)
            {
                if (number is < 0 or > int.MaxValue) continue;
                long kind = width[0] == 0 ? 1 : Field(data, position, width[0]);
                long second = Field(data, position + width[0], width[1]);
                long third = Field(data, position + width[0] + width[1], width[2]);
                if (kind == 1)
                {
                    Use((int)number, second);
                }
                else if (kind == 2)
                {
                    if (!_free.Contains((int)number) && second is >= 0 and <= int.MaxValue) Current.TryAdd((int)number, new PdfPlace((int)number, 0, second, (int)Math.Min(third, int.MaxValue)));
                }
                else if (kind == 0 && !Current.ContainsKey((int)number))
                {
                    _free.Add((int)number);
                }
            }
        }

        if (Current.Count > _limits.PdfObjects) throw new PdfLimitException($"more than {_limits.PdfObjects} objects");
    }

    private static long Field(byte[] data, int at, int width)
    {
        long value = 0;
        for (int one = 0; one < width; one++) value = (value << 8) | data[at + one];
        return value < 0 ? long.MaxValue : value;
    }

    // Every trailer, also those of old saves that no chain leads to: a reader that searches takes any of them.
    private void ReadTrailers()
    {
        foreach (long word in Source.Find("trailer"u8, _limits.PdfRevisions + 1, _cancellation)) _ = ReadTrailer(word);
        if (Trailers.Count > _limits.PdfRevisions) throw new PdfLimitException($"more than {_limits.PdfRevisions} trailers");
        if (Trailer.Has("Root")) return;
        Trailer = (PdfDictionary?)Trailers.Select(trailer => trailer.Value).OfType<PdfDictionary>().LastOrDefault(trailer => trailer.Has("Root")) ?? Trailer;
        if (Trailer.Has("Root")) return;
        foreach (PdfPlace place in Enumerable.Reverse(Places))
        {
            if (LoadAt(place) is not { Value: PdfStream { Dictionary: { } dictionary } } || !dictionary.Has("Root") || NameOf(dictionary, "Type") != "XRef") continue;
            Trailer = dictionary;
            return;
        }
    }

    private PdfDictionary? ReadTrailer(long word)
    {
        ReadOnlyMemory<byte> text = Source.Memory(word + 7, 64 * 1024);
        PdfParser parser = new(text.Span, _limits.PdfDepth);
        PdfDictionary? dictionary = parser.Read() as PdfDictionary;
        Spend(parser.Position);
        if (dictionary is not null && _trailerOffsets.Add(word)) Trailers.Add(new PdfObject(-1, 0, dictionary, text) { Faulty = parser.Faulty, Consumed = parser.Position });
        return dictionary;
    }

    private void ReadLock()
    {
        if (Trailer["Encrypt"] is not { } entry) return;
        LockNumber = entry is PdfReference reference ? reference.Number : -1;

        // Where the cross-references are broken the search has to find it, before anything can be decrypted.
        if (LockNumber >= 0 && !Current.ContainsKey(LockNumber) && Places.LastOrDefault(place => place.Number == LockNumber) is { Offset: > 0 } found) Current[LockNumber] = found;
        if (Resolve(entry) is not PdfDictionary dictionary)
        {
            UnknownLock = "an Encrypt entry that leads nowhere";
            return;
        }

        byte[] id = Resolve(Trailer["ID"]) is PdfArray { Items: [var first, ..] } && Resolve(first) is PdfString text ? text.Bytes : [];
        Lock = PdfLock.Read(this, dictionary, id, out string? unknown);
        UnknownLock = unknown;
        Array.Clear(_recent);
    }
}
