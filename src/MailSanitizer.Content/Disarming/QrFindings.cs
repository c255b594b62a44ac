namespace MailSanitizer.Content.Disarming;

/// <summary>QR codes, wherever they are drawn. Where they lead is a link of source <c>qr</c>.</summary>
public static class QrFindings
{
    /// <summary>A QR code that holds a link.</summary>
    public static readonly FindingKind QrCode = new("qr-code", FindingClass.Note, "A QR code with a link");

    /// <summary>A QR code put together of letters or of the cells of a table, so that no image holds it.</summary>
    public static readonly FindingKind QrDrawn = new("qr-code-drawn", FindingClass.Note, "A QR code drawn with letters or table cells");

    /// <summary>An image that is too large, or comes too late, to look for QR codes in it: links may be missing from the facts.</summary>
    public static readonly FindingKind QrNotLooked = new("qr-not-looked", FindingClass.Note, "An image that was not looked at for QR codes");
}
