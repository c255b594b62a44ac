using System.Globalization;
using System.Text;
using MailSanitizer.Content.Formats.Crypto;
using MailSanitizer.Content.Formats.Zip;
using MailSanitizer.Content.Tests.Formats.Zip;
using MailSanitizer.Content.Tests.PartWalking;
using MailSanitizer.Content.Unpacking.Zip;

namespace MailSanitizer.Content.Tests.Unpacking.Zip;

/// <summary>Locked archives, made and read back by 7-Zip and Info-ZIP: opened, walked and locked again.</summary>
public sealed class ZipLockedTests : IDisposable
{
    private static readonly ZipHandler Handler = new();
    private static readonly IPartHandler[] Handlers = [Handler];
    private static readonly byte[] Evil = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 400).Select(line => $"悪 evil {line}\r\n")));
    private static readonly byte[] Good = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 400).Select(line => $"良 good {line}\r\n")));

    private readonly Workshop _shop = new();

    public void Dispose() => _shop.Dispose();

    // A CRC proves nothing against somebody who chose it: such a lock is a finding of its own.
    private static string[] Opened(string method) => method == "ZipCrypto" ? ["opened-by-password", "unkeyed-lock"] : ["opened-by-password"];

    [Theory]
    [InlineData("ZipCrypto", "Kx7#mQ2p")]
    [InlineData("ZipCrypto", "桜満開2026")]
    [InlineData("AES128", "Kx7#mQ2p")]
    [InlineData("AES256", "桜満開2026")]
    public void Members_are_walked_with_the_password_and_locked_without(string method, string password)
    {
        byte[] archive = Make(method, password);
        RecordingSink open = Walk(archive, new Password("wrong", "message"), new Password(password, "other-mail"));
        Assert.Equal(["", "evil.txt", "良.txt"], open.Parts.Select(part => part.Path));
        Assert.All(open.Parts.Skip(1), part => Assert.Equal((true, "other-mail"), (part.Encrypted, part.OpenedWith)));
        Assert.Equal(Evil, open.Leaf("evil.txt"));
        Assert.Equal([.. Opened(method), .. Opened(method)], open.Kinds);
        Assert.DoesNotContain(open.Findings, found => found.Detail.Contains(password, StringComparison.Ordinal));

        RecordingSink locked = Walk(archive, new Password("wrong", "message"));
        Assert.Equal([""], locked.Parts.Select(part => part.Path));
        Assert.Equal(["locked", "locked"], locked.Kinds);
    }

    [Fact]
    public void Info_zip_writes_a_lock_with_a_descriptor_and_it_opens()
    {
        _shop.Write("evil.txt", Evil);
        _shop.Run("zip", "-q -P secret1 a.zip evil.txt");
        Assert.Equal(Evil, Walk(_shop.Read("a.zip"), new Password("secret1", "message")).Leaf("evil.txt"));
    }

    [Fact]
    public void A_decoy_opens_and_the_payload_under_another_password_stays_locked()
    {
        byte[] archive = Mixed("ZipCrypto", "AES256");
        RecordingSink sink = Walk(archive, new Password("first", "message"));
        Assert.Equal(["", "良.txt"], sink.Parts.Select(part => part.Path));
        FindingFact locked = Assert.Single(sink.Findings, found => found.Kind == "locked");
        Assert.Equal("evil.txt", locked.Location);
        RecordingSink both = Walk(archive, new Password("first", "message"), new Password("second", "rule"));
        Assert.Equal(["message", "rule"], both.Parts.Skip(1).Select(part => part.OpenedWith).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("locked", both.Kinds);
    }

    [Fact]
    public void Locked_in_unlocked_in_locked_opens_with_a_password_at_each_level()
    {
        byte[] nest = Nest();
        RecordingSink sink = Walk(nest, new Password("outer", "message"), new Password("inner", "other-mail"));
        Assert.Equal(["", "middle.zip", "middle.zip/inner.zip", "middle.zip/inner.zip/evil.txt"], sink.Parts.Select(part => part.Path));
        Assert.Equal(Evil, sink.Leaf("middle.zip/inner.zip/evil.txt"));
        RecordingSink half = Walk(nest, new Password("outer", "message"));
        Assert.Equal("middle.zip/inner.zip", Assert.Single(half.Findings, found => found.Kind == "locked").Path);
    }

    [Fact]
    public void An_empty_meter_is_said_once_and_the_members_stay_locked()
    {
        byte[] archive = Make("AES256", "right");
        Password[] passwords = [.. Enumerable.Range(0, 200).Select(at => new Password($"wrong{at}", "message")), new Password("right", "message")];
        RecordingSink sink = Walks.Walk(archive, new WalkJob { FileName = "a.zip", Passwords = passwords, Limits = Limits.Default with { GuessingPartMilliseconds = 10 } }, Handlers);
        Assert.Equal(["guessing-limit", "locked", "locked"], sink.Kinds.Order(StringComparer.Ordinal));
        Assert.Equal(FindingClass.Locked, WalkFindings.GuessingLimit.Class);
    }

    [Fact]
    public void The_password_of_the_member_before_is_tried_first()
    {
        byte[] archive = Make("AES256", "right");
        Password[] passwords = [.. Enumerable.Range(0, 400).Select(at => new Password($"wrong{at}", "message")), new Password("right", "message")];
        Walked walked = Walked.Do(Handler, archive, "a.zip", new Walked { Passwords = passwords });
        Assert.Equal(2, walked.Unlocked.Count);
        Walked one = Walked.Do(Handler, archive, "a.zip", new Walked { Passwords = [new Password("right", "message")] });
        Assert.True(walked.Guessed < one.Guessed + TimeSpan.FromMicroseconds(200 * 440), $"{walked.Guessed} and {one.Guessed}");
    }

    [Theory]
    [InlineData("ZipCrypto", "Kx7#mQ2p")]
    [InlineData("ZipCrypto", "桜満開2026")]
    [InlineData("AES128", "Kx7#mQ2p")]
    [InlineData("AES192", "桜満開2026")]
    [InlineData("AES256", "桜満開2026")]
    public void What_changes_is_locked_again_by_the_same_password_and_method(string method, string password)
    {
        byte[] archive = Make(method, password);
        Password[] passwords = [new("wrong", "message"), new(password, "message")];
        (byte[] written, long copied) = Rebuild(archive, passwords, Walks.Treat(Walk(archive, passwords), "evil.txt", TreatmentKind.Replace, "taken out", "evil.txt"));
        _shop.Write("out.zip", written);
        Assert.Equal("taken out", _shop.Run("7zz", $"x -so -p'{password}' out.zip evil.txt"));
        Assert.Contains(method == "ZipCrypto" ? "Method = ZipCrypto" : $"Method = AES-{method[3..]}", _shop.Run("7zz", $"l -slt -p'{password}' out.zip"), StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetString(Good), _shop.Run("7zz", $"x -so -p'{password}' out.zip 良.txt"));
        _shop.Run("sh", "-c '! 7zz t -pwrong out.zip > /dev/null 2>&1'");
        if (method == "ZipCrypto") _shop.Run("unzip", $"-tqq -P '{password}' out.zip");

        // Only a keyed proof lets locked bytes go on untouched.
        Assert.Equal(method != "ZipCrypto", copied > 0);
        Assert.Equal([.. Opened(method), .. Opened(method)], Walk(written, passwords).Kinds);
    }

    [Fact]
    public void A_member_that_is_left_out_leaves_the_other_locked()
    {
        byte[] archive = Make("ZipCrypto", "pw");
        Password[] passwords = [new("pw", "message")];
        (byte[] written, long copied) = Rebuild(archive, passwords, Walks.Treat(Walk(archive, passwords), "evil.txt", TreatmentKind.Strip));
        Assert.Equal(0, copied);
        RecordingSink sink = Walk(written, passwords);
        Assert.Equal(["", "良.txt"], sink.Parts.Select(part => part.Path));
        Assert.Equal(["locked"], Walk(written).Kinds);
    }

    [Fact]
    public void Without_a_keyed_proof_an_archive_that_is_treated_is_locked_anew_even_if_nothing_in_it_changes()
    {
        Password[] passwords = [new("pw", "message")];
        byte[] traditional = Make("ZipCrypto", "pw");
        Rebuilt rebuilt = Rebuilt.Do(Handler, traditional, "a.zip", new Rebuilt { Passwords = passwords });
        Assert.Equal((RebuildKind.Rewritten, 0), (rebuilt.Outcome.Kind, rebuilt.Copied));
        _shop.Write("out.zip", rebuilt.Bytes);
        _shop.Run("unzip", "-tqq -P pw out.zip");
        byte[] aes = Make("AES256", "pw");
        Assert.Equal(RebuildKind.Unchanged, Rebuilt.Do(Handler, aes, "a.zip", new Rebuilt { Passwords = passwords }).Outcome.Kind);
    }

    [Theory]
    [InlineData("ZipCrypto")]
    [InlineData("AES256")]
    public void Repack_open_writes_the_members_unlocked_and_parts_says_why_not(string method)
    {
        byte[] archive = Make(method, "pw");
        Password[] passwords = [new("pw", "message")];
        Rebuilt open = Rebuilt.Do(Handler, archive, "a.zip", new Rebuilt { Passwords = passwords, Repack = "open" });
        Assert.Equal(RebuildKind.Rewritten, open.Outcome.Kind);
        _shop.Write("out.zip", open.Bytes);
        _shop.Run("unzip", "-tqq out.zip < /dev/null");
        Assert.Equal([Evil, Good], Walked.Do(Handler, open.Bytes, "a.zip").Files.Select(file => file.Bytes));
        RebuildOutcome parts = Rebuilt.Do(Handler, archive, "a.zip", new Rebuilt { Passwords = passwords, Repack = "parts" }).Outcome;
        Assert.Equal(RebuildKind.Failed, parts.Kind);
        Assert.NotNull(parts.Failure);
    }

    [Fact]
    public void Members_of_different_passwords_are_locked_each_by_its_own()
    {
        byte[] archive = Mixed("ZipCrypto", "ZipCrypto");
        Password[] passwords = [new("first", "message"), new("second", "message")];
        (byte[] written, _) = Rebuild(archive, passwords, Walks.Treat(Walk(archive, passwords), "evil.txt", TreatmentKind.Replace, "taken out", "evil.txt"));
        _shop.Write("out.zip", written);
        Assert.Equal("taken out", _shop.Run("unzip", "-p -P second out.zip evil.txt"));
        Assert.Equal(Encoding.UTF8.GetString(Good), _shop.Run("7zz", "x -so -pfirst out.zip 良.txt"));
    }

    [Fact]
    public void A_nest_is_locked_again_at_each_level()
    {
        byte[] nest = Nest();
        Password[] passwords = [new("outer", "message"), new("inner", "other-mail")];
        (byte[] written, _) = Rebuild(nest, passwords, Walks.Treat(Walk(nest, passwords), "middle.zip/inner.zip/evil.txt", TreatmentKind.Replace, "taken out", "evil.txt"));
        _shop.Write("out/outer.zip", written);
        _shop.Run("sh", "-c 'cd out && 7zz x -bd -pouter outer.zip && 7zz x -bd middle.zip && 7zz x -bd -pinner inner.zip'");
        Assert.Equal("taken out"u8.ToArray(), _shop.Read("out/evil.txt"));
        Assert.Equal(["locked"], Walk(written).Kinds);
    }

    private static RecordingSink Walk(byte[] archive, params Password[] passwords) => Walks.Walk(archive, new WalkJob { FileName = "a.zip", Passwords = passwords }, Handlers);

    private static (byte[] Bytes, long Copied) Rebuild(byte[] archive, Password[] passwords, Treatment treatment)
    {
        (RebuildReport report, byte[] bytes, long copied) = Walks.Rebuild(archive, Walks.Job(treatment) with { FileName = "a.zip", Passwords = passwords }, Handlers);
        Assert.Null(report.Failure);
        return (bytes, copied);
    }

    private byte[] Make(string method, string password)
    {
        string name = $"{Guid.NewGuid():N}.zip";
        _shop.Write("evil.txt", Evil).Write("良.txt", Good);
        if (Ascii.IsValid(password)) _shop.Run("7zz", $"a -bd -tzip -mem={method} -p'{password}' {name} evil.txt 良.txt");
        else if (method == "ZipCrypto") _shop.Run("zip", $"-q -P '{password}' {name} evil.txt 良.txt");
        else return Lock(password, int.Parse(method[3..], CultureInfo.InvariantCulture) / 8);
        return _shop.Read(name);
    }

    // 7-Zip opens ZIP with passwords beyond ASCII and refuses to make it: WinZip's own kind is made here.
    private static byte[] Lock(string password, int keyLength)
    {
        byte[] plain = new ZipMaker().Add("evil.txt", Evil).Add("良.txt", Good).Finish();
        MemoryOutput output = new(plain);
        ZipWriter writer = new(output);
        foreach (ZipEntry entry in ZipReader.Read(new MemoryPartBytes(plain), Limits.Default)!.Entries)
        {
            byte[] content = entry.Name == "evil.txt" ? Evil : Good;
            writer.Replace(entry, () => new MemoryStream(content), content.Length, new ZipSeal(Encoding.UTF8.GetBytes(password), keyLength, 2));
        }

        writer.Finish();
        return output.Bytes;
    }

    // The harmless member under "first", the other under "second".
    private byte[] Mixed(string firstMethod, string secondMethod)
    {
        _shop.Write("evil.txt", Evil).Write("良.txt", Good);
        _shop.Run("7zz", $"a -bd -tzip -mem={firstMethod} -pfirst mixed.zip 良.txt");
        _shop.Run("7zz", $"a -bd -tzip -mem={secondMethod} -psecond mixed.zip evil.txt");
        return _shop.Read("mixed.zip");
    }

    private byte[] Nest()
    {
        _shop.Write("evil.txt", Evil);
        _shop.Run("7zz", "a -bd -tzip -mem=AES256 -pinner inner.zip evil.txt");
        _shop.Run("7zz", "a -bd -tzip middle.zip inner.zip");
        _shop.Run("7zz", "a -bd -tzip -mem=ZipCrypto -pouter outer.zip middle.zip");
        return _shop.Read("outer.zip");
    }
}
