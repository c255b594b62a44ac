using System.Text;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Tests.Formats.Zip;

public sealed class ZipWriterTests
{
    private static (ZipContents Zip, MemoryPartBytes Bytes) Open(byte[] archive)
    {
        MemoryPartBytes bytes = new(archive);
        return (ZipReader.Read(bytes, Limits.Default)!, bytes);
    }

    [Fact]
    public void Untouched_members_are_copied_compressed_and_the_others_written_anew()
    {
        byte[] cp932 = [0x93, 0xFA, 0x96, 0x7B, (byte)'.', (byte)'t', (byte)'x', (byte)'t'];
        ZipMaker maker = new() { Comment = "whole"u8.ToArray() };
        byte[] before = maker
            .Add("a", "kept", m => (m.Name, m.Comment, m.Attributes, m.MadeBy) = (cp932, "c"u8.ToArray(), 0x81A40000, 0x0314))
            .Add("b.txt", new string('x', 5_000), m => m.Descriptor = true)
            .Add("c.txt", "gone")
            .Finish();
        (ZipContents zip, MemoryPartBytes bytes) = Open(before);
        using MemoryStream to = new();
        ZipWriter writer = new(new StreamPartOutput(to, bytes));
        writer.Copy(zip.Entries[0]);
        writer.Replace(zip.Entries[1], new MemoryPartBytes("new content"u8.ToArray()));
        writer.Add("名前.txt", new MemoryPartBytes("added"u8.ToArray()));
        writer.Finish(zip.Comment.Span);
        (ZipContents after, _) = Open(to.ToArray());
        Assert.Empty(after.Disagreements);
        Assert.Equal("whole"u8, after.Comment.Span);
        Assert.Equal(3, after.Entries.Count);
        ZipEntry kept = after.Entries[0];
        Assert.Equal(cp932, kept.RawName.ToArray());
        Assert.Equal("日本.txt", kept.Name);
        Assert.Equal(zip.Entries[0].DosTime, kept.DosTime);
        Assert.Equal(0x81A40000, kept.ExternalAttributes);
        Assert.Equal("c"u8, kept.Comment.Span);
        Assert.Equal(
            before.AsSpan((int)zip.Entries[0].DataOffset, (int)zip.Entries[0].PackedSize).ToArray(),
            to.ToArray().AsSpan((int)kept.DataOffset, (int)kept.PackedSize).ToArray());
        Assert.Equal("new content", Encoding.UTF8.GetString(after.Read(after.Entries[1], 100, Limits.Default, out _)!));
        Assert.Equal(0, after.Entries[1].Flags & 8);
        Assert.Equal("added", Encoding.UTF8.GetString(after.Read(after.Find("名前.txt")!, 100, Limits.Default, out _)!));
    }

    [Fact]
    public void Content_that_does_not_fit_the_buffer_is_packed_twice_and_fits()
    {
        byte[] noise = new byte[9 * 1024 * 1024];
        new Random(1).NextBytes(noise);
        using MemoryStream to = new();
        ZipWriter writer = new(new StreamPartOutput(to));
        writer.Add("noise", new MemoryPartBytes(noise));
        writer.Add("empty", new MemoryPartBytes(Array.Empty<byte>()));
        writer.Finish();
        (ZipContents after, _) = Open(to.ToArray());
        Assert.Empty(after.Disagreements);
        Assert.Equal(noise, after.Read(after.Entries[0], noise.Length, Limits.Default, out _));
        Assert.Empty(after.Read(after.Entries[1], 1, Limits.Default, out _)!);
    }

    [Fact]
    public void More_members_than_16_bits_get_a_Zip64_end()
    {
        using MemoryStream to = new();
        ZipWriter writer = new(new StreamPartOutput(to));
        MemoryPartBytes nothing = new(Array.Empty<byte>());
        for (int i = 0; i < 65_600; i++) writer.Add($"{i}", nothing);
        writer.Finish();
        ZipContents after = ZipReader.Read(new MemoryPartBytes(to.ToArray()), Limits.Default with { ArchiveEntries = 100_000 })!;
        Assert.Empty(after.Disagreements);
        Assert.Equal(65_600, after.Entries.Count);
    }
}
