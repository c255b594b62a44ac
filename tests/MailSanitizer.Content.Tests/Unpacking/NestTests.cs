using System.Text;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Unpacking;

/// <summary>The rooms together, through the walker with all handlers.</summary>
public sealed class NestTests
{
    [Fact]
    public void A_file_five_containers_deep_is_found_under_its_path()
    {
        using Workshop shop = new();
        byte[] virus = [.. "MZ"u8, .. Sample.Make(3000)];
        shop.Write("c.exe", virus);
        shop.Run("gzip", "-c c.exe > b.gz");
        shop.Run("tar", "-cf a.tar b.gz");
        shop.Run("7zz", "a inner.7z a.tar >/dev/null");
        shop.Run("7zz", "a report.zip inner.7z >/dev/null");
        RecordingSink sink = Walks.Walk(Mail("report.zip", "application/zip", shop.Read("report.zip")), handlers: PartHandlers.All);
        PartFact found = sink.Parts.Single(part => part.Sha256 == Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(virus)));
        Assert.EndsWith("report.zip/inner.7z/a.tar/b.gz/c.exe", found.Path);
        Assert.Contains(sink.Leaves, leaf => leaf.Path == found.Path);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("tar")]
    [InlineData("tnef")]
    [InlineData("mail")]
    public void Deep_nests_end_at_the_limit(string kind)
    {
        byte[] content = kind is "tnef" ? Tnef(null) : kind is "mail" ? Encoding.ASCII.GetBytes("Subject: x\r\n\r\ntext") : "the end"u8.ToArray();
        for (int level = 0; level < 40; level++)
        {
            content = kind switch
            {
                "gzip" => TarTests.Gz(content),
                "tar" => TarTests.Archive([("a.tar", content)]),
                "tnef" => Tnef(content),
                _ => [.. "Content-Type: message/rfc822\r\n\r\n"u8, .. content],
            };
        }

        byte[] message = kind == "mail" ? content : Mail(kind == "gzip" ? "a.gz" : kind == "tar" ? "a.tar" : "winmail.dat", kind == "tnef" ? "application/ms-tnef" : "application/octet-stream", content);
        RecordingSink sink = Walks.Walk(message, handlers: PartHandlers.All);
        Assert.Contains("over-depth", sink.Kinds);
        Assert.True(sink.Parts.Count <= 3 * Limits.Default.Depth + 3);
    }

    [Theory]
    [InlineData("gz")]
    [InlineData("xz")]
    [InlineData("7z")]
    [InlineData("lzh")]
    [InlineData("cab")]
    public void Bombs_end_at_a_limit(string kind)
    {
        using Workshop shop = new();
        byte[] zeros = new byte[24 * 1024 * 1024];
        byte[] bomb;
        switch (kind)
        {
            case "gz": bomb = TarTests.Gz(zeros); break;
            case "lzh": bomb = Writers.LzhWriter.Archive(1, "-lh7-", [("a", zeros[..(3 * 1024 * 1024)])]); break;
            case "cab": bomb = Writers.CabWriter.Cabinet("mszip", [("a"u8.ToArray(), zeros, 0)]); break;
            default:
                shop.Write("a", zeros);
                shop.Run(kind == "xz" ? "xz" : "7zz", kind == "xz" ? "-0 -k a" : "a a.7z a >/dev/null");
                bomb = shop.Read("a." + kind);
                break;
        }

        Limits limits = Limits.Default with { RatioFloor = 1024 * 1024 };
        RecordingSink sink = Walks.Walk(Mail("a." + kind, "application/octet-stream", bomb), new WalkJob { Limits = limits }, PartHandlers.All);
        Assert.Contains("over-ratio", sink.Kinds);
        sink = Walks.Walk(Mail("a." + kind, "application/octet-stream", bomb), new WalkJob { Limits = Limits.Default with { TotalBytes = 2 * 1024 * 1024 } }, PartHandlers.All);
        Assert.Contains("over-size", sink.Kinds);
    }

    [Fact]
    public void A_solid_archive_of_many_members_is_read_in_one_pass_and_ends_at_the_entry_limit()
    {
        using Workshop shop = new();
        for (int number = 0; number < 400; number++) shop.Write($"d/f{number:000}", Encoding.ASCII.GetBytes($"content {number}"));
        shop.Run("7zz", "a a.7z d >/dev/null");
        RecordingSink sink = Walks.Walk(Mail("a.7z", "application/octet-stream", shop.Read("a.7z")), handlers: PartHandlers.All);
        Assert.Equal(400, sink.Parts.Count(part => part.Path.Contains("a.7z/", StringComparison.Ordinal)));
        sink = Walks.Walk(Mail("a.7z", "application/octet-stream", shop.Read("a.7z")), new WalkJob { Limits = Limits.Default with { ArchiveEntries = 100 } }, PartHandlers.All);
        Assert.Contains("over-entries", sink.Kinds);
    }

    [Fact]
    public void Every_kind_is_identified_and_opened_from_a_mail()
    {
        using Workshop shop = new();
        shop.Write("text.txt", Sample.Text);
        shop.Run("7zz", "a a.7z text.txt >/dev/null");
        shop.Run("arj", "a a.arj text.txt");
        shop.Run("tar", "-cf a.tar text.txt");
        shop.Run("tar", "-czf a.tgz text.txt");
        shop.Run("xz", "-k -c text.txt > text.txt.xz");
        shop.Run("bzip2", "-k -c text.txt > text.txt.bz2");
        shop.Run("zstd", "-q -k -c text.txt > text.txt.zst");
        shop.Run("genisoimage", "-quiet -J -R -o a.iso text.txt 2>/dev/null");
        shop.Run("printf", "'text.txt\\n' | cpio --quiet -o -H newc > a.cpio");
        shop.Write("a.lzh", Writers.LzhWriter.Archive(2, "-lh5-", [("text.txt", Sample.Text)]));
        shop.Write("a.cab", Writers.CabWriter.Cabinet("lzx", [("text.txt"u8.ToArray(), Sample.Text, 0)]));
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Sample.Text));
        foreach (string name in new[] { "a.7z", "a.arj", "a.tar", "a.tgz", "text.txt.xz", "text.txt.bz2", "text.txt.zst", "a.iso", "a.cpio", "a.lzh", "a.cab" })
        {
            RecordingSink sink = Walks.Walk(Mail(name, "application/octet-stream", shop.Read(name)), handlers: PartHandlers.All);
            Assert.True(sink.Parts.Any(part => part.Sha256 == hash), $"{name}: {string.Join(' ', sink.Kinds)} {string.Join(' ', sink.Parts.Select(part => part.Format))}");
        }
    }

    private static byte[] Mail(string name, string type, byte[] content) => Encoding.Latin1.GetBytes(
        $"From: a@example.jp\r\nTo: b@example.jp\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n--b\r\nContent-Type: {type}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks)}\r\n--b--\r\n");

    private static byte[] Tnef(byte[]? inner)
    {
        MemoryStream tnef = new();
        tnef.Write([0x78, 0x9F, 0x3E, 0x22, 1, 0]);
        Attribute(2, 0x00069002, new byte[14]);
        byte[] value = inner is null ? [] : [.. new Guid("00020307-0000-0000-C000-000000000046").ToByteArray(), .. inner];
        if (inner is null) Attribute(2, 0x0006800F, "text"u8.ToArray());
        else Attribute(2, 0x00069005, [1, 0, 0, 0, 0x0D, 0, 0x01, 0x37, 1, 0, 0, 0, .. BitConverter.GetBytes(value.Length), .. value, .. new byte[(4 - (value.Length % 4)) % 4]]);
        return tnef.ToArray();

        void Attribute(byte level, uint id, byte[] data)
        {
            tnef.WriteByte(level);
            tnef.Write(BitConverter.GetBytes(id));
            tnef.Write(BitConverter.GetBytes(data.Length));
            tnef.Write(data);
            tnef.Write(BitConverter.GetBytes((ushort)data.Sum(one => one)));
        }
    }
}
