namespace MailSanitizer.Content.Formats.Opc;

/// <summary>The document formats that are Open Packaging Conventions packages and that rooms take apart.</summary>
public static class OpcFormats
{
    /// <summary>Ids of the format table. Whoever judges the archive of a package and whoever judges its parts take the same ones: a package that only one of them saw would be half looked at.</summary>
    public static IReadOnlyCollection<string> All { get; } =
    [
        "docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xlsb", "xltx", "xltm", "pptx", "pptm", "ppsx", "ppsm", "potx", "potm", "sldx", "sldm", "thmx",
        "vsdx", "vsdm", "vstx", "vstm", "vssx", "vssm",
    ];
}
