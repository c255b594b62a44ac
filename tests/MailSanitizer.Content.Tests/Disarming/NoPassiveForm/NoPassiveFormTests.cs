using System.Text;
using MailSanitizer.Content.Disarming.NoPassiveForm;
using MailSanitizer.Content.Identification;
using MailSanitizer.Content.Tests.Formats.Zip;
using MailSanitizer.Content.Tests.Identification;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming.NoPassiveForm;

/// <summary>What has no passive form: by content and by every name, and what the walker puts in its place.</summary>
public sealed class NoPassiveFormTests
{
    private static readonly string[] Kinds = [.. typeof(NoPassiveFormFindings).GetFields().Select(field => ((FindingKind)field.GetValue(null)!).Id)];

    private static RecordingSink File(byte[] bytes, string name) => Walks.Walk(bytes, new WalkJob { FileName = name }, PartHandlers.All);

    private static byte[] Mail(string headers, string body = "hello") => Walks.Mail($"From: a@sender.example\nTo: b@example.jp\nSubject: x\nMIME-Version: 1.0\n{headers}\n\n{body}\n");

    /// <summary>The list and its kin: extension, expected kind.</summary>
    public static TheoryData<string, string> Names()
    {
        TheoryData<string, string> rows = [];
        Add("program", "exe dll scr com pif cpl jar apk xpi crx swf xll wll ocx sys class pyc so elf dex wasm vsix xap air ipa gadget drv");
        Add("installer", "msi msp msix appx appinstaller application diagcab pkg mst msu deb rpm msixbundle appxbundle mpkg snap flatpak");
        Add("script-file", "js jse vbs vbe wsf wsh sct hta ps1 psc1 bat cmd scpt terminal command py pyz vb psm1 psd1 ps1xml ps2 psc2 sh pl rb php ahk au3 wsc htc msh msh1 msh2 mshxml vbp vsmacros fxp prg plg ops pcd prf csh mof csproj job phtml jsp workflow");
        Add("shortcut", "lnk url website contact settingcontent-ms search-ms searchConnector-ms library-ms scf webloc fileloc inetloc desktop appref-ms msc wsb shs shb xbap appcontent-ms m3u asx grp xnk wab group isp ins afploc mad maf mdw");
        Add("disk-image", "iso img udf vhd vhdx vmdk wim dmg vdi qcow2 nrg swm esd vfd daa");
        Add("help-file", "chm hlp hxs hpj cnt its");
        Add("macro-only", "xlam ppam ppa otm xsn");
        Add("database", "accde mdb accdb mde adp ade accdr accda");
        Add("onenote", "one onepkg onetoc2");
        Add("remote-config", "rdp rdg ica jnlp ovpn pbk webpnp");
        Add("query-file", "iqy dqy oqy rqy odc udl slk dsn");
        Add("settings-file", "reg inf theme themepack deskthemepack mobileconfig printerexport");
        return rows;

        void Add(string kind, string extensions)
        {
            foreach (string extension in extensions.Split(' ')) rows.Add(extension, kind);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_name_is_enough(string extension, string kind)
    {
        Assert.Contains(File("hello\r\n"u8.ToArray(), "a." + extension).Findings, finding => finding.Kind == kind && finding.Path == "");
        Assert.Contains(kind, File([0x13, 0x99, 0, 0xFF, 0x80, 1, 2, 3, 4, 5, 6, 7], "見積書." + extension.ToUpperInvariant() + ".").Kinds);
    }

    [Fact]
    public void Desktop_ini_is_found_by_its_whole_name() => Assert.Contains("shortcut", File("hello"u8.ToArray(), "folder/Desktop.INI").Kinds);

    // Content alone, under a name that says nothing.
    public static TheoryData<string> Contents() => [.. Samples.All.Select(sample => sample.Id).Distinct().Where(id => FormatTable.Find(id) is { HasNoPassiveForm: true } or { Id: "one" })];

    [Theory]
    [MemberData(nameof(Contents))]
    public void Content_is_enough(string id)
    {
        foreach ((_, byte[] bytes, _) in Samples.All.Where(sample => sample.Id == id))
        {
            FindingFact finding = Assert.Single(File(bytes, "noname").Findings, finding => finding.Path.Length == 0 && Kinds.Contains(finding.Kind));
            Assert.True(id == "one" || finding.Detail == id + " by content", finding.Detail);
        }
    }

    [Fact]
    public void Every_format_without_a_passive_form_has_a_kind() =>
        Assert.All(FormatTable.All.Where(format => format.HasNoPassiveForm), format => Assert.Contains(format.Id, new NoPassiveFormHandler().Formats));

    // Every place in a MIME header that any reader takes a name from.
    [Theory]
    [InlineData("Content-Disposition: attachment; filename=\"a.hta\"")]
    [InlineData("Content-Type: text/plain; name=\"a.hta\"")]
    [InlineData("Content-Type: text/plain; name=\"a.txt\"\nContent-Disposition: attachment; filename=\"a.hta\"")]
    [InlineData("Content-Type: text/plain; name=\"a.hta\"\nContent-Disposition: attachment; filename=\"a.txt\"")]
    [InlineData("Content-Disposition: attachment; filename*=utf-8''a%2Ehta")]
    [InlineData("Content-Disposition: attachment; filename*0=\"a.h\"; filename*1=\"ta\"")]
    [InlineData("Content-Disposition: attachment; filename*0*=utf-8''a%2e; filename*1*=%68ta")]
    [InlineData("Content-Disposition: attachment; filename=\"a.txt\"; filename*=utf-8''a.hta")]
    [InlineData("Content-Disposition: attachment; filename=\"=?utf-8?B?YS5odGE=?=\"")]
    [InlineData("Content-Disposition: attachment; filename=a.hta")]
    [InlineData("Content-Type: application/hta")]
    public void Every_name_and_type_of_a_part_counts(string headers) => Assert.Contains("script-file", Walks.Walk(Mail(headers), handlers: PartHandlers.All).Kinds);

    [Theory]
    [InlineData("central")]
    [InlineData("local")]
    [InlineData("unicode")]
    public void Every_name_of_an_archive_member_counts(string where)
    {
        byte[] zip = ZipMaker.One(where == "central" ? "a.hta" : "a.txt", "hello", member =>
        {
            if (where == "local") member.LocalName = "a.hta"u8.ToArray();
            if (where == "unicode") member.Extra = [0x75, 0x70, 10, 0, 1, .. BitConverter.GetBytes(System.IO.Hashing.Crc32.HashToUInt32("a.txt"u8)), .. "a.hta"u8];
        });
        Assert.Contains("script-file", File(zip, "a.zip").Kinds);
    }

    [Fact]
    public void An_add_in_is_told_from_a_plain_library_by_what_it_exports()
    {
        byte[] library = Samples.Pe(0x2102, 2);
        Assert.Equal("dll", File(library, "noname").Parts[0].Format);
        Assert.Equal("xll", File([.. library, .. "xlAutoOpen\0"u8], "noname").Parts[0].Format);
        Assert.Equal("cpl", File([.. library, .. "CPlApplet\0"u8], "noname").Parts[0].Format);
    }

    [Fact]
    public void A_disk_image_is_refused_and_still_walked_by_its_own_reader()
    {
        byte[] jar = ZipMaker.One("META-INF/MANIFEST.MF", "Manifest-Version: 1.0");
        RecordingSink sink = File(jar, "a.jar");
        Assert.Contains("program", sink.Kinds);
        Assert.Contains(sink.Parts, part => part.Path == "MANIFEST.MF" || part.Path.EndsWith("MANIFEST.MF", StringComparison.Ordinal));
    }

    [Fact]
    public void A_rebuild_puts_a_notice_in_its_place()
    {
        byte[] mail = Mail("Content-Type: multipart/mixed; boundary=b", "--b\n\nhello\n--b\nContent-Disposition: attachment; filename=run.bat\n\n@echo off\ncalc.exe\n--b--");
        RecordingSink before = Walks.Walk(mail, handlers: PartHandlers.All);
        string path = before.Findings.First(finding => finding.Kind == "script-file").Path;
        Assert.Contains("calc.exe", Encoding.ASCII.GetString(mail), StringComparison.Ordinal);
        (RebuildReport report, byte[] after, _) = Walks.Rebuild(mail, Walks.Job(Walks.Treat(before, path, TreatmentKind.Disarm)), PartHandlers.All);
        Assert.Null(report.Failure);
        Assert.Equal("disarm-failed", Assert.Single(report.Changes, change => change.Path == path).Done);
        Assert.DoesNotContain("calc.exe", Encoding.ASCII.GetString(after), StringComparison.Ordinal);
        Assert.DoesNotContain(Walks.Walk(after, handlers: PartHandlers.All).Kinds, Kinds.Contains);
    }

    [Fact]
    public void A_kind_that_a_rule_allows_stays()
    {
        byte[] script = "hello"u8.ToArray();
        RecordingSink before = File(script, "a.py");
        (RebuildReport report, byte[] after, _) = Walks.Rebuild(script, new RebuildJob { FileName = "a.py", Treatments = [Walks.Treat(before, "", TreatmentKind.Disarm) with { Allow = ["script-file"] }] }, PartHandlers.All);
        Assert.Null(report.Failure);
        Assert.Equal(script, after);
    }
}
