namespace MailSanitizer.Content.Disarming.Images;

/// <summary>Images whose header says everything: BMP, icons and cursors, PNM.</summary>
internal static class BitmapReader
{
    /// <summary>BMP ([MS-WMF] 2.2.2): the end is where the pixels end, not what the file's own size field says, which nobody checks.</summary>
    public static void ReadBmp(ImageBytes bytes, ImageStructure image)
    {
        long pixels = bytes.Little32(10);
        uint header = bytes.Little32(14);
        bool old = header == 12;
        long width = old ? bytes.Little16(18) : (int)bytes.Little32(18);
        long height = Math.Abs(old ? (long)bytes.Little16(20) : (int)bytes.Little32(22));
        image.Size(width, height);
        if (width <= 0) return;
        int depth = old ? bytes.Little16(24) : bytes.Little16(28);
        uint compression = old ? 0 : bytes.Little32(30);
        long size = compression is 0 or 3 or 6 ? ((width * depth) + 31) / 32 * 4 * height : bytes.Little32(34);
        if (size == 0 || pixels < 14) return;
        long end = pixels + size;
        if (header == 124 && bytes.Little32(14 + 116) is > 0 and var profile) end = Math.Max(end, 14L + bytes.Little32(14 + 112) + profile);
        if (end <= bytes.Length) image.End = end;
    }

    /// <summary>ICO and CUR: a directory of pictures (BMP without its file header, or PNG).</summary>
    public static void ReadIcon(ImageBytes bytes, ImageStructure image, Limits limits)
    {
        int count = bytes.Little16(4);
        long last = 0;
        for (int at = 0; at < count && image.Count(limits); at++)
        {
            long entry = 6 + (16L * at);
            if (!bytes.Has(entry, 16)) return;
            long start = bytes.Little32(entry + 12);
            last = Math.Max(last, start + bytes.Little32(entry + 8));
            if (bytes.Starts(start + 1, "PNG"u8)) image.Size(bytes.Big32(start + 16), bytes.Big32(start + 20));
            else image.Size((int)bytes.Little32(start + 4), Math.Abs((long)(int)bytes.Little32(start + 8)) / 2);
        }

        if (last > 0 && last <= bytes.Length) image.End = last;
    }

    /// <summary>PNM: "P" and a digit, then width and height in text, comments between them.</summary>
    public static void ReadPnm(ImageBytes bytes, ImageStructure image)
    {
        ReadOnlySpan<byte> head = bytes.At(2, 1_024);
        long[] read = new long[2];
        int at = 0;
        for (int number = 0; number < 2; number++)
        {
            while (at < head.Length && (head[at] is (byte)'#' || char.IsWhiteSpace((char)head[at])))
            {
                int end = head[at] == (byte)'#' ? head[at..].IndexOf((byte)'\n') : 0;
                if (end < 0) return;
                at += end + 1;
            }

            while (at < head.Length && char.IsAsciiDigit((char)head[at]) && read[number] < uint.MaxValue) read[number] = (read[number] * 10) + head[at++] - '0';
        }

        image.Size(read[0], read[1]);
    }
}
