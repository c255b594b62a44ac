using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using MailSanitizer.Content.Disarming;
using MailSanitizer.Content.Disarming.Ole;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Crypto;
using MailSanitizer.Content.Formats.Zip;
using MailSanitizer.Content.Tests.Disarming.Ooxml;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming.Ole;

/// <summary>Office files behind a password: opened with what is at hand, disarmed inside, locked again; read by another program before and after.</summary>
public sealed class LockedOfficeTests
{
    private const string Word = "Tr0ub4dor&3";
    private const string Japanese = "パス日本語-2026";

    [Theory]
    [InlineData("standard.docx", Word)]
    [InlineData("standard-japanese.xlsx", Japanese)]
    [InlineData("rc4.doc", Word)]
    [InlineData("rc4.xls", Word)]
    [InlineData("poi:document/password_password_cryptoapi.doc", "password")]
    [InlineData("poi:document/password_tika_binaryrc4.doc", "tika")]
    [InlineData("poi:poifs/protected_sha512.xlsx", "this is a test")]
    [InlineData("poi:slideshow/ppt_with_png_encrypted.ppt", "password")]
    public void The_password_opens_it_and_what_is_inside_is_walked(string name, string password)
    {
        DisarmSample sample = File(name);
        RecordingSink sink = Walk(sample, ["wrong", "Wrong-2", password]);
        Assert.DoesNotContain(WalkFindings.Locked.Id, sink.Kinds);
        Assert.Contains(sink.Findings, finding => finding.Kind == PartWalkFindings.Opened.Id && finding.Detail == "message");
        PartFact inner = sink.Parts[1];
        Assert.Equal("message", inner.OpenedWith);
        Assert.DoesNotContain(sink.Findings, finding => finding.Path.Length > 0 && FindingKinds.Find(finding.Kind)!.Class is not (FindingClass.Note or FindingClass.Active));
        byte[] plain = sink.Leaf(inner.Path);

        // Another program finds the same behind the lock: all of an Open XML file, the text of the others (which it writes back in its own way).
        byte[] other = Other(sample.Bytes, password);
        if (plain.AsSpan().StartsWith("PK"u8)) Assert.Equal(other, plain);
        else Assert.Equal(Streams(other), Streams(plain));
    }

    [Theory]
    [InlineData("default.xlsx")]
    [InlineData("default.xls")]
    [InlineData("poi:spreadsheet/50833.xls")]
    [InlineData("poi:poifs/protect.xlsx")]
    [InlineData("poi:spreadsheet/60284.xls")]
    public void What_Excel_opens_without_asking_is_opened_without_a_password(string name)
    {
        RecordingSink sink = Walk(File(name), []);
        Assert.DoesNotContain(WalkFindings.Locked.Id, sink.Kinds);
        Assert.Contains(sink.Findings, finding => finding.Kind == PartWalkFindings.Opened.Id && finding.Detail == "default");
        Assert.True(sink.Parts[1].Format is "xls" or "xlsx", sink.Parts[1].Format);
        Assert.DoesNotContain(OfficeFindings.DamagedDocument.Id, sink.Kinds);
    }

    [Theory]
    [InlineData("standard.docx")]
    [InlineData("rc4.doc")]
    [InlineData("rc4.xls")]
    [InlineData("poi:slideshow/ppt_with_png_encrypted.ppt")]
    public void Without_the_password_it_stays_locked(string name)
    {
        DisarmSample sample = File(name);
        RecordingSink sink = Walk(sample, ["wrong"]);
        Assert.Contains(WalkFindings.Locked.Id, sink.Kinds);
        Assert.Single(sink.Parts);
        Disarmed run = Disarmed.Run(sample);
        Assert.True(run.IsUnchanged);
    }

    [Theory]
    [InlineData("standard.docx", Word)]
    [InlineData("rc4.doc", Word)]
    [InlineData("rc4.xls", Word)]
    [InlineData("poi:poifs/protected_sha512.xlsx", "this is a test")]
    public void With_nothing_to_take_out_its_own_bytes_go_on(string name, string password)
    {
        (_, byte[] after, _) = Rebuild(File(name), password);
        Assert.Equal(File(name).Bytes, after);
    }

    [Theory]
    [InlineData("standard-link.docx")]
    [InlineData("rc4-link.doc")]
    [InlineData("rc4-link.xls")]
    public void What_acts_inside_goes_and_the_same_password_opens_the_result(string name)
    {
        DisarmSample sample = File(name);
        Assert.Contains("evil.example", Text(Other(sample.Bytes, Word)), StringComparison.Ordinal);
        (RecordingSink before, byte[] after, RebuildReport report) = Rebuild(sample, Word);
        Assert.Contains(OfficeFindings.UnsafeHyperlink.Id, before.Kinds);
        Assert.Null(report.Failure);
        string text = Text(Other(after, Word));
        Assert.DoesNotContain("evil.example", text, StringComparison.Ordinal);
        Assert.Contains("Kept text", text, StringComparison.Ordinal);
        RecordingSink again = Walk(new DisarmSample(name, after), [Word]);
        Assert.Empty(Disarmed.Active(again));
        Assert.Equal(before.Parts[0].Format, again.Parts[0].Format);
        Assert.Contains(WalkFindings.Locked.Id, Walk(new DisarmSample(name, after), ["wrong"]).Kinds);
    }

    [Fact]
    public void Agile_encryption_of_ours_is_read_by_another_program_with_its_HMAC()
    {
        DisarmSample attack = OoxmlAttacks.All.Single(one => one.Name == "remote template").Sample;
        byte[] locked = Agile(attack.Bytes, Japanese);
        Assert.Equal(attack.Bytes, Other(locked, Japanese));
        (RecordingSink before, byte[] after, RebuildReport report) = Rebuild(new DisarmSample("t.docx", locked), Japanese);
        Assert.Contains(OfficeFindings.RemoteTemplate.Id, before.Kinds);
        Assert.Null(report.Failure);
        Assert.DoesNotContain("attack.example", Text(Other(after, Japanese)), StringComparison.Ordinal);
        Assert.Empty(Disarmed.Active(Walk(new DisarmSample("t.docx", after), [Japanese])));
    }

    [Fact]
    public void A_rule_may_let_it_go_on_open()
    {
        (_, byte[] after, RebuildReport report) = Rebuild(File("standard-link.docx"), Word, treatment => treatment with { Repack = "open" });
        Assert.Null(report.Failure);
        Assert.Equal("docx", Disarmed.Walk(new DisarmSample("a.docx", after)).Parts[0].Format);
    }

    /// <summary>Two of its 16-bit passwords can open two contents: such a lock never goes on, and nothing else fits in its place.</summary>
    [Fact]
    public void Obfuscation_by_XOR_is_opened_and_replaced_by_a_notice()
    {
        DisarmSample sample = File("poi:spreadsheet/60284.xls");
        RecordingSink before = Walk(sample, []);
        Assert.Contains(WalkFindings.UnkeyedLock.Id, before.Kinds);
        (RebuildReport report, _, _) = Walks.Rebuild(sample.Bytes, new RebuildJob { FileName = sample.Name, Treatments = [new Treatment("", before.Parts[0].Sha256, TreatmentKind.Disarm)] }, PartHandlers.All);
        Assert.Contains(report.Changes, change => change.Done == "disarm-failed");
    }

    [Fact]
    public void Content_that_was_changed_under_the_lock_is_damaged()
    {
        byte[] locked = Agile(Packages.Docx().Bytes(), Word, package => package[40] ^= 1);
        RecordingSink sink = Walk(new DisarmSample("t.docx", locked), [Word]);
        Assert.Contains(sink.Findings, finding => finding.Kind == OfficeFindings.DamagedDocument.Id && finding.Location == "EncryptedPackage");
    }

    [Fact]
    public void A_stream_that_does_not_belong_to_a_locked_document_goes()
    {
        byte[] locked = Agile(Packages.Docx().Bytes(), Word, extra: CfbNode.Stream("EXTRA", new MemoryPartBytes("ATTACK-BYTES"u8.ToArray())));
        (RecordingSink before, byte[] after, _) = Rebuild(new DisarmSample("t.docx", locked), Word);
        Assert.Contains(OleFindings.Disorder.Id, before.Kinds);
        Assert.True(OleFiles.HasText(locked, "ATTACK-BYTES") && !OleFiles.HasText(after, "ATTACK-BYTES"));
        Assert.Equal(Packages.Docx().Bytes().Length, Other(after, Word).Length);
    }

    [Theory]
    [InlineData("spinCount=\"100000\"", "spinCount=\"9000000\"", "above the limit")]
    [InlineData("ChainingModeCBC", "ChainingModeCFB", "ChainingModeCFB")]
    [InlineData("hashAlgorithm=\"SHA512\"", "hashAlgorithm=\"WHIRLPOOL\"", "WHIRLPOOL")]
    [InlineData("</keyEncryptor>", "<p:encryptedKey/></keyEncryptor>", "two passwords")]
    [InlineData("p:encryptedKey", "c:encryptedKey", "no password")]
    public void A_lock_that_is_not_opened_here_says_why(string from, string to, string why)
    {
        byte[] locked = Agile(Packages.Docx().Bytes(), Word, information: text => text.Replace(from, to, StringComparison.Ordinal));
        RecordingSink sink = Walk(new DisarmSample("t.docx", locked), [Word]);
        Assert.Contains(sink.Findings, finding => finding.Kind == WalkFindings.Locked.Id && finding.Detail.Contains(why, StringComparison.Ordinal));
        Assert.Single(sink.Parts);
    }

    [Fact]
    public void Guessing_ends_at_the_limit_and_says_so()
    {
        RecordingSink sink = Walks.Walk(File("standard.docx").Bytes, new WalkJob { FileName = "a.docx", Candidates = false, Limits = Limits.Default with { GuessingPartMilliseconds = 70 }, Passwords = [new("wrong", "message"), new(Word, "message")] }, PartHandlers.All);
        Assert.Contains(WalkFindings.Locked.Id, sink.Kinds);
        Assert.Contains(WalkFindings.GuessingLimit.Id, sink.Kinds);
    }

    [Fact]
    public void Properties_that_are_locked_apart_go_and_the_rest_is_locked_again()
    {
        DisarmSample sample = File("poi:slideshow/ppt_with_png_encrypted.ppt");
        Assert.Contains("EncryptedSummary", OleFiles.NamesOf(sample.Bytes));
        (RecordingSink before, byte[] after, RebuildReport report) = Rebuild(sample, "password");
        Assert.Contains(OleFindings.LockedProperties.Id, before.Kinds);
        Assert.Null(report.Failure);
        Assert.DoesNotContain("EncryptedSummary", OleFiles.NamesOf(after));
        RecordingSink again = Walk(new DisarmSample("a.ppt", after), ["password"]);
        Assert.Empty(Disarmed.Active(again));
        Assert.Contains(again.Parts, part => part.Format == "png");
        Assert.Equal(Streams(Other(sample.Bytes, "password")), Streams(Other(after, "password")));
    }

    private static DisarmSample File(string name) => name.StartsWith("poi:", StringComparison.Ordinal) ? OleFiles.Poi(name[4..]) : new DisarmSample(name, System.IO.File.ReadAllBytes(Path.Combine(Folder(), name)));

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../corpus/office/locked"));

    private static Password[] Passwords(string[] passwords) => [.. passwords.Select(text => new Password(text, "message"))];

    private static RecordingSink Walk(DisarmSample sample, string[] passwords) => Walks.Walk(sample.Bytes, new WalkJob { FileName = sample.Name, Candidates = false, Passwords = Passwords(passwords) }, PartHandlers.All);

    /// <summary>Everything active of every part goes.</summary>
    private static (RecordingSink Before, byte[] After, RebuildReport Report) Rebuild(DisarmSample sample, string password, Func<Treatment, Treatment>? treat = null)
    {
        RecordingSink before = Walk(sample, [password]);
        HashSet<string> paths = [.. Disarmed.Active(before).Select(finding => finding.Path), ""];
        Treatment[] treatments = [.. before.Parts.Where(part => paths.Contains(part.Path)).Select(part => new Treatment(part.Path, part.Sha256, TreatmentKind.Disarm)).Select(treatment => treat?.Invoke(treatment) ?? treatment)];
        (RebuildReport report, byte[] after, _) = Walks.Rebuild(sample.Bytes, new RebuildJob { FileName = sample.Name, Passwords = Passwords([password]), Treatments = treatments }, PartHandlers.All);
        Assert.DoesNotContain(report.Changes, change => change.Done == "disarm-failed");
        return (before, after, report);
    }

    private static byte[] Agile(byte[] plain, string password, Action<byte[]>? package = null, CfbNode? extra = null, Func<string, string>? information = null)
    {
        using MemoryPartBytes bytes = new(plain);
        CfbNode root = AgileSeal.Lock(bytes, password, CancellationToken.None);
        for (int at = 0; at < root.Children.Count; at++)
        {
            if (root.Children[at] is not { Content: { } content, Name: { } name }) continue;
            byte[] stream = content.ToArray(int.MaxValue)!;
            if (name == "EncryptedPackage") package?.Invoke(stream);
            if (name == "EncryptionInfo" && information is not null) stream = [.. stream.AsSpan(0, 8), .. Encoding.UTF8.GetBytes(information(Encoding.UTF8.GetString(stream.AsSpan(8))))];
            root.Children[at] = CfbNode.Stream(name, new MemoryPartBytes(stream));
        }

        if (extra is not null) root.Children.Add(extra);
        using MemoryStream to = new();
        Assert.Null(CfbWriter.Write(root, new StreamPartOutput(to)));
        return to.ToArray();
    }

    /// <summary>The content as msoffcrypto sees it, its own checks of password and HMAC included.</summary>
    private static byte[] Other(byte[] locked, string password)
    {
        const string Script = "import sys,io,msoffcrypto\nf=msoffcrypto.OfficeFile(open(sys.argv[1],'rb'))\nif f.format=='ooxml':\n  f.load_key(password=sys.argv[2],verify_password=True)\nelse:\n  f.load_key(password=sys.argv[2])\nb=io.BytesIO()\nf.decrypt(b,verify_integrity=True) if f.format=='ooxml' and f.type=='agile' else f.decrypt(b)\nopen(sys.argv[1]+'.out','wb').write(b.getvalue())";
        Assert.SkipUnless(System.IO.File.Exists("/usr/lib/python3/dist-packages/msoffcrypto/__init__.py"), "python3-msoffcrypto-tool is not installed");
        string place = Path.GetTempFileName();
        try
        {
            System.IO.File.WriteAllBytes(place, locked);
            using Process process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Script, place, password]) { RedirectStandardError = true })!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors);
            return System.IO.File.ReadAllBytes(place + ".out");
        }
        finally
        {
            System.IO.File.Delete(place);
            System.IO.File.Delete(place + ".out");
        }
    }

    // The streams in which documents live, without what each program puts in the place of the lock itself.
    private static IEnumerable<string> Streams(byte[] file)
    {
        using MemoryPartBytes bytes = new(file);
        CfbFile read = CfbFile.Open(bytes, Limits.Default, out string problem) ?? throw new InvalidOperationException(problem);
        foreach ((string name, int from) in ((string, int)[])[("WordDocument", 68), ("Data", 0), ("1Table", 200), ("Workbook", 200)])
        {
            if (read.Root.Find(name) is { } entry && read.Content(entry).ToArray(int.MaxValue) is { } content) yield return $"{name} {content.Length} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(content.AsSpan(Math.Min(from, content.Length))))}";
        }
    }

    private static string Text(byte[] file) => file.AsSpan().StartsWith("PK"u8) ? Look.All(file) : Encoding.Latin1.GetString(file) + Encoding.Unicode.GetString(file) + Encoding.Unicode.GetString(file.AsSpan(1));
}
