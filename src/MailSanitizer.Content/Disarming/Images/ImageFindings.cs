namespace MailSanitizer.Content.Disarming.Images;

/// <summary>What images carry besides a picture.</summary>
public static class ImageFindings
{
    /// <summary>Bytes behind the end of the image that no reader of it shows. Cut off where a treatment names the kind; the picture's own bytes stay.</summary>
    public static readonly FindingKind DataBehind = new("data-behind-image", FindingClass.Note, "Bytes behind the end of an image");

    /// <summary>Behind the image stands a program, archive, document or script. Cut off.</summary>
    public static readonly FindingKind FileBehind = new("file-behind-image", FindingClass.Active, "A file hidden behind an image");

    /// <summary>A comment or text block of the image that holds markup or a script.</summary>
    public static readonly FindingKind ScriptInside = new("script-in-image", FindingClass.Active, "A script in an image's comments");

    /// <summary>EXIF, GPS position, XMP, comments, as the detail says.</summary>
    public static readonly FindingKind Metadata = new("image-metadata", FindingClass.Note, "An image with details of its making");

    /// <summary>
    /// Never reported: the word with which a rule has JPEG, PNG and WebP made anew from their pixels (<c>then: { disarm: [image-reencode] }</c>), where exploits in passive data end.
    /// </summary>
    public static readonly FindingKind Reencode = new("image-reencode", FindingClass.Note, "An image made anew from its pixels");

    /// <summary>More pixels than <see cref="Limits.ImagePixels"/>.</summary>
    public static readonly FindingKind OverPixels = new("image-over-limit", FindingClass.Limit, "An image with more pixels than the limit");

    /// <summary>A metafile record that calls into the printer (the SETABORTPROC escape, CVE-2005-4560).</summary>
    public static readonly FindingKind MetafileEscape = new("metafile-escape", FindingClass.Active, "A metafile that runs code");

    /// <summary>A vector image of Windows (EMF, WMF).</summary>
    public static readonly FindingKind Metafile = new("metafile", FindingClass.Note, "A Windows metafile");
}
