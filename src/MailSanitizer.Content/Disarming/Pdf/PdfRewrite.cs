using System.IO.Compression;
using MailSanitizer.Content.Formats.Pdf;

namespace MailSanitizer.Content.Disarming.Pdf;

/// <summary>Writes a PDF anew: what the catalogue reaches, in one revision, without what is to go. Data of streams that stay is copied, encrypted as it was.</summary>
internal sealed class PdfRewrite(PdfReading reading, IRebuildContext context, IPartOutput output)
{
    // Entries of an annotation that only show something.
    private static readonly HashSet<string> Shown = new(StringComparer.Ordinal) { "Type", "Rect", "AP", "AS", "F", "P", "M", "NM", "OC", "Contents", "StructParent", "Lang" };

    // Arrays in which an item may be missing; elsewhere null stands in its place.
    private static readonly HashSet<string> Lists = new(StringComparer.Ordinal) { "Annots", "Kids", "Fields", "Next", "AF", "CO", "RH", "Requirements", "Threads" };

    private const int MostAsked = 16;

    private readonly PdfFile _file = reading.File;
    private readonly Dictionary<long, ChildDecision> _decisions = [];
    private readonly Dictionary<int, bool> _gone = [];
    private readonly Queue<PdfReference> _next = new();
    private readonly HashSet<int> _queued = [];
    private bool _locks;
    private int _asking;

    public RebuildOutcome Run()
    {
        List<PdfFound> removed = [.. reading.Found.Where(found => context.Removes(found.Kind))];
        bool children = AskChildren();
        if (removed.Count == 0 && !children) return RebuildOutcome.Unchanged;
        if (!_file.IsOpen) return RebuildOutcome.Failed(_file.UnknownLock ?? "locked");
        if (_file.Root is not { } root) return RebuildOutcome.Failed("no catalogue was found");
        if (IsGone(root, isStream: false) || (!_file.IsForm && (root["Pages"] is not { } pages || Gone(pages)))) return RebuildOutcome.Failed("the catalogue itself would have to go");
        Write();
        foreach (PdfFound found in removed) context.Done(found.Kind, found.Location, "removed");
        return RebuildOutcome.Rewritten;
    }

    private bool AskChildren()
    {
        bool changed = false;
        if (!_file.IsOpen) return false;
        if (reading.Opened is { } password) changed = context.Child(PdfOpenedFile.Describe(_file, password), () => PdfOpenedFile.Read(_file)).Kind is not ChildDecisionKind.Keep;
        foreach (PdfEmbedded embedded in reading.Embedded)
        {
            ChildDescription description = PdfHandler.Describe(embedded, reading.Opened);
            bool readable;
            using (Stream? probe = _file.OpenDecoded(embedded.Stream, out _)) readable = probe is not null;
            if (!readable) description = description with { AlternativeReading = true };
            ChildDecision decision = context.Child(description, () => _file.OpenDecoded(embedded.Stream, out _) ?? _file.OpenRaw(embedded.Stream));
            if (decision.Kind is ChildDecisionKind.Keep) continue;
            _decisions[embedded.Stream.Offset] = decision;
            changed = true;
        }

        return changed;
    }

    private void Write()
    {
        _locks = _file.Lock is not null && context.Repack == "locked";
        PdfWriter writer = new(output) { Lock = _locks ? _file.Lock : null };
        writer.Header(_file.IsForm, _file.Version);
        List<KeyValuePair<string, PdfValue>> trailer = [];
        foreach (string key in (string[])["Root", "Info"])
        {
            if (_file.Trailer[key] is not { } value || Gone(value)) continue;
            trailer.Add(new(key, Filter(value, key)));
        }

        if (_file.Resolve(_file.Trailer["ID"]) is PdfArray id) trailer.Add(new("ID", new PdfArray([.. id.Items.Select(_file.Resolve).OfType<PdfString>().Take(2)])));
        if (_locks && _file.Trailer["Encrypt"] is { } encrypt)
        {
            trailer.Add(new("Encrypt", encrypt is PdfReference ? encrypt : _file.Lock!.Entries));
            if (encrypt is PdfReference reference)
            {
                _queued.Add(reference.Number);
                writer.Object(reference.Number, reference.Generation, _file.Lock!.Entries, plain: true);
            }
        }

        while (_next.TryDequeue(out PdfReference? next))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (_file.Load(next.Number) is not { } found) continue;
            if (found.Value is PdfStream stream) Stream(writer, stream);
            else writer.Object(found.Number, found.Generation, Filter(found.Value, ""));
        }

        writer.End(new PdfDictionary(trailer));
    }

    private void Stream(PdfWriter writer, PdfStream stream)
    {
        PdfDictionary dictionary = (PdfDictionary)Filter(stream.Dictionary, "", isStream: true);
        bool replaced = _decisions.TryGetValue(stream.Offset, out ChildDecision? decision) && decision.Content is not null;
        PdfCipher before = _file.Lock is null ? PdfCipher.None : _file.Lock.CipherOf(_file, stream.Dictionary);
        if (replaced)
        {
            List<KeyValuePair<string, PdfValue>> entries = [.. dictionary.Entries.Where(entry => entry.Key is not ("Filter" or "DecodeParms" or "Params" or "Subtype"))];
            Packed(writer, stream, new PdfDictionary(entries), decision!.Content!.OpenRead);
        }
        else if (_file.HasObjectsWithin(stream.Offset, stream.Length))
        {
            // A file inside of the file that is not packed: readers that search would find its objects as ours.
            Packed(writer, stream, PdfFilters.WithoutCrypt(_file, dictionary), () => _file.OpenRaw(stream));
        }
        else if (_locks || before is PdfCipher.None)
        {
            writer.CopiedStream(stream, _locks || _file.Lock is null ? dictionary : PdfFilters.WithoutCrypt(_file, dictionary));
        }
        else
        {
            long length = 0;
            using (Stream count = _file.OpenRaw(stream)) length = Pump(count, null);
            using Stream plain = _file.OpenRaw(stream);
            writer.WrittenStream(stream, PdfFilters.WithoutCrypt(_file, dictionary), length, plain);
        }
    }

    /// <summary>Data behind one FlateDecode more, and the lock. Packed twice where it need not be held: the length stands in front.</summary>
    private void Packed(PdfWriter writer, PdfStream stream, PdfDictionary dictionary, Func<Stream> open)
    {
        List<string> names = PdfFilters.Names(_file, dictionary);
        List<PdfDictionary?> given = PdfFilters.Parameters(_file, dictionary);
        List<KeyValuePair<string, PdfValue>> entries = [.. dictionary.Entries.Where(entry => entry.Key is not ("Filter" or "DecodeParms"))];
        entries.Add(new("Filter", new PdfArray([new PdfName("FlateDecode"), .. names.Select(name => new PdfName(name))])));
        if (given.Exists(one => one is not null))
            entries.Add(new("DecodeParms", new PdfArray([new PdfNull(), .. names.Select((_, at) => at < given.Count && given[at] is { } one ? Filter(one, "") : new PdfNull())])));
        PdfDictionary packed = new(entries);
        PdfCipher cipher = _locks ? _file.Lock!.CipherOf(_file, packed) : PdfCipher.None;
        if (cipher is PdfCipher.None)
        {
            PartOutputStream count = new();
            Pack(open, count);
            writer.WrittenStream(stream, packed, count.Count, to => Pack(open, to));
            return;
        }

        using MemoryStream held = new();
        Pack(open, held);
        byte[] locked = PdfCiphers.Encrypt(cipher, _file.Lock!.KeyOf(stream.Number, stream.Generation, cipher), held.GetBuffer().AsSpan(0, (int)held.Length));
        using MemoryStream read = new(locked);
        writer.WrittenStream(stream, packed, locked.Length, read);
    }

    private void Pack(Func<Stream> open, Stream to)
    {
        using Stream plain = open();
        using ZLibStream pack = new(to, CompressionLevel.Fastest, leaveOpen: true);
        Pump(plain, pack);
    }

    private long Pump(Stream from, Stream? to)
    {
        byte[] buffer = new byte[64 * 1024];
        long length = 0;
        for (int got; (got = from.Read(buffer)) > 0; length += got)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            to?.Write(buffer, 0, got);
        }

        return length;
    }

    /// <summary>The value without what is to go; references in it are queued.</summary>
    private PdfValue Filter(PdfValue value, string key, bool isStream = false)
    {
        switch (value)
        {
            case PdfReference reference:
                if (_file.Current.ContainsKey(reference.Number) && _queued.Add(reference.Number)) _next.Enqueue(reference);
                return reference;
            case PdfArray array:
                return FilterArray(array, key);
            case PdfDictionary dictionary:
                return FilterDictionary(dictionary, isStream);
            default:
                return value;
        }
    }

    private PdfArray FilterArray(PdfArray array, string key)
    {
        List<PdfValue> items = [];
        bool pairs = key is "Names" or "Nums";
        for (int at = 0; at < array.Items.Count; at++)
        {
            PdfValue item = array.Items[at];
            if (pairs && at % 2 == 0 && at + 1 < array.Items.Count && Gone(array.Items[at + 1]))
            {
                at++;
            }
            else if (!Gone(item))
            {
                items.Add(Filter(item, key));
            }
            else if (!Lists.Contains(key))
            {
                items.Add(new PdfNull());
            }
        }

        return new PdfArray(items);
    }

    private PdfDictionary FilterDictionary(PdfDictionary dictionary, bool isStream)
    {
        List<PdfHit> hits = [.. reading.Judge.Look(dictionary, isStream).Where(hit => context.Removes(hit.Kind))];
        bool picture = hits.Any(hit => hit.IsAnnotation) || LosesFile(dictionary);
        HashSet<string> keys = [.. hits.Where(hit => hit.Key is not null).Select(hit => hit.Key!)];
        List<KeyValuePair<string, PdfValue>> entries = [];
        string? name = NewName(dictionary);
        foreach ((string key, PdfValue value) in dictionary.Entries)
        {
            if (keys.Contains(key) || Gone(value) || IsSignature(key, value)) continue;
            if (picture)
            {
                if (Shown.Contains(key)) entries.Add(new(key, Filter(value, key)));
            }
            else if (name is not null && key is "F" or "UF" or "DOS" or "Unix" or "Mac" && name is not null)
            {
                if (key is "F" or "UF") entries.Add(new(key, new PdfString(PdfText.Write(name), isHex: false)));
            }
            else
            {
                entries.Add(new(key, Filter(value, key)));
            }
        }

        if (picture) entries.Add(new("Subtype", new PdfName("Stamp")));
        return new PdfDictionary(entries);
    }

    // A signature that no longer fits says "altered" to its reader: it is taken off, its picture stays.
    private bool IsSignature(string key, PdfValue value) => reading.IsSigned && ((key == "V" && _file.Resolve(value) is PdfDictionary signature && signature.Has("ByteRange")) || key is "Perms" or "SigFlags");

    private string? NewName(PdfDictionary dictionary)
    {
        if (_decisions.Count == 0 || _file.Resolve(dictionary["EF"]) is not PdfDictionary files) return null;
        foreach ((_, PdfValue entry) in files.Entries)
        {
            if (_file.Resolve(entry) is PdfStream stream && _decisions.TryGetValue(stream.Offset, out ChildDecision? decision) && decision.Name is { } name) return name;
        }

        return null;
    }

    private bool LosesFile(PdfDictionary dictionary) => _file.NameOf(dictionary, "Subtype") == "FileAttachment" && dictionary["FS"] is { } specification && Gone(specification);

    /// <summary>True for what a dictionary or array that holds it is written without.</summary>
    private bool Gone(PdfValue value)
    {
        switch (value)
        {
            case PdfReference reference:
                if (_gone.TryGetValue(reference.Number, out bool known)) return known;
                // An annotation means a specification, that a file: two steps. What is only reached by more is made to exhaust the stack.
                if (_asking == MostAsked) return true;
                // While it is being asked it stays: a loop is no reason to go.
                _gone[reference.Number] = false;
                _asking++;
                bool gone = _file.Load(reference.Number)?.Value is { } target && Gone(target);
                _asking--;
                return _gone[reference.Number] = gone;
            case PdfDictionary dictionary:
                return IsGone(dictionary, isStream: false);
            case PdfStream stream:
                return (_decisions.TryGetValue(stream.Offset, out ChildDecision? decision) && decision.Kind is ChildDecisionKind.Strip) || IsGone(stream.Dictionary, isStream: true);
            default:
                return false;
        }
    }

    private bool IsGone(PdfDictionary dictionary, bool isStream)
    {
        // What stands in one is written by itself; a reference to the whole is no good writer's.
        if (isStream && _file.IsObjectStream(dictionary)) return true;
        bool picture = _file.Resolve(dictionary["AP"]) is PdfDictionary;
        foreach (PdfHit hit in reading.Judge.Look(dictionary, isStream))
        {
            if (hit.Key is null && !(hit.IsAnnotation && picture) && context.Removes(hit.Kind)) return true;
        }

        if (LosesFile(dictionary)) return !picture;
        return _decisions.Count > 0 && _file.Resolve(dictionary["EF"]) is PdfDictionary { Entries.Count: > 0 } files && files.Entries.All(entry => Gone(entry.Value));
    }
}
