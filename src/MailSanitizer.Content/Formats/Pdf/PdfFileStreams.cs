namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>Object streams and other structure that is decoded whole, within limits; strings behind the lock.</summary>
internal sealed partial class PdfFile
{
    /// <summary>True for what a reader takes for an object stream.</summary>
    public bool IsObjectStream(PdfDictionary dictionary) => NameOf(dictionary, "Type") == "ObjStm" || (dictionary.Has("N") && dictionary.Has("First"));

    private PdfObjectStream? ReadObjectStream(PdfPlace place, PdfStream stream)
    {
        if (_streams.TryGetValue(place.Offset, out PdfObjectStream? known)) return known;
        if (!IsOpen) return null;
        byte[]? text = Decode(stream, out string? problem);
        if (text is null || problem is not null)
        {
            if (!Undecoded.Any(one => one.Place.Offset == place.Offset)) Undecoded.Add((place, problem ?? "not decoded"));
            if (text is null) return null;
        }

        int count = (int)Math.Clamp((Resolve(stream.Dictionary["N"]) as PdfPlain)?.Whole ?? 0, 0, text.Length);
        int first = (int)Math.Clamp((Resolve(stream.Dictionary["First"]) as PdfPlain)?.Whole ?? 0, 0, text.Length);
        if (count > _limits.PdfObjects) throw new PdfLimitException($"{count} objects in one object stream");
        List<(int, int)> members = [];
        PdfParser parser = new(text.AsSpan(0, first), _limits.PdfDepth);
        for (int index = 0; index < count; index++)
        {
            if (parser.Read() is not PdfPlain { Whole: >= 0 and <= int.MaxValue and var number } || parser.Read() is not PdfPlain { Whole: >= 0 and <= int.MaxValue and var offset }) break;
            members.Add(((int)number, first + (int)Math.Min(offset, text.Length)));
        }

        PdfObjectStream read = new(text, members, problem is not null);
        _streams[place.Offset] = read;
        _streamOrder.Enqueue(place.Offset);
        _streamsHeld += text.Length;
        while (_streamsHeld > 2L * _limits.PdfStreamBytes && _streamOrder.Count > 1)
        {
            long oldest = _streamOrder.Dequeue();
            if (_streams.Remove(oldest, out PdfObjectStream? gone)) _streamsHeld -= gone.Text.Length;
        }

        return read;
    }

    /// <summary>A stream that is structure, decoded whole. What stands before a fault is kept: readers use it.</summary>
    private byte[]? Decode(PdfStream stream, out string? problem)
    {
        using Stream? decoded = OpenDecoded(stream, out problem);
        if (decoded is null) return null;
        MemoryStream text = new();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            for (int got; (got = decoded.Read(buffer)) > 0;)
            {
                _cancellation.ThrowIfCancellationRequested();
                text.Write(buffer, 0, got);
                if (text.Length > _limits.PdfStreamBytes) throw new PdfLimitException($"a structure stream of more than {_limits.PdfStreamBytes} bytes");
                _decoded += got;
                if (_decoded > _limits.PdfDecodedBytes) throw new PdfLimitException($"structure streams of more than {_limits.PdfDecodedBytes} bytes");
            }
        }
        catch (InvalidDataException broken)
        {
            problem = broken.Message;
        }

        return text.ToArray();
    }

    private PdfValue Decrypted(PdfValue value, PdfPlace place)
    {
        if (Lock!.Strings is PdfCipher.None || (value is PdfStream xref && NameOf(xref.Dictionary, "Type") == "XRef")) return value;
        byte[] key = Lock.KeyOf(place.Number, place.Generation, Lock.Strings);
        return Decrypted(value, key, false);
    }

    private PdfValue Decrypted(PdfValue value, byte[] key, bool exempt)
    {
        switch (value)
        {
            case PdfString text when !exempt:
                // Hexadecimal was for the encrypted bytes; in the open it would keep scanners from reading.
                return new PdfString(PdfCiphers.Decrypt(Lock!.Strings, key, text.Bytes), isHex: false) { Start = text.Start, End = text.End };
            case PdfArray array:
                for (int at = 0; at < array.Items.Count; at++) array.Items[at] = Decrypted(array.Items[at], key, false);
                return array;
            case PdfDictionary dictionary:
                // A signature's Contents are the signature of the encrypted file: plain (7.6.2).
                bool signature = dictionary.Has("ByteRange");
                for (int at = 0; at < dictionary.Entries.Count; at++)
                {
                    (string name, PdfValue entry) = dictionary.Entries[at];
                    dictionary.Entries[at] = new(name, Decrypted(entry, key, signature && name == "Contents"));
                }

                return dictionary;
            case PdfStream stream:
                Decrypted(stream.Dictionary, key, false);
                return stream;
            default:
                return value;
        }
    }
}
