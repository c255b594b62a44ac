namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>What is found by searching through the bytes: the header, every object that stands anywhere, and all of the structure where the cross-references fail.</summary>
internal sealed partial class PdfFile
{
    private List<long>? _structure;

    /// <summary>True when a reader that searches finds an object or a trailer in that stretch.</summary>
    public bool HasObjectsWithin(long offset, long length)
    {
        _structure ??= [.. Places.Select(place => place.Offset).Concat(_trailerOffsets).Order()];
        return NextOf(_structure, offset) < offset + length;
    }

    private void FindHeader()
    {
        ReadOnlySpan<byte> head = Source.Window(0, 1024 + 16);
        int document = head.IndexOf("%PDF-"u8), form = head.IndexOf("%FDF-"u8);
        IsForm = form >= 0 && (document < 0 || form < document);
        HeaderOffset = IsForm ? form : document;
        if (HeaderOffset < 0) return;
        ReadOnlySpan<byte> version = head[((int)HeaderOffset + 5)..];
        if (version.Length >= 3 && version[0] is (byte)'1' or (byte)'2' && version[1] == '.' && char.IsAsciiDigit((char)version[2])) Version = $"{(char)version[0]}.{(char)version[2]}";
    }

    private void FindPlaces()
    {
        List<long> words = Source.Find("obj"u8, (_limits.PdfObjects * 2) + 2, _cancellation);
        foreach (long word in words)
        {
            ReadOnlySpan<byte> around = Source.Window(Math.Max(0, word - 40), 48);
            int at = (int)(word - Math.Max(0, word - 40));
            if (at + 3 < around.Length && char.IsAsciiLetter((char)around[at + 3])) continue;
            int end = at;
            while (end > 0 && PdfParser.IsWhite(around[end - 1])) end--;
            int generationStart = DigitsBefore(around, end);
            if (generationStart == end || generationStart == 0 || !PdfParser.IsWhite(around[generationStart - 1])) continue;
            int numberEnd = generationStart;
            while (numberEnd > 0 && PdfParser.IsWhite(around[numberEnd - 1])) numberEnd--;
            int numberStart = DigitsBefore(around, numberEnd);
            if (numberStart == numberEnd) continue;
            if (Whole(around[numberStart..numberEnd]) is not (>= 0 and <= int.MaxValue and var number)) continue;
            int generation = (int)Math.Clamp(Whole(around[generationStart..end]) ?? 0, 0, ushort.MaxValue);
            AddPlace(word - at + numberStart, new PdfPlace((int)number, generation, word + 3));
        }

        if (Places.Count > _limits.PdfObjects || words.Count > _limits.PdfObjects * 2) throw new PdfLimitException($"more than {_limits.PdfObjects} objects");
    }

    private void AddPlace(long start, PdfPlace place)
    {
        if (_placesByStart.TryAdd(start, place)) Places.Add(place);
    }

    private static int DigitsBefore(ReadOnlySpan<byte> text, int end)
    {
        while (end > 0 && char.IsAsciiDigit((char)text[end - 1])) end--;
        return end;
    }

    private static long? Whole(ReadOnlySpan<byte> digits)
    {
        if (digits.IsEmpty || digits.Length > 18) return null;
        long value = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit)) return null;
            value = (value * 10) + (digit - '0');
        }

        return value;
    }

    // The last object of a number counts, as in readers that search.
    private void Recover()
    {
        Array.Clear(_recent);
        Current.Clear();
        foreach (PdfPlace place in Places.OrderBy(place => place.Offset)) Current[place.Number] = place;
        List<(PdfPlace Container, int Number, int Index)> packed = [];
        foreach (PdfPlace place in Places.OrderBy(place => place.Offset))
        {
            if (Current[place.Number] != place || Load(place) is not { Value: PdfStream stream } || !IsObjectStream(stream.Dictionary)) continue;
            if (ReadObjectStream(place, stream) is not { } members) continue;
            for (int index = 0; index < members.Members.Count; index++) packed.Add((place, members.Members[index].Number, index));
        }

        foreach ((PdfPlace container, int number, int index) in packed)
        {
            if (Current.TryGetValue(number, out PdfPlace direct) && !direct.IsPacked && direct.Offset > container.Offset) continue;
            Current[number] = new PdfPlace(number, 0, container.Number, index);
        }

        if (Current.Count > _limits.PdfObjects) throw new PdfLimitException($"more than {_limits.PdfObjects} objects");
        Array.Clear(_recent);
        if (HasRoot()) return;
        foreach (PdfDictionary trailer in Trailers.Select(trailer => trailer.Value).OfType<PdfDictionary>().Reverse())
        {
            if (!trailer.Has("Root")) continue;
            PdfDictionary before = Trailer;
            Trailer = trailer;
            if (HasRoot()) return;
            Trailer = before;
        }

        foreach (int number in Current.Keys.OrderDescending())
        {
            if (Load(number) is not { Value: PdfDictionary dictionary } || NameOf(dictionary, "Type") != "Catalog" || Resolve(dictionary["Pages"]) is not PdfDictionary) continue;
            Trailer = new PdfDictionary([.. Trailer.Entries.Where(entry => entry.Key is "Info" or "ID" or "Encrypt"), new("Root", new PdfReference(number, Current[number].Generation))]);
            return;
        }
    }
}
