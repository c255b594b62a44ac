using System.Buffers;
using MailSanitizer.Content.Formats.Pdf;

namespace MailSanitizer.Content.Disarming.Pdf;

/// <summary>
/// A locked file that a password opened, written down without its lock, every object of every reading in it: scanners know no passwords.
/// It is a further reading of the same bytes, scanned and never delivered.
/// </summary>
internal static class PdfOpenedFile
{
    private const string Segment = "opened";

    public static ChildDescription Describe(PdfFile file, Password password) => new() { Segment = Segment, PackedSize = file.Source.Length, OpenedWith = password.Source, AlternativeReading = true };

    /// <summary>True for what <see cref="Describe"/> made.</summary>
    public static bool Is(ChildDescription description) => description is { Segment: Segment, AlternativeReading: true, Names.Count: 0, OpenedWith: not null };

    /// <summary>The file, made while it is read: no more than one object's text is held.</summary>
    public static Stream Read(PdfFile file) => new Pieced(Pieces(file).GetEnumerator());

    private static IEnumerable<Stream> Pieces(PdfFile file)
    {
        Written buffer = new();
        PdfWriter writer = new(buffer);
        writer.Header(file.IsForm, file.Version);
        foreach ((PdfPlace place, PdfObject found) in file.Everything())
        {
            if (place.Number < 0 || place.Number == file.LockNumber) continue;
            if (found.Value is not PdfStream stream)
            {
                writer.Object(found.Number, found.Generation, found.Value);
                yield return buffer.Take();
                continue;
            }

            // What these hold is written by itself.
            if (file.IsObjectStream(stream.Dictionary) || file.NameOf(stream.Dictionary, "Type") == "XRef") continue;
            PartOutputStream count = new();
            using (Stream data = file.OpenRaw(stream)) data.CopyTo(count);
            writer.BeginStream(stream.Number, stream.Generation, PdfFilters.WithoutCrypt(file, stream.Dictionary), count.Count);
            yield return buffer.Take();
            yield return file.OpenRaw(stream);
            writer.EndStream(count.Count);
        }

        writer.End(new PdfDictionary([.. file.Trailer.Entries.Where(entry => entry.Key is "Root" or "Info" or "ID")]));
        yield return buffer.Take();
    }

    private sealed class Written : IPartOutput
    {
        private readonly ArrayBufferWriter<byte> _written = new();

        public MemoryStream Take()
        {
            MemoryStream taken = new(_written.WrittenSpan.ToArray());
            _written.ResetWrittenCount();
            return taken;
        }

        public void Copy(long offset, long length) => throw new NotSupportedException("Nothing of a locked file is copied into an open one.");

        public void Write(ReadOnlySpan<byte> bytes) => _written.Write(bytes);
    }

    private sealed class Pieced(IEnumerator<Stream> pieces) : ForwardStream
    {
        private Stream? _piece;

        public override int Read(Span<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                if (_piece?.Read(buffer) is > 0 and var got) return got;
                _piece?.Dispose();
                _piece = null;
                if (!pieces.MoveNext()) break;
                _piece = pieces.Current;
            }

            return 0;
        }

        protected override void Dispose(bool disposing)
        {
            _piece?.Dispose();
            pieces.Dispose();
            base.Dispose(disposing);
        }
    }
}
