using System.Text;

namespace MailSanitizer.Content.Formats.Rtf;

/// <summary>The text that a range of RTF holds: a field's instruction, a path, a link. For looking at, not for showing: bytes above 127 are read as Latin-1.</summary>
public static class RtfText
{
    /// <summary>Stands where an inner field is.</summary>
    public const char InnerField = '\uFFFC';

    /// <summary>Stands where the text was cut.</summary>
    public const char Cut = '\uFFFF';

    /// <summary>Reads the text from <paramref name="offset"/> to <paramref name="end"/>; at most <paramref name="most"/> characters from 64 times as many bytes, then <see cref="Cut"/>.</summary>
    /// <param name="bytes">The document.</param>
    /// <param name="offset">Behind the destination's word.</param>
    /// <param name="end">Where its group ends.</param>
    /// <param name="most">Characters at most.</param>
    /// <param name="everything">
    /// False: as Word reads it (groups marked as ignorable and what stands behind a <c>\u</c> for older readers are passed over). True: whatever could be text counts,
    /// for a reader that knows less.
    /// </param>
    /// <param name="cancellation">Ends it.</param>
    public static string Read(PartBytes bytes, long offset, long end, int most, bool everything, CancellationToken cancellation)
    {
        StringBuilder text = new();
        RtfReader reader = new(bytes, offset, end - offset, cancellation);
        long stop = offset + (64L * most);
        int depth = 0, hiddenAt = int.MaxValue, unicodeSkip = 1, skip = 0;
        bool ignorable = false;
        while (reader.Read())
        {
            if (text.Length >= most || reader.Offset > stop) return text.Append(Cut).ToString();
            bool first = ignorable;
            ignorable = false;
            switch (reader.Kind)
            {
                case RtfTokenKind.GroupStart:
                    depth++;
                    skip = 0;
                    break;
                case RtfTokenKind.GroupEnd:
                    depth--;
                    skip = 0;
                    if (depth < hiddenAt) hiddenAt = int.MaxValue;
                    break;
                case RtfTokenKind.Symbol when reader.Value == '*':
                    ignorable = true;
                    break;
                case RtfTokenKind.Word:
                    Word(first);
                    break;
                case RtfTokenKind.Symbol:
                    if (reader.Value is not ((byte)'-' or (byte)'|')) Put(reader.Value is (byte)'~' or (byte)'\r' or (byte)'\n' or (byte)'\t' ? ' ' : reader.Value is (byte)'_' ? '-' : (char)reader.Value);
                    break;
                case RtfTokenKind.Hex:
                    Put((char)reader.Value);
                    break;
                case RtfTokenKind.Text:
                    foreach (byte one in reader.Text[..(int)Math.Min(reader.Length, most * 2L)])
                    {
                        // Readers drop line ends, and NUL with them.
                        if (one is (byte)'\r' or (byte)'\n' or 0)
                        {
                            ignorable |= first;
                            continue;
                        }

                        Put((char)one);
                    }

                    break;
            }
        }

        return text.ToString();

        void Word(bool marked)
        {
            if (skip > 0)
            {
                // RTF 1.9.1, "Unicode RTF": a control word counts as one of the characters that are passed over.
                skip--;
                return;
            }

            switch (reader.Word)
            {
                case RtfWord.Uc:
                    unicodeSkip = (int)Math.Clamp(reader.Parameter, 0, 100);
                    break;
                case RtfWord.U:
                    Put((char)(ushort)reader.Parameter);
                    skip = everything ? 0 : unicodeSkip;
                    break;
                case RtfWord.Space:
                    Put(' ');
                    break;
                case RtfWord.Field:
                    if (hiddenAt > depth) text.Append(InnerField);
                    Hide();
                    break;
                case RtfWord.Picture or RtfWord.FieldData or RtfWord.ObjData:
                    Hide();
                    break;
                default:
                    if (marked && !everything) Hide();
                    break;
            }
        }

        void Hide()
        {
            // A destination holds to the end of its group; at the range's own level that is the end of it all.
            if (hiddenAt == int.MaxValue) hiddenAt = depth;
        }

        void Put(char one)
        {
            if (skip > 0)
            {
                skip--;
                return;
            }

            if (hiddenAt <= depth) return;
            text.Append(one);
        }
    }
}
