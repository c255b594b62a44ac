using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>
/// The checker: all text of a PDF's bytes, and of every stretch between <c>stream</c> and <c>endstream</c> that zlib opens, with <c>#xx</c> undone. It follows
/// no reference and believes no length; what is not in this text cannot be read by anybody. Encrypted files are opened by qpdf first.
/// </summary>
internal static partial class PdfSight
{
    public static string Of(byte[] file)
    {
        string text = Encoding.Latin1.GetString(file);
        StringBuilder all = new(Unescaped(text));
        foreach (Match stream in Streams().Matches(text))
        {
            if (Inflated(Encoding.Latin1.GetBytes(stream.Groups[1].Value)) is { Length: > 0 } data) all.Append('\n').Append(Unescaped(data));
        }

        return all.ToString();
    }

    public static bool Shows(byte[] file, string pattern) => Regex.IsMatch(Of(file), pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));

    private static string Unescaped(string text) => Escapes().Replace(text, match => ((char)int.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());

    private static string Inflated(byte[] data)
    {
        try
        {
            using ZLibStream inflate = new(new MemoryStream(data), CompressionMode.Decompress);
            MemoryStream to = new();
            inflate.CopyTo(to);
            return Encoding.Latin1.GetString(to.ToArray());
        }
        catch (InvalidDataException)
        {
            return "";
        }
    }

    [GeneratedRegex("stream\r?\n(.*?)endstream", RegexOptions.Singleline | RegexOptions.CultureInvariant, 5_000)]
    private static partial Regex Streams();

    [GeneratedRegex("#([0-9A-Fa-f]{2})", RegexOptions.CultureInvariant, 5_000)]
    private static partial Regex Escapes();
}
