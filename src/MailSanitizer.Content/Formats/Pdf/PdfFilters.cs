namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>The filters of ISO 32000-2, 7.4, each as a stream that is read piece by piece: how much is decoded is for the reader to bound.</summary>
internal static class PdfFilters
{
    // More filters on one stream than any writer uses; each costs a buffer.
    private const int Most = 8;

    /// <summary>
    /// The data of a stream, decoded. Null with the name of the filter that is none of those with a plain result (an image's, an unknown one);
    /// <paramref name="packed"/> then stands in front of that filter.
    /// </summary>
    public static Stream? Decode(PdfFile file, PdfDictionary dictionary, Stream source, out string? unknown, out Stream packed)
    {
        unknown = null;
        packed = source;
        List<string> names = Names(file, dictionary);
        List<PdfDictionary?> parameters = Parameters(file, dictionary);
        if (names.Count > Most)
        {
            unknown = "more than 8 filters";
            return null;
        }

        for (int at = 0; at < names.Count; at++)
        {
            PdfDictionary? parameter = at < parameters.Count ? parameters[at] : null;
            Stream? next = names[at] switch
            {
                "FlateDecode" or "Fl" => Predicted(file, new ZlibStream(packed), parameter),
                "LZWDecode" or "LZW" => Predicted(file, new PdfLzwStream(packed, Whole(file, parameter, "EarlyChange") ?? 1), parameter),
                "ASCIIHexDecode" or "AHx" => new AsciiHexStream(packed),
                "ASCII85Decode" or "A85" => new Ascii85Stream(packed),
                "RunLengthDecode" or "RL" => new RunLengthStream(packed),
                "Crypt" => packed,
                _ => null,
            };
            if (next is null)
            {
                unknown = names[at];
                return null;
            }

            packed = next;
        }

        return packed;
    }

    /// <summary>The names of a stream's filters, outermost first.</summary>
    public static List<string> Names(PdfFile file, PdfDictionary dictionary)
    {
        PdfValue? value = file.Resolve(dictionary["Filter"]);
        return value switch
        {
            PdfName name => [name.Text],
            PdfArray array => [.. array.Items.Take(Most + 1).Select(item => (file.Resolve(item) as PdfName)?.Text ?? "?")],
            _ => [],
        };
    }

    public static List<PdfDictionary?> Parameters(PdfFile file, PdfDictionary dictionary)
    {
        PdfValue? value = file.Resolve(dictionary["DecodeParms"]);
        return value switch
        {
            PdfDictionary one => [one],
            PdfArray array => [.. array.Items.Take(Most + 1).Select(item => file.Resolve(item) as PdfDictionary)],
            _ => [],
        };
    }

    /// <summary>The dictionary of a stream whose lock goes: its Crypt filter goes too.</summary>
    public static PdfDictionary WithoutCrypt(PdfFile file, PdfDictionary dictionary)
    {
        List<string> names = Names(file, dictionary);
        if (!names.Contains("Crypt")) return dictionary;
        List<PdfDictionary?> parameters = Parameters(file, dictionary);
        List<PdfValue> filters = [], given = [];
        for (int at = 0; at < names.Count; at++)
        {
            if (names[at] == "Crypt") continue;
            filters.Add(new PdfName(names[at]));
            given.Add(at < parameters.Count && parameters[at] is { } one ? one : new PdfNull());
        }

        return new PdfDictionary([.. dictionary.Entries.Where(entry => entry.Key is not ("Filter" or "DecodeParms")), new("Filter", new PdfArray(filters)), new("DecodeParms", new PdfArray(given))]);
    }

    private static int? Whole(PdfFile file, PdfDictionary? dictionary, string key) =>
        dictionary is not null && file.Resolve(dictionary[key]) is PdfPlain { Whole: { } whole } ? (int)Math.Clamp(whole, int.MinValue, int.MaxValue) : null;

    private static Stream? Predicted(PdfFile file, Stream source, PdfDictionary? parameters)
    {
        int predictor = Whole(file, parameters, "Predictor") ?? 1;
        if (predictor <= 1) return source;
        int colors = Whole(file, parameters, "Colors") ?? 1;
        int bits = Whole(file, parameters, "BitsPerComponent") ?? 8;
        int columns = Whole(file, parameters, "Columns") ?? 1;
        return PredictorStream.Fits(colors, bits, columns) ? new PredictorStream(source, predictor, colors, bits, columns) : null;
    }
}
