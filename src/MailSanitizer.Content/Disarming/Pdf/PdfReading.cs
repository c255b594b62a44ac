using System.Buffers;
using System.Diagnostics;
using MailSanitizer.Content.Formats.Pdf;

namespace MailSanitizer.Content.Disarming.Pdf;

/// <summary>A finding with its place and the text that stands for it.</summary>
internal readonly record struct PdfFound(FindingKind Kind, string Location, string Detail, ReadOnlyMemory<byte> Text);

/// <summary>A file embedded in a PDF: its stream and every name that a file specification gives it.</summary>
internal sealed class PdfEmbedded(PdfStream stream)
{
    public PdfStream Stream => stream;

    public List<string> Names { get; } = [];
}

/// <summary>One PDF, opened and judged as a whole. Walk and rebuild begin with the same reading.</summary>
internal sealed class PdfReading
{
    // Blanks and a byte order mark; blanks and the end mark of old file systems.
    private static readonly SearchValues<byte> BeforeHeader = SearchValues.Create("\0\t\n\f\r \uFEFF"u8);
    private static readonly SearchValues<byte> BehindEnd = SearchValues.Create("\0\t\n\f\r \u001A"u8);

    private readonly HashSet<(FindingKind, string)> _seen = [];
    private readonly SortedDictionary<long, PdfEmbedded> _embedded = [];

    private PdfReading(PdfFile file)
    {
        File = file;
        Judge = new PdfJudge(file);
    }

    public PdfFile File { get; }

    public PdfJudge Judge { get; }

    /// <summary>The password that opened the lock; null when none was needed.</summary>
    public Password? Opened { get; private set; }

    /// <summary>Guessing ended before every password was tried.</summary>
    public bool GuessingCut { get; private set; }

    public List<PdfFound> Found { get; } = [];

    /// <summary>Addresses of links, with the place.</summary>
    public List<string> Links { get; } = [];

    /// <summary>The first pictures of the file, in the order in which they stand.</summary>
    public List<PdfStream> Pictures { get; } = [];

    public IEnumerable<PdfEmbedded> Embedded => _embedded.Values;

    public bool IsSigned { get; private set; }

    public static PdfReading Of(PartBytes bytes, Limits limits, IReadOnlyList<Password> passwords, Func<TimeSpan, bool> charge, CancellationToken cancellation)
    {
        PdfReading reading = new(PdfFile.Open(bytes, limits, cancellation));
        reading.Unlock(passwords, charge, cancellation);
        reading.File.Settle();
        reading.LookAtAll(cancellation);
        return reading;
    }

    private void Unlock(IReadOnlyList<Password> passwords, Func<TimeSpan, bool> charge, CancellationToken cancellation)
    {
        if (File.Lock is null || File.Unlock("")) return;
        foreach (Password password in passwords)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            bool opened = File.Unlock(password.Text);
            bool mayGoOn = charge(Stopwatch.GetElapsedTime(start));
            if (opened)
            {
                Opened = password;
                return;
            }

            if (mayGoOn) continue;
            GuessingCut = true;
            return;
        }
    }

    private void LookAtAll(CancellationToken cancellation)
    {
        foreach ((PdfPlace place, PdfObject found) in File.Everything())
        {
            cancellation.ThrowIfCancellationRequested();
            string location = place.Number < 0 ? "trailer" : $"object {place.Number}";
            int before = Found.Count;
            if (found.Value is PdfStream picture && Pictures.Count < PdfPictures.Most && File.NameOf(picture.Dictionary, "Subtype") == "Image") Pictures.Add(picture);
            if (place.Number != File.LockNumber || File.Lock is null) Look(found.Value, found, location);
            if (found.Faulty && Found.Count == before && Telling(found)) Add(PdfFindings.Malformed, location, "not readable as a whole", found.Text[..found.Consumed]);
        }

        foreach ((PdfPlace place, string why) in File.Undecoded) Add(PdfFindings.Malformed, $"object {place.Number}", $"object stream: {why}", default);
        ForeignBytes();
    }

    private void Look(PdfValue value, PdfObject holder, string location)
    {
        switch (value)
        {
            case PdfStream stream:
                LookAt(stream.Dictionary, holder, location, stream);
                break;
            case PdfDictionary dictionary:
                LookAt(dictionary, holder, location, null);
                break;
            case PdfArray array:
                for (int at = 0; at < array.Items.Count; at++)
                {
                    if (array.Items[at] is PdfDictionary or PdfArray) Look(array.Items[at], holder, $"{location}[{at}]");
                }

                break;
        }
    }

    private void LookAt(PdfDictionary dictionary, PdfObject holder, string location, PdfStream? stream)
    {
        foreach (PdfHit hit in Judge.Look(dictionary, stream is not null))
            Add(hit.Kind, hit.Key is null ? location : $"{location} /{hit.Key}", hit.Detail, Text(holder, dictionary));
        if (dictionary.Has("ByteRange"))
        {
            IsSigned = true;
            Add(PdfFindings.Signed, location, "", default);
        }

        if (File.IsOpen)
        {
            if (Judge.LinkOf(dictionary) is { } link) Links.Add(link);
            if (stream is not null && File.NameOf(dictionary, "Type") == "EmbeddedFile") Embed(stream, null);
            if (File.Resolve(dictionary["EF"]) is PdfDictionary files)
            {
                string name = Judge.NameOf(dictionary);
                foreach ((_, PdfValue entry) in files.Entries)
                {
                    if (File.Resolve(entry) is PdfStream content) Embed(content, name);
                }
            }
        }

        foreach ((string key, PdfValue entry) in dictionary.Entries)
        {
            if (entry is PdfDictionary or PdfArray) Look(entry, holder, $"{location} /{key}");
        }
    }

    private void Embed(PdfStream stream, string? name)
    {
        if (!_embedded.TryGetValue(stream.Offset, out PdfEmbedded? embedded)) _embedded[stream.Offset] = embedded = new PdfEmbedded(stream);
        if (name is { Length: > 0 } && !embedded.Names.Contains(name) && embedded.Names.Count < 16) embedded.Names.Add(name);
    }

    private void Add(FindingKind kind, string location, string detail, ReadOnlyMemory<byte> text)
    {
        if (_seen.Add((kind, location))) Found.Add(new PdfFound(kind, location, detail, text));
    }

    private static ReadOnlyMemory<byte> Text(PdfObject holder, PdfDictionary dictionary) =>
        dictionary.End > dictionary.Start && dictionary.End <= holder.Text.Length ? holder.Text[dictionary.Start..dictionary.End] : default;

    private static bool Telling(PdfObject found)
    {
        ReadOnlySpan<byte> text = found.Text.Span[..found.Consumed];
        for (int at; (at = text.IndexOf((byte)'/')) >= 0;)
        {
            text = text[(at + 1)..];
            int end = 0;
            while (end < text.Length && PdfParser.IsRegular(text[end])) end++;
            if (PdfJudge.Telling.Contains(PdfParser.Unescape(text[..end]))) return true;
        }

        return false;
    }

    // A page of a web server in front, an archive behind: other readers of the same bytes see another file.
    private void ForeignBytes()
    {
        if (File.HeaderOffset > 0)
        {
            ReadOnlySpan<byte> before = File.Source.Window(0, (int)File.HeaderOffset);
            if (before.ContainsAnyExcept(BeforeHeader)) Add(PdfFindings.ForeignBytes, "offset 0", $"{before.Length} bytes before the header", before.ToArray());
        }

        if (File.EndOffset < 0) return;
        long length = File.Source.Length - File.EndOffset;
        for (long at = File.EndOffset; at < File.Source.Length; at += 64 * 1024)
        {
            if (!File.Source.Window(at, 64 * 1024).ContainsAnyExcept(BehindEnd)) continue;
            Add(PdfFindings.ForeignBytes, $"offset {File.EndOffset}", $"{length} bytes behind the end", File.Source.Memory(File.EndOffset, (int)Math.Min(length, 1024 * 1024)));
            return;
        }
    }
}
