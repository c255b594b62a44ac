using System.Diagnostics.CodeAnalysis;
using ZXing;
using ZXing.Common;
using ZXing.Multi.QrCode;

namespace MailSanitizer.Content.Disarming;

/// <summary>Reads QR codes (ISO/IEC 18004) out of brightness and out of modules.</summary>
internal static class QrReader
{
    /// <summary>The smallest code (modules a side).</summary>
    public const int Smallest = 21;

    /// <summary>The largest code (modules a side).</summary>
    public const int Largest = 177;

    /// <summary>The texts of all codes in a picture, dark on light first, then light on dark. <paramref name="mayGoOn"/> is asked at each corner that is found; false ends the search.</summary>
    public static IReadOnlyList<string> Read(byte[] brightness, int width, int height, Func<bool> mayGoOn, out bool isComplete)
    {
        RGBLuminanceSource source = new(brightness, width, height, RGBLuminanceSource.BitmapFormat.Gray8);
        IReadOnlyList<string> found = Read(source, mayGoOn, out isComplete);
        return found.Count > 0 || !isComplete ? found : Read(source.invert(), mayGoOn, out isComplete);
    }

    /// <summary>The text of a code whose modules are known; null when it is none.</summary>
    public static string? Read(bool[,] dark)
    {
        int size = dark.GetLength(0);
        if (size != dark.GetLength(1) || size < Smallest || size > Largest || (size - Smallest) % 4 != 0) return null;
        BitMatrix modules = new(size);
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                if (dark[y, x]) modules[x, y] = true;
        return Guarded(() => new ZXing.QrCode.Internal.Decoder().decode(modules, null)?.Text);
    }

    /// <summary>A code's text as a link that a telephone offers to open; null for other text.</summary>
    public static string? Link(string text)
    {
        text = text.Trim();
        if (text.StartsWith("URLTO:", StringComparison.OrdinalIgnoreCase)) text = text[6..];
        if (text.Length == 0 || text.AsSpan().IndexOfAny(" \r\n\t") >= 0) return null;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 1 && colon < text.Length - 1 && text.AsSpan(0, colon).IndexOfAnyExceptInRange('+', 'z') < 0 && char.IsAsciiLetter(text[0]))
            return text[..colon].ToUpperInvariant() is "WIFI" or "BEGIN" or "MECARD" or "MATMSG" or "BIZCARD" ? null : text;
        if (text.StartsWith("www.", StringComparison.OrdinalIgnoreCase)) return "http://" + text;
        return null;
    }

    private static IReadOnlyList<string> Read(LuminanceSource source, Func<bool> mayGoOn, out bool isComplete)
    {
        bool stopped = false;
        Dictionary<DecodeHintType, object> hints = new()
        {
            [DecodeHintType.TRY_HARDER] = true,
            [DecodeHintType.NEED_RESULT_POINT_CALLBACK] = new ResultPointCallback(_ =>
            {
                if (mayGoOn()) return;
                stopped = true;
                throw new SearchEndedException();
            }),
        };
        BinaryBitmap picture = new(new HybridBinarizer(source));
        Result[]? results = Guarded(() => new QRCodeMultiReader().decodeMultiple(picture, hints));
        isComplete = !stopped;
        return results is null ? [] : [.. results.Select(result => result.Text).Where(text => !string.IsNullOrEmpty(text)).Distinct(StringComparer.Ordinal)];
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "the library says 'no code here' by whatever exception its arithmetic meets")]
    private static T? Guarded<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is not (OutOfMemoryException or OperationCanceledException or LimitReachedException))
        {
            return null;
        }
    }

    private sealed class SearchEndedException : Exception;
}
