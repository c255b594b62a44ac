using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.Rtf;

namespace MailSanitizer.Fuzz;

/// <summary>RTF: tokens cover every byte once and in order; text and hex of any range are read.</summary>
public static class RtfFuzz
{
    public static FuzzTarget Reader { get; } = new("rtf-reader",
    [
        Encoding.Latin1.GetBytes(@"{\rtf1\ansi{\fonttbl{\f0 A;}}\u12354?\'82{\object\objemb{\*\objdata 0105000002000000{\x}\bin3 abc 00}{\result x}}{\field{\*\fldinst DDE x}{\fldrslt y}}}"),
        Encoding.Latin1.GetBytes(@"{\rt{\*\template \'68ttp://x}\uc2\u65 ab{\sp{\sn pibName}{\sv //x}}}"),
    ],
    input =>
    {
        using MemoryPartBytes bytes = new(input);
        RtfReader reader = new(bytes);
        long at = 0;
        while (reader.Read())
        {
            if (reader.Offset != at || reader.Length <= 0) throw new InvalidOperationException($"token at {reader.Offset}, expected {at}");
            at = reader.TokenEnd;
        }

        if (at != input.Length) throw new InvalidOperationException($"{at} of {input.Length} bytes");
        foreach (bool everything in new[] { false, true })
        {
            if (RtfText.Read(bytes, 0, input.Length, 1_000, everything, default).Length > 1_001) throw new InvalidOperationException("text over its limit");
            byte[]? decoded = RtfHex.Decode(bytes, 0, input.Length, 500, everything, default);
            if (decoded is { Length: > 500 }) throw new InvalidOperationException("bytes over their limit");
            if (decoded is not null && OleStream.Read(decoded) is { } ole) _ = PackagedFile.Read(ole.Native, prefixed: false);
        }
    });
}
