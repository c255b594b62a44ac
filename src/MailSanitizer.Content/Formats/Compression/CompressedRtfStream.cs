namespace MailSanitizer.Content.Formats.Compression;

/// <summary>Decodes the compressed RTF of TNEF and .msg ([MS-OXRTFCP] 2.2): LZ77 over 4 KB that begin filled with usual RTF.</summary>
internal sealed class CompressedRtfStream : WindowStream
{
    private const string Beginning = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

    private readonly MsbBitReader _bits;
    private int _flags;
    private int _flagCount;

    private CompressedRtfStream(Stream source, long length)
        : base(new RingWindow(4096, (byte)' '), length)
    {
        _bits = new MsbBitReader(source);
    }

    /// <summary>Opens a property's value: 16 bytes of header, then the content, compressed or not.</summary>
    public static Stream Open(Stream source)
    {
        byte[] header = new byte[16];
        if (source.ReadAtLeast(header, 16, throwOnEndOfStream: false) < 16) throw new InvalidDataException("compressed RTF: ends inside the header");
        long length = BitConverter.ToUInt32(header, 4);
        return BitConverter.ToUInt32(header, 8) switch
        {
            0x75465A4C => new CompressedRtfStream(source, length),
            0x414C454D => source,
            _ => throw new InvalidDataException("compressed RTF: of an unknown kind"),
        };
    }

    /// <inheritdoc/>
    protected override void Step()
    {
        if (_flagCount == 0)
        {
            _flags = (int)_bits.Take(8);
            _flagCount = 8;
        }

        bool match = (_flags & 1) != 0;
        _flags >>= 1;
        _flagCount--;
        if (!match)
        {
            Window.Add((byte)_bits.Take(8));
            return;
        }

        // Places are absolute; the text began behind the filling. A match at the place itself is the end.
        int place = (int)_bits.Take(12);
        int length = (int)_bits.Take(4) + 2;
        int distance = (int)((Window.Written + Beginning.Length - place) & 4095);
        if (distance == 0) throw new InvalidDataException("compressed RTF: ends before its declared length");
        for (int index = 0; index < length; index++) Window.Add(Back(distance));
    }

    // The window's slots are counted from the first decoded byte; the filling lies before it.
    private byte Back(int distance)
    {
        long at = Window.Written - distance;
        if (at >= 0) return Window.Raw[(int)(at & 4095)];
        int filled = (int)(at + Beginning.Length);
        return filled >= 0 ? (byte)Beginning[filled] : (byte)' ';
    }
}
