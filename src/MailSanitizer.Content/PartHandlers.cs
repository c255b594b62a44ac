namespace MailSanitizer.Content;

/// <summary>The handlers of all rooms, in the order in which they apply to a part that is of several formats at once.</summary>
public static class PartHandlers
{
    /// <summary>One line a handler.</summary>
    public static IReadOnlyList<IPartHandler> All { get; } =
    [
        // First, so that nothing is written anew of what is replaced as a whole.
        new Disarming.NoPassiveForm.NoPassiveFormHandler(),
        new Disarming.NoPassiveForm.OneNoteHandler(),
        new Disarming.Calendar.CalendarHandler(),
        new Disarming.Tables.TableHandler(),
        new Disarming.Images.MetafileHandler(),
        new Disarming.Images.ImageHandler(),
        new Mime.MimeHandler(),
        new Unpacking.Zip.ZipHandler(),

        // Archive level first: the disarmer reads what this has written from one reading.
        new Unpacking.Zip.ZipPackageHandler(),
        new Disarming.Ooxml.OoxmlHandler(),
        new Disarming.Ooxml.OfficeXmlHandler(),
        new Unpacking.Tar.TarHandler(),
        new Unpacking.Compressed.GzipHandler(),
        new Unpacking.Compressed.PackedStreamHandler(),
        new Unpacking.SevenZip.SevenZipHandler(),
        new Unpacking.Rar.RarHandler(),
        new Unpacking.Lzh.LzhHandler(),
        new Unpacking.Cab.CabHandler(),
        new Unpacking.Iso.IsoHandler(),
        new Unpacking.Cpio.CpioHandler(),
        new Unpacking.Arj.ArjHandler(),
        new Unpacking.Ace.AceHandler(),
        new Unpacking.Tnef.TnefHandler(),
        new Unpacking.Msg.MsgHandler(),
        new Unpacking.Mbox.MboxHandler(),
        new Unpacking.Encodings.UuHandler(),
        new Unpacking.Encodings.YencHandler(),
        new Unpacking.Encodings.BinHexHandler(),
        new Unpacking.Encodings.AppleHandler(),
        new Unpacking.Cms.CmsHandler(),
        new Unpacking.Pgp.PgpHandler(),
        new Unpacking.SelfExtracting.SelfExtractingHandler(),
        new Disarming.Rtf.RtfHandler(),
        new Disarming.Odf.OdfHandler(),
        new Disarming.Odf.FlatOdfHandler(),
        new Disarming.Pdf.PdfHandler(),
        new Unpacking.Unsupported.UnsupportedHandler(),
        new Disarming.Ole.OleHandler(),
        new Disarming.Ole.LockedPackageHandler(),
        new Disarming.Html.HtmlHandler(),
        new Disarming.Svg.SvgHandler(),
        new Disarming.Svg.StyleSheetHandler(),
        new Disarming.PlainText.TextHandler(),
    ];
}
