using MailSanitizer.Content;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Fuzz;

/// <summary>Compound files: any bytes are read, every stream is read to its end.</summary>
public static class CfbFuzz
{
    public static FuzzTarget Reader { get; } = new("cfb-reader", [Seed()], input =>
    {
        using MemoryPartBytes bytes = new(input);
        if (CfbFile.Open(bytes, Limits.Default, out _) is not { } file) return;
        byte[] buffer = new byte[4096];
        foreach (CfbEntry entry in file.Entries)
        {
            _ = entry.Path;
            PartBytes content = file.Content(entry);
            if (content.Length > input.Length + 4_096) throw new InvalidOperationException($"{entry.Path}: {content.Length} bytes of {input.Length}");
            for (long at = 0; content.Read(at, buffer) is var got and > 0; at += got)
            {
            }
        }

        _ = CfbWriter.Write(CfbNode.From(file), new StreamPartOutput(Stream.Null));
    });

    private static byte[] Seed()
    {
        CfbNode root = CfbNode.Storage("");
        CfbNode storage = CfbNode.Storage("Macros");
        root.Children.AddRange([storage, CfbNode.Stream("WordDocument", new MemoryPartBytes(new byte[5_000]))]);
        for (int i = 0; i < 5; i++) storage.Children.Add(CfbNode.Stream($"s{i}", new MemoryPartBytes(new byte[i * 50])));
        using MemoryStream to = new();
        _ = CfbWriter.Write(root, new StreamPartOutput(to));
        return to.ToArray();
    }
}
