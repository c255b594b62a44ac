using System.Globalization;
using System.Text;

namespace MailSanitizer.Mail;

/// <summary>Pieces that every mail of our own making is written with: notices, follow-ups, delivery reports.</summary>
public static class MailText
{
    /// <summary>A date in UTC (RFC 5322 3.3).</summary>
    public static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("ddd, d MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture);

    /// <summary>Text in UTF-8 and base64, in lines of 76 (RFC 2045 6.8), the last one without its line end. Line ends of the text are the caller's.</summary>
    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text), Base64FormattingOptions.InsertLineBreaks).ReplaceLineEndings("\r\n");

    /// <summary>An address of an envelope, for between angle brackets: nothing of it can end the field.</summary>
    public static string Address(string address) => new([.. address.Where(letter => !char.IsControl(letter) && letter is not ('<' or '>'))]);
}
