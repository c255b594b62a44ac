namespace MailSanitizer.Content.Formats.Rtf;

/// <summary>Bytes written as hex digits inside a group, as in <c>\objdata</c>.</summary>
public static class RtfHex
{
    /// <summary>Value of a hex digit; 0 for anything else.</summary>
    public static byte Digit(byte digit) => (byte)(char.IsAsciiHexDigit((char)digit) ? digit <= '9' ? digit - '0' : (digit & 0x5F) - 'A' + 10 : 0);

    /// <summary>
    /// Decodes the bytes of a destination that goes from <paramref name="offset"/> to <paramref name="end"/>; null when they are more than <paramref name="most"/>.
    /// White space and every byte that is no hex digit are passed over, <c>\bin</c> gives its bytes.
    /// </summary>
    /// <param name="bytes">The document.</param>
    /// <param name="offset">Behind the destination's word.</param>
    /// <param name="end">Where its group ends.</param>
    /// <param name="most">Bytes at most.</param>
    /// <param name="everything">False: inner groups are other destinations, and control words are passed over (Word's reading). True: hex digits count wherever they stand in a group, those of <c>\'hh</c> too.</param>
    /// <param name="cancellation">Ends it.</param>
    public static byte[]? Decode(PartBytes bytes, long offset, long end, int most, bool everything, CancellationToken cancellation)
    {
        RtfReader reader = new(bytes, offset, end - offset, cancellation);
        byte[] decoded = new byte[Math.Clamp((end - offset) / 2, 16, (long)most + 16)];
        int count = 0, depth = 0, high = -1;
        while (reader.Read())
        {
            switch (reader.Kind)
            {
                case RtfTokenKind.GroupStart:
                    depth++;
                    break;
                case RtfTokenKind.GroupEnd:
                    if (depth > 0) depth--;
                    break;
                case RtfTokenKind.Text when depth == 0 || everything:
                    foreach (byte one in reader.Text)
                    {
                        if (!char.IsAsciiHexDigit((char)one)) continue;
                        if (high < 0)
                        {
                            high = Digit(one);
                        }
                        else
                        {
                            if (!Add((byte)((high << 4) | Digit(one)))) return null;
                            high = -1;
                        }
                    }

                    break;
                case RtfTokenKind.Hex when everything && !reader.IsOdd && high < 0:
                    if (!Add(reader.Value)) return null;
                    break;
                case RtfTokenKind.Binary when depth == 0 || everything:
                    if (count + reader.Length > most) return null;
                    if (count + reader.Length > decoded.Length) Array.Resize(ref decoded, (int)Math.Min(most + 16L, (count + reader.Length) * 2));
                    count += bytes.Read(reader.Offset, decoded.AsSpan(count, (int)reader.Length));
                    high = -1;
                    break;
            }
        }

        return decoded[..count];

        bool Add(byte one)
        {
            if (count >= most) return false;
            if (count == decoded.Length) Array.Resize(ref decoded, (int)Math.Min(most + 16L, decoded.Length * 2L));
            decoded[count++] = one;
            return true;
        }
    }
}
