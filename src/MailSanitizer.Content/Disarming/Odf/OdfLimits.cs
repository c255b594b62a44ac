namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Bytes of one XML file in an OpenDocument package, or of a flat document (bytes). Origin: a sheet of a million cells has some 100 MB; one attribute can be all of it. At it: <c>odf-over-xml</c>, the file is not read on.</summary>
    public long OdfXmlBytes { get; init; } = 128L * 1024 * 1024;

    /// <summary>Elements inside elements (levels). Origin: a page of nested frames and tables stays below 100. At it: as above.</summary>
    public int OdfXmlDepth { get; init; } = 1_000;
}
