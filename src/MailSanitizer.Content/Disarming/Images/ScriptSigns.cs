using System.IO.Compression;

namespace MailSanitizer.Content.Disarming.Images;

/// <summary>Words that no camera, editor or designer writes into an image, and that a browser or an interpreter runs.</summary>
internal static class ScriptSigns
{
    private const int Overlap = 32;
    private const int Unpacked = 1024 * 1024;

    private static readonly byte[][] Words =
    [
        .. new[] { "<script", "<?php", "<iframe", "<html", "<body", "<svg ", "<!doctype html", "<hta:application", "<scriptlet", "javascript:", "vbscript:", " onerror=", " onload=" }
            .Select(System.Text.Encoding.ASCII.GetBytes),
    ];

    /// <summary>True when a block of the image holds one. <paramref name="opensComment"/>: the image's first bytes open a comment of JavaScript, so that what closes it counts too.</summary>
    public static bool IsIn(ImageBytes bytes, ImageBlock block, bool opensComment)
    {
        if (block.IsPacked)
        {
            byte[] packed = bytes.ToArray(block.Body, block.End, Unpacked);
            if (packed.Length > 0 && Find(Inflate(packed), opensComment) >= 0) return true;
        }

        return Find(bytes, block.Start, block.End, opensComment) >= 0;
    }

    /// <summary>Where the first one stands in a range, or -1.</summary>
    public static long Find(ImageBytes bytes, long from, long to, bool opensComment) => bytes.Search(from, to, Overlap, piece => Find(piece.Span, opensComment));

    private static int Find(ReadOnlySpan<byte> text, bool opensComment)
    {
        int first = -1;
        foreach (byte[] word in Words)
        {
            int at = Find(text, word);
            if (at >= 0 && (first < 0 || at < first)) first = at;
        }

        if (first < 0 && opensComment) first = text.IndexOf("*/"u8);
        return first;
    }

    // ASCII letters in either case.
    private static int Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        for (int at = 0; at <= text.Length - word.Length; at++)
        {
            int next = text[at..].IndexOfAny(word[0], char.IsAsciiLetter((char)word[0]) ? (byte)(word[0] ^ 0x20) : word[0]);
            if (next < 0) return -1;
            at += next;
            if (at <= text.Length - word.Length && System.Text.Ascii.EqualsIgnoreCase(text.Slice(at, word.Length), word)) return at;
        }

        return -1;
    }

    // As much as comes out; broken streams give what stands before the break, as readers take it.
    private static byte[] Inflate(byte[] packed)
    {
        using ZLibStream zlib = new(new MemoryStream(packed), CompressionMode.Decompress);
        byte[] text = new byte[Unpacked];
        int length = 0;
        try
        {
            for (int got; length < text.Length && (got = zlib.Read(text, length, text.Length - length)) > 0;) length += got;
        }
        catch (InvalidDataException)
        {
            // What came before is looked at.
        }

        return text[..length];
    }
}
