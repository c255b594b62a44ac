namespace MailSanitizer.Content.Disarming.Images;

/// <summary>TIFF 6.0 and BigTIFF: directories of tags that point anywhere. The image ends behind the last byte that anything points to.</summary>
internal sealed class TiffReader
{
    private const int MostDirectories = 4_096;

    private readonly ImageBytes _bytes;
    private readonly ImageStructure _image;
    private readonly Limits _limits;
    private readonly bool _little;
    private readonly bool _big;
    private readonly HashSet<long> _seen = [];
    private readonly Queue<long> _next = new();
    private long _end;

    private TiffReader(ImageBytes bytes, ImageStructure image, Limits limits)
    {
        (_bytes, _image, _limits) = (bytes, image, limits);
        _little = bytes.Starts(0, "II"u8);
        _big = Two(2) == 43;
    }

    public static void Read(ImageBytes bytes, ImageStructure image, Limits limits) => new TiffReader(bytes, image, limits).Run();

    private void Run()
    {
        _next.Enqueue(_big ? Eight(8) : Four(4));
        while (_next.TryDequeue(out long at))
        {
            if (_seen.Count >= MostDirectories) return;
            if (at > 0 && at < _bytes.Length && _seen.Add(at)) Directory(at);
            if (_image.IsCut) return;
        }

        if (_end > 8 && _end <= _bytes.Length) _image.End = _end;
    }

    private void Directory(long at)
    {
        long count = _big ? Eight(at) : Two(at);
        long first = at + (_big ? 8 : 2);
        int size = _big ? 20 : 12;
        if (count > _bytes.Length / size) return;
        long width = 0, height = 0;
        List<(long, long)> offsets = [], lengths = [];
        for (long entry = 0; entry < count && _image.Count(_limits); entry++)
        {
            long place = first + (entry * size);
            if (!_bytes.Has(place, size)) return;
            int tag = Two(place);
            int type = Two(place + 2);
            long values = _big ? Eight(place + 4) : Four(place + 4);
            long length = values * Width(type);
            int room = _big ? 8 : 4;
            long value = place + (_big ? 12 : 8);
            if (values < 0 || length < 0 || length > _bytes.Length) continue;
            if (length > room)
            {
                value = _big ? Eight(value) : Four(value);
                if (!_bytes.Has(value, length)) continue;
                Reaches(value + length);
            }

            switch (tag)
            {
                case 256: width = Number(value, type); break;
                case 257: height = Number(value, type); break;
                case 273 or 324 or 513: offsets.Add((value, Packed(values, type))); break;
                case 279 or 325 or 514: lengths.Add((value, Packed(values, type))); break;
                case 274 when _seen.Count == 1 && Number(value, type) is >= 1 and <= 8 and var turned: _image.Orientation = (int)turned; break;
                case 330 or 34665 or 34853 or 40965:
                    _image.HasPlace |= tag == 34853;
                    for (long child = 0; child < values && child < MostDirectories; child++) _next.Enqueue(Number(value + (child * Width(type)), type));
                    break;
                case 270 or 271 or 272 or 305 or 315 or 33432 or 700 or 33723 or 34377 or 37510:
                    if (length > room) _image.Blocks.Add(new ImageBlock(tag switch { 700 => "XMP", 33723 or 34377 => "IPTC", _ => "text" }, value, value + length, ImageBlockUse.Metadata, value));
                    break;
            }
        }

        _image.Size(width, height);
        Strips(offsets, lengths);
        long link = first + (count * size);
        Reaches(link + (_big ? 8 : 4));
        _next.Enqueue(_big ? Eight(link) : Four(link));
    }

    // Type and count in one number: the lists of strips can be long, and are read one value at a time.
    private static long Packed(long count, int type) => (count << 8) | (uint)(type & 0xFF);

    private void Strips(List<(long Place, long Packed)> offsets, List<(long Place, long Packed)> lengths)
    {
        for (int list = 0; list < Math.Min(offsets.Count, lengths.Count); list++)
        {
            (long from, long packedFrom) = offsets[list];
            (long length, long packedLength) = lengths[list];
            int typeFrom = (int)(packedFrom & 0xFF), typeLength = (int)(packedLength & 0xFF);
            long count = Math.Min(packedFrom >> 8, packedLength >> 8);
            for (long strip = 0; strip < count && _image.Count(_limits); strip++)
                Reaches(Number(from + (strip * Width(typeFrom)), typeFrom) + Number(length + (strip * Width(typeLength)), typeLength));
        }
    }

    private void Reaches(long end)
    {
        if (end > 0) _end = Math.Max(_end, Math.Min(end, _bytes.Length));
    }

    private static int Width(int type) => type switch { 1 or 2 or 6 or 7 => 1, 3 or 8 => 2, 4 or 9 or 11 or 13 => 4, 5 or 10 or 12 or 16 or 17 or 18 => 8, _ => 1 };

    private long Number(long at, int type) => Width(type) switch { 1 => _bytes.Byte(at), 2 => Two(at), 4 => Four(at), _ => Eight(at) };

    private ushort Two(long at) => _little ? _bytes.Little16(at) : _bytes.Big16(at);

    private uint Four(long at) => _little ? _bytes.Little32(at) : _bytes.Big32(at);

    private long Eight(long at) => (long)Math.Min(_little ? _bytes.Little64(at) : _bytes.Big64(at), long.MaxValue / 64);
}
