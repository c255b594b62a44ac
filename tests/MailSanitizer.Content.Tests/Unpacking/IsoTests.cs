using MailSanitizer.Content.Unpacking.Iso;

namespace MailSanitizer.Content.Tests.Unpacking;

public sealed class IsoTests
{
    private static readonly IsoHandler Iso = new();

    [Theory]
    [InlineData("")]
    [InlineData("-J")]
    [InlineData("-R")]
    [InlineData("-J -R")]
    public void Every_kind_gives_its_files_under_all_names(string options)
    {
        using Workshop shop = new();
        foreach ((string name, byte[] bytes) in Sample.Files) shop.Write("in/" + name, bytes);
        shop.Write("in/folder/見積書 long name.txt", Sample.Text[..5000]);
        shop.Run("genisoimage", $"-quiet -input-charset utf-8 {options} -o a.iso in 2>/dev/null");
        Walked walked = Walked.Do(Iso, shop.Read("a.iso"));
        Assert.Empty(walked.Findings);
        Assert.Equal([.. Sample.Files.Select(file => Convert.ToHexString(file.Bytes)).Append(Convert.ToHexString(Sample.Text[..5000])).Order()], walked.Files.Select(file => Convert.ToHexString(file.Bytes)).Order());
        if (options.Length == 0) return;
        Assert.Contains(walked.Children, child => child.Description.Names.Any(name => name.Text == "folder/見積書 long name.txt"));
        Assert.Contains(walked.Children, child => child.Description.Names[0].Text == "text.txt" && child.Description.Names.Any(name => name.Text == "TEXT.TXT"));
    }

    [Fact]
    public void Links_boot_images_and_other_file_systems_are_seen()
    {
        using Workshop shop = new();
        shop.Write("in/a.txt", Sample.Text).Write("in/boot.img", Sample.Make(1_474_560, 3));
        shop.Run("ln", "-s /etc/passwd in/link");
        shop.Run("genisoimage", "-quiet -R -b boot.img -c boot.cat -o a.iso in 2>/dev/null");
        Walked walked = Walked.Do(Iso, shop.Read("a.iso"));
        Assert.Equal(["member-symbolic-link"], walked.Kinds);
        Assert.Equal(Sample.Make(1_474_560, 3), walked.Files.Single(file => file.Name == "boot-image-1.img").Bytes);
        shop.Run("genisoimage", "-quiet -udf -o b.iso in 2>/dev/null");
        Assert.Contains("unsupported-archive", Walked.Do(Iso, shop.Read("b.iso")).Kinds);
    }

    [Fact]
    public void A_file_that_only_one_tree_lists_is_handed_out_and_ambiguous()
    {
        using Workshop shop = new();
        shop.Write("in/seen.txt", Sample.Text).Write("in/hidden.exe", Sample.Noise);
        shop.Run("genisoimage", "-quiet -J -hide-joliet hidden.exe -o a.iso in 2>/dev/null");
        Walked walked = Walked.Do(Iso, shop.Read("a.iso"));
        Assert.Contains("ambiguous-archive", walked.Kinds);
        Assert.Contains(walked.Files, file => file.Bytes.AsSpan().SequenceEqual(Sample.Noise));
        shop.Run("genisoimage", "-quiet -J -hide hidden.exe -o b.iso in 2>/dev/null");
        Assert.Contains("ambiguous-archive", Walked.Do(Iso, shop.Read("b.iso")).Kinds);
    }

    [Fact]
    public void Broken_images_are_findings()
    {
        using Workshop shop = new();
        shop.Write("in/a.txt", Sample.Text).Write("in/b.txt", Sample.Noise);
        shop.Run("genisoimage", "-quiet -J -R -o a.iso in 2>/dev/null");
        byte[] image = shop.Read("a.iso");
        foreach (int cut in new[] { 1000, 35_000, 50_000, image.Length - 350_000 }) Assert.Contains("damaged-archive", Walked.Do(Iso, image[..cut]).Kinds);
    }
}
