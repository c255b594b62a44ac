using System.Buffers;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Mail.Signatures;

/// <summary>Header fields in their canonical forms (RFC 6376 3.4.1 and 3.4.2).</summary>
public static class CanonicalHeader
{
    /// <summary>Writes a field as it enters a signature, with its line end.</summary>
    public static void Write(IBufferWriter<byte> to, CanonicalForm form, HeaderField field)
    {
        ArgumentNullException.ThrowIfNull(field);
        Write(to, form, field.Raw.Span, field.Name.Length, field.Raw.Length - field.RawValue.Length);
    }

    /// <summary>Writes a field given as bytes; <paramref name="valueStart"/> is the offset behind its colon.</summary>
    public static void Write(IBufferWriter<byte> to, CanonicalForm form, ReadOnlySpan<byte> raw, int nameLength, int valueStart)
    {
        ArgumentNullException.ThrowIfNull(to);
        if (form == CanonicalForm.Simple)
        {
            to.Write(raw);
            return;
        }

        Span<byte> name = to.GetSpan(nameLength + 1);
        for (int at = 0; at < nameLength; at++) name[at] = raw[at] is >= (byte)'A' and <= (byte)'Z' ? (byte)(raw[at] | 0x20) : raw[at];
        name[nameLength] = (byte)':';
        to.Advance(nameLength + 1);
        WriteRelaxedValue(to, raw[valueStart..]);
        to.Write("\r\n"u8);
    }

    /// <summary>Unfolded, runs of blanks one space, none at the ends.</summary>
    public static void WriteRelaxedValue(IBufferWriter<byte> to, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(to);
        Span<byte> space = to.GetSpan(value.Length + 1);
        int length = 0;
        bool blank = false;
        for (int at = 0; at < value.Length; at++)
        {
            byte one = value[at];
            if (one is (byte)' ' or (byte)'\t')
            {
                blank = true;
            }
            else if (one == '\r' && at + 1 < value.Length && value[at + 1] == '\n')
            {
                // Unfolding takes the CRLF out; the blank behind it stays (3.4.2).
                at++;
            }
            else
            {
                if (blank && length > 0) space[length++] = (byte)' ';
                blank = false;
                space[length++] = one;
            }
        }

        to.Advance(length);
    }
}
