namespace MailSanitizer.Content;

/// <summary>The handlers of all rooms, in the order in which they apply to a part that is of several formats at once.</summary>
public static class PartHandlers
{
    /// <summary>One line a handler.</summary>
    public static IReadOnlyList<IPartHandler> All { get; } =
    [
        new Mime.MimeHandler(),
        new Unpacking.Zip.ZipHandler(),
        new Unpacking.Tar.TarHandler(),
        new Unpacking.Compressed.GzipHandler(),
    ];
}
