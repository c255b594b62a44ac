using System.Text;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Tests.Formats.Zip;

public sealed class ZipReaderTests
{
    private static ZipContents Read(byte[] archive) => ZipReader.Read(new MemoryPartBytes(archive), Limits.Default) ?? throw new InvalidOperationException("no ZIP");

    private static string Text(ZipContents zip, string name) =>
        Encoding.UTF8.GetString(zip.Read(zip.Find(name)!, 1 << 20, Limits.Default, out string why) ?? throw new InvalidOperationException(why));

    [Fact]
    public void A_plain_archive_reads_without_a_disagreement()
    {
        ZipMaker maker = new() { Comment = "note"u8.ToArray() };
        ZipContents zip = Read(maker.Add("a.txt", "hello").Add("dir/", "", m => m.Method = 0).Add("dir/b.txt", "stored", m => m.Method = 0).Add("c.txt", "later", m => m.Descriptor = true).Finish());
        Assert.Empty(zip.Disagreements);
        Assert.Empty(zip.Gaps);
        Assert.Empty(zip.Alternatives);
        Assert.False(zip.Damaged);
        Assert.Equal(["a.txt", "dir/", "dir/b.txt", "c.txt"], zip.Entries.Select(entry => entry.Name));
        Assert.Equal("hello", Text(zip, "a.txt"));
        Assert.Equal("stored", Text(zip, "dir/b.txt"));
        Assert.Equal("later", Text(zip, "c.txt"));
        Assert.Equal("note"u8, zip.Comment.Span);
    }

    [Fact]
    public void An_empty_archive_is_an_archive() => Assert.Empty(Read(new ZipMaker().Finish()).Disagreements);

    [Fact]
    public void No_zip_is_null() => Assert.Null(ZipReader.Read(new MemoryPartBytes("hello, world, this is no archive at all"u8.ToArray()), Limits.Default));

    private static ZipMaker Two() => new ZipMaker().Add("a.txt", "hello");

    private static byte[] Change(byte[] archive, Action<byte[]> change)
    {
        change(archive);
        return archive;
    }

    public static TheoryData<string, byte[]> Wrong() => new()
    {
        { nameof(ZipDisagreementKind.NameDiffers), ZipMaker.One("a.txt", "x", m => m.LocalName = "a.exe"u8.ToArray()) },
        { nameof(ZipDisagreementKind.NameBytesDiffer), ZipMaker.One("é.txt", "x", m => (m.LocalName, m.LocalFlags) = ([0x82, (byte)'.', (byte)'t', (byte)'x', (byte)'t'], 0)) },
        { nameof(ZipDisagreementKind.UnicodePathDiffers), ZipMaker.One("a.txt", "x", m => m.Extra = UnicodePath("a.txt", "a.exe")) },
        { nameof(ZipDisagreementKind.UnicodePathDiffers), ZipMaker.One("a.txt", "x", m => m.Extra = UnicodePath("b.txt", "c.txt")) },
        { nameof(ZipDisagreementKind.UnicodePathSpells), ZipMaker.One("_.txt", "x", m => m.Extra = UnicodePath("_.txt", "日.txt")) },
        { nameof(ZipDisagreementKind.Utf8FlagWrong), ZipMaker.One("a", "x", m => (m.Name, m.Flags) = ([0x93, 0xFA], 0x800)) },
        { nameof(ZipDisagreementKind.Utf8FlagDiffers), ZipMaker.One("日.txt", "x", m => m.LocalFlags = 0) },
        { nameof(ZipDisagreementKind.EncryptionDiffers), ZipMaker.One("a.txt", "x", m => m.LocalFlags = 1) },
        { nameof(ZipDisagreementKind.DescriptorFlagDiffers), ZipMaker.One("a.txt", "x", m => m.LocalFlags = 8) },
        { nameof(ZipDisagreementKind.MethodDiffers), ZipMaker.One("a.txt", "x", m => m.LocalMethod = 0) },
        { nameof(ZipDisagreementKind.CrcDiffers), ZipMaker.One("a.txt", "x", m => m.LocalCrc = 1) },
        { nameof(ZipDisagreementKind.PackedSizeDiffers), ZipMaker.One("a.txt", "x", m => m.LocalPackedSize = 1) },
        { nameof(ZipDisagreementKind.SizeDiffers), ZipMaker.One("a.txt", "x", m => m.LocalSize = 7) },
        { nameof(ZipDisagreementKind.AesDiffers), ZipMaker.One("a.txt", "x", m => m.LocalExtra = [0x01, 0x99, 7, 0, 2, 0, 0x41, 0x45, 3, 8, 0]) },
        { nameof(ZipDisagreementKind.LocalMissing), ZipMaker.One("a.txt", "x", m => m.Offset = 5) },
        { nameof(ZipDisagreementKind.DataBeyondEnd), ZipMaker.One("a.txt", "x", m => m.PackedSize = 100_000) },
        { nameof(ZipDisagreementKind.Zip64Missing), ZipMaker.One("a.txt", "x", m => m.Size = uint.MaxValue) },
        { nameof(ZipDisagreementKind.Zip64Broken), Two().Finish(beforeEnd: [0x50, 0x4B, 6, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]) },
        { nameof(ZipDisagreementKind.Zip64Differs), WithZip64(2) },
        { nameof(ZipDisagreementKind.SeveralEndRecords), Comment(Two().Finish()) },
        { nameof(ZipDisagreementKind.DecoyEndRecord), [.. Two().Finish(), .. "PK\u0005\u0006"u8, 0, 0, 0, 0, 1, 0, 1, 0, 46, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0] },
        { nameof(ZipDisagreementKind.NoEndRecord), Two().Finish()[..40] },
        { nameof(ZipDisagreementKind.CommentCut), Two().Finish(end => end[20] = 9) },
        { nameof(ZipDisagreementKind.CountDiffers), Two().Finish(end => end[8] = end[10] = 3) },
        { nameof(ZipDisagreementKind.CountDiffers), Two().Add("b", "b").Finish(end => end[8] = end[10] = 1) },
        { nameof(ZipDisagreementKind.DirectorySizeDiffers), Two().Finish(end => end[12]--) },
        { nameof(ZipDisagreementKind.DirectoryBroken), Two().Finish(end => end[8] = end[10] = 3) },
        { nameof(ZipDisagreementKind.OffsetsShifted), new ZipMaker().Raw("stub"u8.ToArray()).Add("a.txt", "x").Finish(shift: 4) },
        { nameof(ZipDisagreementKind.Prefix), new ZipMaker().Raw("stub"u8.ToArray()).Add("a.txt", "x").Finish() },
        { nameof(ZipDisagreementKind.SplitMarker), new ZipMaker().Raw("PK00"u8.ToArray()).Add("a.txt", "x").Finish() },
        { nameof(ZipDisagreementKind.Trailing), [.. Two().Finish(), 1, 2, 3] },
        { nameof(ZipDisagreementKind.Padding), [.. Two().Finish(), 0, 0, 0] },
        { nameof(ZipDisagreementKind.HiddenBytes), Two().Raw("between"u8.ToArray()).Add("b", "b").Finish() },
        { nameof(ZipDisagreementKind.HiddenMember), Two().Add("evil.exe", "MZ", m => m.Listed = false).Add("b", "b").Finish() },
        { nameof(ZipDisagreementKind.HiddenMember), [.. ZipMaker.One("evil.exe", "MZ"), .. Two().Finish(shift: -0)] },
        { nameof(ZipDisagreementKind.SharedLocal), new ZipMaker().Add("a", "x").Add("b", "y", m => m.Offset = 0).Finish() },
        { nameof(ZipDisagreementKind.Overlap), new ZipMaker().Add("a", "x", m => (m.PackedSize, m.LocalPackedSize) = (20, 20)).Add("b", "y").Finish() },
        { nameof(ZipDisagreementKind.DescriptorDiffers), ZipMaker.One("a.txt", "x", m => (m.Descriptor, m.DescriptorBytes) = (true, [0x50, 0x4B, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9])) },
        { nameof(ZipDisagreementKind.FalseDescriptor), ZipMaker.One("a.txt", "", m => (m.Content, m.Method, m.Descriptor) = ([1, 0x50, 0x4B, 7, 8, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], 0, true)) },
        { nameof(ZipDisagreementKind.FolderWithContent), ZipMaker.One("dir/", "x") },
        { nameof(ZipDisagreementKind.FolderWithContent), ZipMaker.One("dir", "x", m => m.Attributes = 0x10) },
        { nameof(ZipDisagreementKind.FolderByAttribute), ZipMaker.One("dir", "", m => m.Attributes = 0x10) },
        { nameof(ZipDisagreementKind.FileAndFolder), new ZipMaker().Add("a", "x").Add("a/b", "y").Finish() },
        { nameof(ZipDisagreementKind.DuplicateName), new ZipMaker().Add("a", "x").Add("a", "y").Finish() },
        { nameof(ZipDisagreementKind.DuplicateMember), new ZipMaker().Add("a", "x").Add("a", "x").Finish() },
        { nameof(ZipDisagreementKind.NameCollision), new ZipMaker().Add("a", "x").Add("A", "y").Finish() },
        { nameof(ZipDisagreementKind.ExtraBroken), ZipMaker.One("a", "x", m => m.Extra = [1, 2, 200, 0, 9]) },
        { nameof(ZipDisagreementKind.NulInName), ZipMaker.One("a.txt\0.exe", "x") },
        { nameof(ZipDisagreementKind.Split), Two().Finish(end => end[4] = 1) },
        { nameof(ZipDisagreementKind.Split), ZipMaker.One("a", "x", m => m.Disk = 2) },
        { nameof(ZipDisagreementKind.SeveralDirectories), SeveralDirectories() },
    };

    public static byte[] UnicodePath(string raw, string path)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(path);
        byte[] field = new byte[9 + utf8.Length];
        ZipMaker.U16(field, 0, 0x7075);
        ZipMaker.U16(field, 2, 5 + utf8.Length);
        field[4] = 1;
        ZipMaker.U32(field, 5, System.IO.Hashing.Crc32.HashToUInt32(Encoding.UTF8.GetBytes(raw)));
        utf8.CopyTo(field, 9);
        return field;
    }

    private static byte[] WithZip64(long count)
    {
        byte[] plain = Two().Finish();
        byte[] end = plain[^22..];
        byte[] wide = new byte[76];
        ZipMaker.U32(wide, 0, 0x06064B50);
        wide[4] = 44;
        wide[24] = wide[32] = (byte)count;
        end[12..16].CopyTo(wide, 40);
        end[16..20].CopyTo(wide, 48);
        ZipMaker.U32(wide, 56, 0x07064B50);
        ZipMaker.U32(wide, 64, (uint)(plain.Length - 22));
        wide[72] = 1;
        return [.. plain[..^22], .. wide, .. end];
    }

    // A whole archive in the comment of another: a reader that takes the last end record sees the inner one.
    private static byte[] Comment(byte[] outer)
    {
        byte[] inner = new ZipMaker().Raw(outer).Add("evil.exe", "MZ").Finish();
        byte[] comment = inner[outer.Length..];
        ZipMaker.U16(outer, outer.Length - 2, comment.Length);
        return [.. outer, .. comment];
    }

    private static byte[] SeveralDirectories()
    {
        byte[] good = ZipMaker.One("good.txt", "x");
        byte[] evil = new ZipMaker().Raw(good[..^22]).Add("evil.exe", "MZ").Finish();
        ZipMaker.U32(evil, evil.Length - 6, BitConverter.ToUInt32(good, good.Length - 6));
        return evil;
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Every_disagreement_is_stated(string kind, byte[] archive)
    {
        ZipContents zip = Read(archive);
        Assert.Contains(zip.Disagreements, found => found.Kind.ToString() == kind);
    }

    [Fact]
    public void Every_kind_has_a_case()
    {
        IEnumerable<string> shown = Wrong().Select(row => row.Data.Item1);
        Assert.Empty(Enum.GetNames<ZipDisagreementKind>().Except(shown));
    }

    [Fact]
    public void What_is_hidden_can_be_opened()
    {
        ZipContents zip = Read(Two().Add("evil.exe", "MZ hidden", m => m.Listed = false).Add("b", "b").Finish());
        ZipEntry hidden = Assert.Single(zip.Alternatives);
        Assert.Equal("MZ hidden"u8.ToArray(), zip.Read(hidden, 100, Limits.Default, out _));
    }
}
