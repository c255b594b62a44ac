using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Sealing;

/// <summary>
/// X-MailSanitizer-Id: <c>uuid; pass=1; mac=…</c>. The HMAC binds id, pass, From and body, so that only our own marks count as passes. It counts for loops and
/// nothing else: anyone can replay a message that we marked (DESIGN.md, promise 9).
/// </summary>
public sealed class IdField : IPassCounter
{
    /// <summary>The field's name.</summary>
    public const string Name = "X-MailSanitizer-Id";

    private readonly byte[] _key;

    /// <summary>With the secret of this site.</summary>
    public IdField(ReadOnlyMemory<byte> key)
    {
        if (key.Length < SecretKey.Length) throw new ArgumentException($"a key of {SecretKey.Length} bytes is needed", nameof(key));
        _key = key.ToArray();
    }

    /// <summary>The complete field.</summary>
    public string Write(Guid id, int pass, MessageHeader header, ReadOnlySpan<byte> bodyHash) =>
        FieldText.Folded(Name, [$"{id:D};", string.Create(CultureInfo.InvariantCulture, $"pass={pass};"), $"mac={Mac(id, pass, header, bodyHash)}"]);

    /// <inheritdoc/>
    public Passes Count(IMailBytes original)
    {
        // Over a limit of the header: the walk finds that too, and such a message goes nowhere that could loop.
        if (MessageHeader.Read(original) is not { } header) return default;
        int received = header.Named("Received").Count();
        List<(Guid Id, int Pass, string Mac)> marks = [.. header.Named(Name).Take(10).Select(field => Read(field.RawValue.Span)).OfType<(Guid, int, string)>()];
        if (marks.Count == 0) return new(0, received);
        byte[] bodyHash = BodyHash(original, header.BodyOffset);
        int ours = marks.Where(mark => FixedTimeEquals(mark.Mac, Mac(mark.Id, mark.Pass, header, bodyHash))).Select(mark => mark.Pass).DefaultIfEmpty(0).Max();
        return new(ours, received);
    }

    /// <summary>Hash of the relaxed body: a relay that mends blanks or the last line end does not hide a loop.</summary>
    internal static byte[] BodyHash(IMailBytes message, long bodyOffset)
    {
        using BodyHasher hasher = new(CanonicalForm.Relaxed);
        BodyReader.Read(message, bodyOffset, hasher.Append);
        return hasher.Finish();
    }

    private static (Guid Id, int Pass, string Mac)? Read(ReadOnlySpan<byte> value)
    {
        if (value.Length > 300) return null;
        string[] pieces = Encoding.Latin1.GetString(value).Split(';', StringSplitOptions.TrimEntries);
        return pieces is [{ Length: 36 } id, ['p', 'a', 's', 's', '=', .. string pass], ['m', 'a', 'c', '=', .. string mac]]
            && Guid.TryParseExact(id, "D", out Guid guid) && int.TryParse(pass, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and < 1000
            ? (guid, count, mac)
            : null;
    }

    private string Mac(Guid id, int pass, MessageHeader header, ReadOnlySpan<byte> bodyHash)
    {
        ArrayBufferWriter<byte> text = new();
        text.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"x-mailsanitizer-id 1\n{id:D}\n{pass}\n")));
        foreach (HeaderField field in header.Named("From"))
        {
            CanonicalHeader.WriteRelaxedValue(text, field.RawValue.Span);
            text.Write("\n"u8);
        }

        text.Write(bodyHash);
        return Convert.ToHexStringLower(HMACSHA256.HashData(_key, text.WrittenSpan).AsSpan(0, 16));
    }

    private static bool FixedTimeEquals(string left, string right) => CryptographicOperations.FixedTimeEquals(Encoding.Latin1.GetBytes(left), Encoding.Latin1.GetBytes(right));
}
