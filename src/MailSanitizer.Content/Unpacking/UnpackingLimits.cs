namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Members that one archive may list (count). Origin: twice <see cref="Parts"/>, for folders. At it: <c>over-entries</c>, the rest is not listed.</summary>
    public int ArchiveEntries { get; init; } = 20_000;

    /// <summary>Memory that the decoder of one member may ask for, by what the archive declares: window, dictionary, model (bytes). Origin: 7-Zip's ultra level uses 64 MB windows. At it: <c>over-memory</c>, the member is not opened.</summary>
    public long DictionaryBytes { get; init; } = 128L * 1024 * 1024;

    /// <summary>Bytes of an archive's list of members: a central directory, a 7z header (bytes). Origin: 20,000 entries of 1.6 KB. At it: <c>over-entries</c>.</summary>
    public int DirectoryBytes { get; init; } = 32 * 1024 * 1024;
}
