namespace MailSanitizer.Content.Identification;

/// <summary>Whether a name or a declared type can be true of a content: what good mail mixes up every day, and nothing more.</summary>
internal static class Reconciliation
{
    /// <summary>True when no reader is surprised.</summary>
    public static bool Fits(FileFormat content, FileFormat claimed)
    {
        if (content.Family == claimed.Family || FormatTable.Is(content.Id, claimed.Id) || FormatTable.Is(claimed.Id, content.Id)) return true;
        bool text = IsText(content);
        if (text && (IsText(claimed) || claimed.Id == "ps")) return true;

        // A few letters where a picture should be are a broken picture to every reader: neither can act.
        if (content.Id == "txt" && claimed.IsPassive) return true;

        // Wrappers carry the name of what is in them ("._photo.jpg" beside every photo in an archive made on macOS).
        if (content.Id is "appledouble" or "applesingle" or "macbinary" or "binhex" or "uue" or "yenc") return true;

        // Office programs open each other's files, and text, HTML and XML under their names: exports of many systems are made so.
        if (IsOffice(claimed) && (IsOffice(content) || text || content.Id is "rtf" or "encrypted-ooxml")) return true;
        if (IsOffice(content) && claimed.Id is "rtf" or "encrypted-ooxml") return true;
        return (content.Family, claimed.Family) switch
        {
            ("audio", "video") or ("video", "audio") => true,
            ("crypto", "message") or ("message", "crypto") => true,
            ("crypto", _) when claimed.Id is "txt" => true,
            ("archive", "message") => content.Id is "gz",
            ("message", _) when content.Id is "tnef" => false,
            ("package", _) => Generic(content, claimed),
            (_, "crypto") when text => true,
            _ => content.Id == "pgp-message" && claimed.Id is "txt",
        };
    }

    private static bool Generic(FileFormat content, FileFormat claimed) => content.Id switch
    {
        "ole2" => claimed.Bases.Contains("ole2") || IsOffice(claimed),
        "riff" or "iso-media" => claimed.Family is "audio" or "video" or "image",
        "opc" or "odf" or "ooxml" => FormatTable.Is(claimed.Id, "zip") || IsOffice(claimed),
        _ => false,
    };

    private static bool IsText(FileFormat format) => format.Id is "txt" or "text" || FormatTable.Is(format.Id, "text");

    private static bool IsOffice(FileFormat format) => format.Family is "spreadsheet" or "presentation" || (format.Family is "document" or "drawing" or "macro-only" && format.Id is not ("pdf" or "ps" or "djvu" or "epub" or "mobi" or "dwg" or "emf" or "wmf" or "chm" or "xps"));
}
