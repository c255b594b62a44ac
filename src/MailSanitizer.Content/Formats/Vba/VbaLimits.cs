namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>VBA source that is read of one project, all modules together (bytes, decompressed). Origin: product decision; large real projects have 5 MB. At it: the report says that it is cut; the project is taken out all the same.</summary>
    public int VbaSource { get; init; } = 16 * 1024 * 1024;

    /// <summary>Modules of one VBA project that are read (count). Origin: product decision. At it: as above.</summary>
    public int VbaModules { get; init; } = 1_000;
}
