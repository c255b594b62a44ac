using System.IO.Compression;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Fuzz;

/// <summary>ZIP: any bytes are read, every member of every reading is opened, and what is written from them reads back.</summary>
public static class ZipFuzz
{
    private static readonly Limits Small = Limits.Default with { ArchiveEntries = 200, DictionaryBytes = 1 << 20 };

    public static FuzzTarget Reader { get; } = new("zip-reader", [Seed(false), Seed(true), [.. Seed(false), .. Seed(true)]], input =>
    {
        using MemoryPartBytes bytes = new(input);
        if (ZipReader.Read(bytes, Small) is not { } zip) return;
        byte[] buffer = new byte[4096];
        foreach (ZipEntry entry in zip.Entries.Concat(zip.Alternatives))
        {
            _ = entry.Names;
            using ZipEntryStream content = zip.Open(entry, Small);
            for (int got; (got = content.Read(buffer)) > 0 && content.Count < 1 << 20;)
            {
                if (got > buffer.Length) throw new InvalidOperationException("read too much");
            }

            _ = content.Problem;
        }

        foreach (ZipGap gap in zip.Gaps)
        {
            if (gap.Offset < 0 || gap.Length <= 0 || gap.Offset + gap.Length > input.Length) throw new InvalidOperationException($"gap {gap}");
        }
    });

    public static FuzzTarget Writer { get; } = new("zip-writer", [Seed(false), Seed(true)], input =>
    {
        using MemoryPartBytes bytes = new(input);
        if (ZipReader.Read(bytes, Small) is not { } zip) return;
        using MemoryStream to = new();
        ZipWriter writer = new(new StreamPartOutput(to, bytes));
        int count = 0;
        foreach (ZipEntry entry in zip.Entries)
        {
            if (!entry.IsWhole) continue;
            writer.Copy(entry);
            count++;
        }

        writer.Finish();
        ZipContents again = ZipReader.Read(new MemoryPartBytes(to.ToArray()), Small) ?? throw new InvalidOperationException("what was written does not read");
        if (again.Entries.Count != count || again.Gaps.Count > 0) throw new InvalidOperationException($"{count} members written, {again.Entries.Count} read, {again.Gaps.Count} gaps");
    });

    private static byte[] Seed(bool stored)
    {
        using MemoryStream to = new();
        using (ZipArchive archive = new(to, ZipArchiveMode.Create, true))
        {
            foreach (string name in new[] { "a.txt", "dir/日本語.txt", "b" })
            {
                using Stream content = archive.CreateEntry(name, stored ? CompressionLevel.NoCompression : CompressionLevel.Fastest).Open();
                content.Write("some content, some content, some content"u8);
            }
        }

        return to.ToArray();
    }
}
