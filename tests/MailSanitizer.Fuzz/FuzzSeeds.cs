using System.Formats.Tar;
using System.IO.Compression;

namespace MailSanitizer.Fuzz;

/// <summary>Small good archives to mutate.</summary>
internal static class FuzzSeeds
{
    public static byte[] Content { get; } = "a small file, a small file, a small file\r\n"u8.ToArray();

    public static byte[] Tar()
    {
        MemoryStream stream = new();
        using (TarWriter writer = new(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a.txt") { DataStream = new MemoryStream(Content) });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "a.txt" });
            writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, new string('n', 120)) { DataStream = new MemoryStream(Content) });
        }

        return stream.ToArray();
    }

    public static byte[] Gzip()
    {
        MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(Content);
        return stream.ToArray();
    }
}
