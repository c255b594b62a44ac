using MailSanitizer.Content.Tests.PartWalking;
using MailSanitizer.Content.Tests.Unpacking;

namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>Locked files, made and checked by qpdf: opened with the empty, a found or a given password, and locked again the same way.</summary>
public sealed class PdfLockTests
{
    private const string Secret = "s3cret";

    public static TheoryData<string, string, string> Locks() => new()
    {
        { "RC4-40", "40 --", "" },
        { "RC4-128", "128 --use-aes=n --", "--allow-weak-crypto " },
        { "AES-128", "128 --use-aes=y --", "" },
        { "AES-128, metadata in the open", "128 --use-aes=y --cleartext-metadata --", "" },
        { "AES-256 R6", "256 --", "" },
        { "AES-256 R5", "256 --force-R5 --", "" },
    };

    [Theory]
    [MemberData(nameof(Locks))]
    public void Opened_disarmed_and_locked_again_the_same_way(string name, string options, string before)
    {
        using Workshop shop = new();
        shop.Write("open.pdf", Active());
        foreach ((string user, string owner, string[] passwords, string opens) in ((string, string, string[], string)[])
        [
            ("", "owner", [], ""),
            (Secret, "owner", ["wrong", Secret], Secret),
            (Secret, "owner", ["owner"], Secret),
        ])
        {
            shop.Run("qpdf", $"--allow-weak-crypto {before}--encrypt '{user}' {owner} {options} open.pdf locked.pdf");
            byte[] locked = shop.Read("locked.pdf");
            Assert.True(PdfSight.Shows(Decrypted(shop, "locked.pdf", opens), "/JavaScript"), name);
            Assert.DoesNotContain("app.alert", PdfFiles.Text(locked), StringComparison.Ordinal);
            (RecordingSink walk, byte[] output) = Run(locked, passwords);
            Assert.Contains("pdf-javascript", walk.Kinds);
            Assert.DoesNotContain("locked", walk.Kinds);
            Assert.Equal("attached", PdfFiles.Text(walk.Leaves.Single(leaf => leaf.Path.Contains("note.txt", StringComparison.Ordinal)).Bytes));
            shop.Write("after.pdf", output);
            shop.Run("qpdf", $"--check --password='{opens}' after.pdf");
            Assert.Equal(Encryption(shop, "locked.pdf", opens), Encryption(shop, "after.pdf", opens));
            byte[] opened = Decrypted(shop, "after.pdf", opens);
            Assert.False(PdfSight.Shows(opened, "/JavaScript|app\\.alert"));
            Assert.True(PdfSight.Shows(opened, "Hello reader") && PdfSight.Shows(opened, "attached"));
            if (user.Length > 0) Assert.NotEqual("0", shop.Run("qpdf", "--check after.pdf >/dev/null 2>&1; echo $?", mayFail: true).Trim());
        }
    }

    [Fact]
    public void Without_its_password_it_is_locked_and_nothing_else_and_what_its_names_show_is_said_there()
    {
        using Workshop shop = new();
        shop.Write("open.pdf", Active()).Run("qpdf", $"--encrypt {Secret} {Secret} 256 -- --object-streams=disable open.pdf locked.pdf");
        RecordingSink walk = Run(shop.Read("locked.pdf"), ["wrong"]).Walk;
        Assert.Contains(walk.Findings, finding => finding is { Kind: "locked", Detail: "AES-256 R6, pdf-open-action, pdf-javascript" });
        Assert.Empty(Disarmed.Active(walk));
        Assert.DoesNotContain(walk.Findings, finding => finding.Detail.Contains("wrong", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("パスワード2024")]
    [InlineData("Grüße")]
    [InlineData("ｆｕｌｌ")]
    public void Passwords_that_are_not_ASCII_open(string password)
    {
        using Workshop shop = new();
        shop.Write("open.pdf", Active()).Run("qpdf", $"--encrypt '{password}' '{password}' 256 -- open.pdf locked.pdf");
        Assert.DoesNotContain("locked", Run(shop.Read("locked.pdf"), [password]).Walk.Kinds);
    }

    [Theory]
    [InlineData("パスワード", "cp932")]
    [InlineData("パスワード", "utf8")]
    [InlineData("Grüße", "latin1")]
    public void Older_locks_take_passwords_in_the_bytes_of_their_writers(string password, string charset)
    {
        using Workshop shop = new();
        byte[] bytes = charset == "cp932" ? [0x83, 0x70, 0x83, 0x58, 0x83, 0x8F, 0x81, 0x5B, 0x83, 0x68] : charset == "utf8" ? System.Text.Encoding.UTF8.GetBytes(password) : PdfFiles.Bytes(password);
        shop.Write("open.pdf", Active()).Write("password", bytes).Run("qpdf", "--allow-weak-crypto --password-mode=bytes --encrypt \"$(cat password)\" owner 128 --use-aes=y -- open.pdf locked.pdf");
        Assert.DoesNotContain("locked", Run(shop.Read("locked.pdf"), [password]).Walk.Kinds);
    }

    [Fact]
    public void A_locked_file_with_nothing_active_keeps_its_bytes()
    {
        using Workshop shop = new();
        shop.Write("open.pdf", PdfFiles.Document()).Run("qpdf", $"--encrypt {Secret} {Secret} 256 -- open.pdf locked.pdf");
        byte[] locked = shop.Read("locked.pdf");
        (RecordingSink walk, byte[] output) = Run(locked, [Secret]);
        Assert.Empty(Disarmed.Active(walk));
        Assert.Equal(locked, output);
    }

    [Fact]
    public void What_a_password_opened_is_scanned_without_its_lock()
    {
        using Workshop shop = new();
        shop.Write("open.pdf", PdfFiles.Saved(Active(), (7, "<< /Note (nothing reaches me) >>"))).Run("qpdf", $"--preserve-unreferenced --object-streams=generate --encrypt {Secret} {Secret} 256 -- open.pdf locked.pdf");
        byte[] locked = shop.Read("locked.pdf");
        Assert.False(PdfSight.Shows(locked, "app\\.alert|nothing reaches me|Hello reader"));
        RecordingSink walk = Run(locked, [Secret]).Walk;
        byte[] opened = walk.Leaf("opened");
        Assert.True(walk.Parts.Single(part => part.Path == "opened") is { AlternativeReading: true, OpenedWith: "operator", Format: "pdf" });
        foreach (string shown in (string[])["app\\.alert", "nothing reaches me", "Hello reader", "attached"]) Assert.True(PdfSight.Shows(opened, shown), shown);
        Assert.DoesNotContain(walk.Findings, finding => finding.Path == "opened");
        shop.Write("scanned.pdf", opened).Run("qpdf", "--check scanned.pdf");

        // What nobody had to open, scanners open themselves.
        shop.Run("qpdf", "--encrypt '' owner 256 -- open.pdf free.pdf");
        Assert.DoesNotContain(Run(shop.Read("free.pdf"), [Secret]).Walk.Parts, part => part.Path == "opened");
    }

    [Fact]
    public void Repacked_open_it_opens_without_a_password()
    {
        using Workshop shop = new();
        shop.Write("open.pdf", Active()).Run("qpdf", $"--encrypt {Secret} {Secret} 256 -- open.pdf locked.pdf");
        shop.Write("after.pdf", Run(shop.Read("locked.pdf"), [Secret], "open").Output).Run("qpdf", "--check after.pdf");
        Assert.Contains("Hello reader", shop.Run("pdftotext", "after.pdf -"), StringComparison.Ordinal);
    }

    private static byte[] Active() => PdfFiles.Document(
        "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> /Names << /EmbeddedFiles << /Names [(note.txt) << /Type /Filespec /F (note.txt) /EF << /F 6 0 R >> >>] >> >>", "",
        PdfFiles.Packed("/Type /EmbeddedFile", "attached"));

    private static byte[] Decrypted(Workshop shop, string file, string password)
    {
        shop.Run("qpdf", $"--decrypt --password='{password}' --object-streams=disable {file} decrypted.pdf");
        return shop.Read("decrypted.pdf");
    }

    private static string Encryption(Workshop shop, string file, string password) => shop.Run("qpdf", $"--show-encryption --password='{password}' {file}");

    private static (RecordingSink Walk, byte[] Output) Run(byte[] file, string[] passwords, string? repack = null)
    {
        Password[] given = [.. passwords.Select(text => new Password(text, "operator"))];
        RecordingSink walk = Walks.Walk(file, new WalkJob { FileName = "a.pdf", Candidates = false, Passwords = given }, PartHandlers.All);
        Treatment treatment = new("", walk.Parts[0].Sha256, TreatmentKind.Disarm) { Repack = repack };
        (RebuildReport report, byte[] output, long _) = Walks.Rebuild(file, new RebuildJob { FileName = "a.pdf", Passwords = given, Treatments = [treatment] }, PartHandlers.All);
        Assert.Null(report.Failure);
        return (walk, output);
    }
}
