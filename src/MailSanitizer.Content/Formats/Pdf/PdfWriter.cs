using System.Buffers;
using System.Globalization;
using System.Text;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>Writes objects, the cross-reference table and the trailer of a new file, in which nothing stands but what was given to it.</summary>
internal sealed class PdfWriter(IPartOutput output)
{
    private readonly SortedDictionary<int, (long Offset, int Generation)> _offsets = [];
    private readonly ArrayBufferWriter<byte> _text = new(4096);
    private long _position;

    /// <summary>The lock that strings and new streams are encrypted with, or null.</summary>
    public PdfLock? Lock { get; init; }

    public void Header(bool isForm, string version)
    {
        Put(Encoding.Latin1.GetBytes($"%{(isForm ? "FDF" : "PDF")}-{version}\n"));
        Put([(byte)'%', 0xE2, 0xE3, 0xCF, 0xD3, (byte)'\n']);
        Flush();
    }

    /// <summary>An object that is no stream. <paramref name="plain"/>: its strings are not encrypted.</summary>
    public void Object(int number, int generation, PdfValue value, bool plain = false)
    {
        Begin(number, generation);
        Value(value, plain ? null : StringKey(number, generation));
        Put("\nendobj\n"u8);
        Flush();
    }

    /// <summary>A stream whose data is a range of the original file.</summary>
    public void CopiedStream(PdfStream stream, PdfDictionary dictionary)
    {
        BeginStream(stream.Number, stream.Generation, dictionary, stream.Length);
        output.Copy(stream.Offset, stream.Length);
        EndStream(stream.Length);
    }

    /// <summary>A stream with other data, already encrypted where it has to be.</summary>
    public void WrittenStream(PdfStream stream, PdfDictionary dictionary, long length, Stream content) => WrittenStream(stream, dictionary, length, content.CopyTo);

    /// <summary>As before, for data that writes itself.</summary>
    public void WrittenStream(PdfStream stream, PdfDictionary dictionary, long length, Action<Stream> write)
    {
        BeginStream(stream.Number, stream.Generation, dictionary, length);
        PartOutputStream to = new(output);
        write(to);
        if (to.Count != length) throw new InvalidOperationException("A stream is not as long as it was counted.");
        EndStream(length);
    }

    public void End(PdfDictionary trailer)
    {
        long start = _position;
        Put("xref\n0 1\n0000000000 65535 f \n"u8);
        List<KeyValuePair<int, (long Offset, int Generation)>> run = [];
        foreach (KeyValuePair<int, (long Offset, int Generation)> entry in _offsets)
        {
            if (run.Count > 0 && run[^1].Key + 1 != entry.Key) Section(run);
            run.Add(entry);
        }

        if (run.Count > 0) Section(run);
        int size = _offsets.Count == 0 ? 1 : _offsets.Last().Key + 1;
        List<KeyValuePair<string, PdfValue>> entries = [new("Size", new PdfPlain(Text(size))), .. trailer.Entries];
        Put("trailer\n"u8);
        Value(new PdfDictionary(entries), null);
        Put(Encoding.Latin1.GetBytes($"\nstartxref\n{Text(start)}\n%%EOF\n"));
        Flush();
    }

    private void Section(List<KeyValuePair<int, (long Offset, int Generation)>> run)
    {
        Put(Encoding.Latin1.GetBytes($"{Text(run[0].Key)} {Text(run.Count)}\n"));
        foreach ((_, (long offset, int generation)) in run) Put(Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{offset:D10} {generation:D5} n \n")));
        run.Clear();
    }

    private void Begin(int number, int generation)
    {
        _offsets[number] = (_position, generation);
        Put(Encoding.Latin1.GetBytes($"{Text(number)} {Text(generation)} obj\n"));
    }

    /// <summary>What stands before a stream's data, of which <paramref name="length"/> bytes are to follow; then comes <see cref="EndStream"/>.</summary>
    public void BeginStream(int number, int generation, PdfDictionary dictionary, long length)
    {
        Begin(number, generation);
        List<KeyValuePair<string, PdfValue>> entries = [.. dictionary.Entries.Where(entry => entry.Key != "Length"), new("Length", new PdfPlain(Text(length)))];
        Value(new PdfDictionary(entries), StringKey(number, generation));
        Put("\nstream\n"u8);
        Flush();
    }

    public void EndStream(long length)
    {
        _position += length;
        Put("\nendstream\nendobj\n"u8);
        Flush();
    }

    private byte[]? StringKey(int number, int generation) => Lock is null || Lock.Strings is PdfCipher.None ? null : Lock.KeyOf(number, generation, Lock.Strings);

    private void Flush()
    {
        output.Write(_text.WrittenSpan);
        _position += _text.WrittenCount;
        _text.ResetWrittenCount();
    }

    private void Value(PdfValue value, byte[]? key)
    {
        switch (value)
        {
            case PdfPlain plain:
                Put(Encoding.Latin1.GetBytes(plain.Text));
                break;
            case PdfName name:
                Name(name.Text);
                break;
            case PdfString text:
                String(key is null ? text.Bytes : PdfCiphers.Encrypt(Lock!.Strings, key, text.Bytes), text.IsHex || key is not null || LooksLikeStructure(text.Bytes));
                break;
            case PdfReference reference:
                Put(Encoding.Latin1.GetBytes($"{Text(reference.Number)} {Text(reference.Generation)} R"));
                break;
            case PdfArray array:
                Put("["u8);
                for (int at = 0; at < array.Items.Count; at++)
                {
                    if (at > 0) Put(" "u8);
                    Value(array.Items[at], key);
                }

                Put("]"u8);
                break;
            case PdfDictionary dictionary:
                Dictionary(dictionary, key);
                break;
            default:
                Put("null"u8);
                break;
        }
    }

    private void Dictionary(PdfDictionary dictionary, byte[]? key)
    {
        bool signature = key is not null && dictionary.Has("ByteRange");
        Put("<<"u8);
        for (int at = 0; at < dictionary.Entries.Count; at++)
        {
            // Of a key that stood there twice the last one is written: one reading.
            (string name, PdfValue value) = dictionary.Entries[at];
            if (!ReferenceEquals(dictionary[name], value)) continue;
            Put(" "u8);
            Name(name);
            Put(" "u8);
            Value(value, signature && name == "Contents" ? null : key);
        }

        Put(" >>"u8);
    }

    private void Name(string name)
    {
        Put("/"u8);
        foreach (char c in name)
        {
            if (c is > ' ' and <= '~' && c != '#' && PdfParser.IsRegular((byte)c)) Put([(byte)c]);
            else Put(Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"#{(int)c:X2}")));
        }
    }

    // Readers that search for objects would find some in such a text.
    private static bool LooksLikeStructure(ReadOnlySpan<byte> text) => text.IndexOf("obj"u8) >= 0 || text.IndexOf("trailer"u8) >= 0 || text.IndexOf("startxref"u8) >= 0;

    private void String(ReadOnlySpan<byte> bytes, bool hex)
    {
        if (hex)
        {
            Put("<"u8);
            Put(Encoding.Latin1.GetBytes(Convert.ToHexString(bytes)));
            Put(">"u8);
            return;
        }

        Put("("u8);
        foreach (byte value in bytes)
        {
            if (value is (byte)'(' or (byte)')' or (byte)'\\') Put([(byte)'\\', value]);
            else if (value == '\r') Put("\\r"u8);
            else Put([value]);
        }

        Put(")"u8);
    }

    private void Put(ReadOnlySpan<byte> bytes) => _text.Write(bytes);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
