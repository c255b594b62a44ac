using System.Globalization;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>A value of ISO 32000-2, 7.3. <see cref="Start"/> and <see cref="End"/> say where it stood in the text it was read from.</summary>
internal abstract class PdfValue
{
    public int Start { get; set; }

    public int End { get; set; }
}

/// <summary>The null object.</summary>
internal sealed class PdfNull : PdfValue
{
    public static PdfNull Value { get; } = new();
}

/// <summary>A number or a boolean, kept as it was written: nothing here computes with reals, and writing them anew would lose digits.</summary>
internal sealed class PdfPlain(string text) : PdfValue
{
    public string Text => text;

    public bool IsNumber => text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.');

    /// <summary>The whole number, or null. Reals with nothing behind the point count, as readers take them.</summary>
    public long? Whole =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole
        : IsNumber && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && Math.Abs(real) < 1e15 ? (long)real
        : null;
}

/// <summary>A name; the text is what stands behind <c>#</c> escapes, a character a byte.</summary>
internal sealed class PdfName(string text) : PdfValue
{
    public string Text => text;
}

/// <summary>A string. The bytes are those of the file: where the file is encrypted, they are decrypted when an object is loaded.</summary>
internal sealed class PdfString(byte[] bytes, bool isHex) : PdfValue
{
    public byte[] Bytes => bytes;

    public bool IsHex => isHex;
}

/// <summary>An array.</summary>
internal sealed class PdfArray(List<PdfValue> items) : PdfValue
{
    public List<PdfValue> Items => items;
}

/// <summary>A reference to an object.</summary>
internal sealed class PdfReference(int number, int generation) : PdfValue
{
    public int Number => number;

    public int Generation => generation;
}

/// <summary>A dictionary with every entry that stood there: where a key comes twice, readers differ in which one counts.</summary>
internal sealed class PdfDictionary(List<KeyValuePair<string, PdfValue>> entries) : PdfValue
{
    public List<KeyValuePair<string, PdfValue>> Entries => entries;

    /// <summary>The last entry of that key, or null.</summary>
    public PdfValue? this[string key]
    {
        get
        {
            for (int at = entries.Count - 1; at >= 0; at--)
            {
                if (entries[at].Key == key) return entries[at].Value;
            }

            return null;
        }
    }

    public bool Has(string key) => this[key] is not null;

    public IEnumerable<PdfValue> All(string key) => entries.Where(entry => entry.Key == key).Select(entry => entry.Value);
}

/// <summary>A stream: its dictionary and the range of its data in the file, still filtered and encrypted.</summary>
internal sealed class PdfStream(PdfDictionary dictionary, long offset, long length) : PdfValue
{
    public PdfDictionary Dictionary => dictionary;

    public long Offset => offset;

    public long Length => length;

    /// <summary>The object it stands in: part of the key where the file is encrypted.</summary>
    public int Number { get; init; }

    public int Generation { get; init; }
}
