using System.Buffers.Binary;

namespace MailSanitizer.Content.Disarming.Images;

/// <summary>Writes an image without some of its blocks and without what is behind it. Every other byte is copied; only sizes that count what is gone are written anew.</summary>
internal sealed class ImageEdits(PartBytes part, ImageBytes bytes, ImageStructure image)
{
    private readonly SortedDictionary<long, (long End, byte[] Instead)> _edits = [];
    private long _end = part.Length;
    private bool _keepsTurn;

    public bool IsEmpty => _edits.Count == 0 && _end == part.Length;

    /// <summary>Leaves out everything from there on.</summary>
    public void CutAt(long end) => _end = Math.Min(_end, end);

    /// <summary>Takes a block out. In a TIFF, where everything is pointed to, blanks stand in its place; an EXIF that turns the picture leaves one behind that only does that.</summary>
    public void Remove(ImageBlock block)
    {
        if (_edits.ContainsKey(block.Start)) return;
        byte[] instead = [];
        if (image.Format == "tiff")
        {
            for (long at = block.Start; at < block.End; at += 64 * 1024)
            {
                long stop = Math.Min(block.End, at + (64 * 1024));
                byte[] blanks = new byte[stop - at];
                blanks.AsSpan().Fill((byte)' ');
                _edits[at] = (stop, blanks);
            }

            return;
        }

        if (block.Name == "EXIF" && image.Orientation != 1 && !_keepsTurn)
        {
            _keepsTurn = true;
            instead = ImageEncoder.Turn(image.Format, image.Orientation);
        }

        _edits[block.Start] = (block.End, instead);
    }

    public void Write(IPartOutput output)
    {
        if (image.Format == "webp") CorrectWebp();
        long at = 0;
        foreach ((long start, (long end, byte[] instead)) in _edits)
        {
            if (start < at || start >= _end) continue;
            output.Copy(at, start - at);
            if (instead.Length > 0) output.Write(instead);
            at = end;
        }

        if (_end > at) output.Copy(at, _end - at);
    }

    // RFC 9649: the RIFF size, and the flags that promise EXIF (0x08) and XMP (0x04).
    private void CorrectWebp()
    {
        long riff = Math.Min(8L + bytes.Little32(4), _end);
        long size = riff - 8 - _edits.Where(edit => edit.Key < riff).Sum(edit => edit.Value.End - edit.Key - edit.Value.Instead.Length);
        byte[] written = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(written, (uint)size);
        bool exif = image.Blocks.Exists(block => block.Name == "EXIF" && (!_edits.TryGetValue(block.Start, out (long, byte[] Instead) edit) || edit.Instead.Length > 0));
        bool xmp = image.Blocks.Exists(block => block.Name == "XMP" && !_edits.ContainsKey(block.Start));
        _edits[4] = (8, written);
        if (bytes.Starts(12, "VP8X"u8)) _edits[WebpReader.Flags] = (WebpReader.Flags + 1, [(byte)((bytes.Byte(WebpReader.Flags) & ~0x0C) | (exif ? 8 : 0) | (xmp ? 4 : 0))]);
    }
}
