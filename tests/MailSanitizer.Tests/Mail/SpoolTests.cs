using System.Security.Cryptography;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Mail;

public sealed class SpoolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ms-spool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(99, 7)]
    [InlineData(100, 100)]
    [InlineData(101, 100)]
    [InlineData(100_000, 4096)]
    [InlineData(3_000_000, 70_000)]
    public void What_is_written_is_read_hashed_and_counted(int length, int chunk)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        foreach (int memory in new[] { 100, 65_536, Spool.DefaultMemory })
        {
            Spool spool = new(_folder, memory);
            using ISpoolWriter writer = spool.Create();
            for (int at = 0; at < length; at += chunk) writer.Write(content.AsSpan(at, Math.Min(chunk, length - at)));
            Assert.Equal(length, writer.Length);
            using IMailBytes bytes = writer.Complete();
            Assert.Equal(length, bytes.Length);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), bytes.Sha256);
            Assert.Equal(length <= memory, bytes.TryGetMemory(out ReadOnlyMemory<byte> held));
            if (length <= memory) Assert.True(held.Span.SequenceEqual(content));
            using Stream one = bytes.OpenRead();
            using Stream two = bytes.OpenRead();
            two.Seek(length / 2, SeekOrigin.Begin);
            Assert.Equal(content, ReadAll(one));
            Assert.Equal(content[(length / 2)..], ReadAll(two));
        }
    }

    [Fact]
    public void A_large_message_leaves_no_name_in_the_folder()
    {
        Spool spool = new(_folder, 10);
        using ISpoolWriter writer = spool.Create();
        writer.Write(new byte[1000]);
        Assert.Empty(Directory.GetFiles(_folder));
        using IMailBytes bytes = writer.Complete();
        Assert.False(bytes.TryGetMemory(out _));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void What_a_killed_daemon_left_is_removed()
    {
        File.WriteAllText(Path.Combine(_folder, "x.spool"), "left");
        _ = new Spool(_folder);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Reading_after_the_owner_disposed_is_an_error()
    {
        foreach (int memory in new[] { 10, 10_000 })
        {
            ISpoolWriter writer = new Spool(_folder, memory).Create();
            writer.Write(new byte[1000]);
            IMailBytes bytes = writer.Complete();
            Stream stream = bytes.OpenRead();
            bytes.Dispose();
            bytes.Dispose();
            Assert.Throws<ObjectDisposedException>(() => stream.ReadByte());
        }
    }

    [Fact]
    public void A_full_disk_is_an_IOException()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root to mount a small file system");
        string small = Directory.CreateTempSubdirectory("ms-full-").FullName;
        using (var mount = System.Diagnostics.Process.Start("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", small])!)
        {
            mount.WaitForExit();
            if (mount.ExitCode != 0) Assert.Skip("no right to mount a tmpfs");
        }

        try
        {
            using ISpoolWriter writer = new Spool(small, 4096).Create();
            Assert.ThrowsAny<IOException>(() =>
            {
                for (int round = 0; round < 100; round++) writer.Write(new byte[4096]);
            });
        }
        finally
        {
            using var unmount = System.Diagnostics.Process.Start("umount", [small]);
            unmount.WaitForExit();
            Directory.Delete(small);
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        using MemoryStream all = new();
        stream.CopyTo(all);
        return all.ToArray();
    }
}
