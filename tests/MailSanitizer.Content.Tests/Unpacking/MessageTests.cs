using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Unpacking.Cms;
using MailSanitizer.Content.Unpacking.Encodings;
using MailSanitizer.Content.Unpacking.Mbox;
using MailSanitizer.Content.Unpacking.Msg;
using MailSanitizer.Content.Unpacking.Pgp;
using MailSanitizer.Content.Unpacking.Tnef;

namespace MailSanitizer.Content.Tests.Unpacking;

public sealed class EncodingTests
{
    private static readonly UuHandler Uu = new();
    private static readonly YencHandler Yenc = new();

    [Fact]
    public void Uuencoded_files_are_children_and_the_text_around_them_as_well()
    {
        byte[] text = [.. "Hello,\r\nsee the file.\r\n"u8, .. Uue("報告.bin", Sample.Noise), .. "between\r\n"u8, .. Uue("b.txt", Sample.Text), .. "\r\n"u8];
        Walked walked = Walked.Do(Uu, text);
        Assert.Equal(["報告.bin", "b.txt", "text.txt"], walked.Files.Select(file => file.Name));
        Assert.Equal([Sample.Noise, Sample.Text], walked.Files.Take(2).Select(file => file.Bytes));
        Assert.Contains("between", Encoding.ASCII.GetString(walked.Files.Last().Bytes));
        Assert.Empty(walked.Findings);
    }

    [Fact]
    public void A_changed_file_is_encoded_again_in_its_place()
    {
        byte[] text = [.. "before\r\n"u8, .. Uue("a.docm", Sample.Noise), .. "between\r\n"u8, .. Uue("b.txt", Sample.Text)];
        Rebuilt rebuilt = Rebuilt.Do(Uu, text, "x.uue", new Rebuilt { Decide = Rebuilt.Replace("a.docm", Sample.Runs, "a.docx") });
        Assert.Equal(RebuildKind.Rewritten, rebuilt.Outcome.Kind);
        Walked walked = Walked.Do(Uu, rebuilt.Bytes);
        Assert.Equal(["a.docx", "b.txt", "text.txt"], walked.Files.Select(file => file.Name));
        Assert.Equal([Sample.Runs, Sample.Text], walked.Files.Take(2).Select(file => file.Bytes));
        Assert.True(rebuilt.Bytes.AsSpan().EndsWith(Uue("b.txt", Sample.Text)));
    }

    [Fact]
    public void Base64_blocks_xxencode_and_lost_blanks_are_read()
    {
        string base64 = "begin-base64 644 a.txt\n" + Convert.ToBase64String(Sample.Text, Base64FormattingOptions.InsertLineBreaks).Replace("\r", "") + "\n====\n";
        Assert.Equal(Sample.Text, Walked.Do(Uu, Encoding.ASCII.GetBytes(base64)).Files.Single().Bytes);
        byte[] zeros = new byte[90];
        string blanks = Encoding.ASCII.GetString(Uue("z", zeros)).Replace('`', ' ');
        blanks = string.Join("\n", blanks.Split("\r\n").Select(line => line.TrimEnd()));
        Assert.Equal(zeros, Walked.Do(Uu, Encoding.ASCII.GetBytes(blanks)).Files.Single().Bytes);
        const string alphabet = "+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        string[] lines = Encoding.ASCII.GetString(Uue("x", Sample.Noise)).Split("\r\n");
        string xx = string.Join("\n", lines.Select((line, number) => number == 0 || line is "end" or "" ? line : new string([.. line.Select(letter => alphabet[(letter - 32) & 63])])));
        Assert.Equal(Sample.Noise, Walked.Do(Uu, Encoding.ASCII.GetBytes(xx), "x.xxe", format: "xxe").Files.Single().Bytes);
    }

    [Fact]
    public void A_cut_one_and_none_are_findings()
    {
        byte[] whole = Uue("a.bin", Sample.Noise);
        Walked walked = Walked.Do(Uu, whole[..(whole.Length / 2)]);
        Assert.Equal(["damaged-archive"], walked.Kinds);
        Assert.True(Sample.Noise.AsSpan().StartsWith(walked.Files.Single().Bytes.AsSpan()[..^45]));
        Assert.Equal(["damaged-archive"], Walked.Do(Uu, "no file"u8.ToArray()).Kinds);
    }

    [Fact]
    public void Yenc_is_read_checked_and_written_again()
    {
        byte[] yenc = Yence("file.bin", Sample.Noise, 1, 1, Sample.Noise.Length, 0);
        Walked walked = Walked.Do(Yenc, yenc);
        Assert.Equal(("file.bin", Convert.ToHexString(Sample.Noise)), (walked.Files.Single().Name, Convert.ToHexString(walked.Files.Single().Bytes)));
        Assert.Empty(walked.Findings);
        byte[] wrong = [.. yenc];
        wrong[500] ^= 4;
        Assert.Contains(Walked.Do(Yenc, wrong).Kinds, kind => kind is "checksum-mismatch" or "size-mismatch");
        Rebuilt rebuilt = Rebuilt.Do(Yenc, yenc, "a.ync", new Rebuilt { Decide = Rebuilt.Replace("file.bin", Sample.Runs) });
        Walked again = Walked.Do(Yenc, rebuilt.Bytes);
        Assert.Equal(Sample.Runs, again.Files.Single().Bytes);
        Assert.Empty(again.Findings);
    }

    [Fact]
    public void Yenc_parts_that_follow_each_other_are_joined_and_a_lone_one_is_split()
    {
        byte[] first = Yence("file.bin", Sample.Noise[..40_000], 1, 2, Sample.Noise.Length, 0);
        byte[] second = Yence("file.bin", Sample.Noise[40_000..], 2, 2, Sample.Noise.Length, 40_000);
        Walked walked = Walked.Do(Yenc, [.. first, .. second]);
        Assert.Equal(Sample.Noise, Assert.Single(walked.Files).Bytes);
        Assert.Empty(walked.Findings);
        Assert.Equal(["split-archive"], Walked.Do(Yenc, first).Kinds);
    }

    [Fact]
    public void Binhex_is_read_and_its_sums_compared()
    {
        Walked walked = Walked.Do(new BinHexHandler(), Workshop.ClamAv("clam.exe.binhex"));
        Assert.Equal(Workshop.ClamAv("clam.exe"), walked.Files.First().Bytes);
        Assert.Empty(walked.Findings);
        byte[] wrong = Workshop.ClamAv("clam.exe.binhex");
        int at = wrong.Length / 2;
        while (wrong[at] is (byte)'\n' or (byte)'\r') at++;
        wrong[at] = wrong[at] == (byte)'0' ? (byte)'1' : (byte)'0';
        Assert.NotEmpty(Walked.Do(new BinHexHandler(), wrong).Kinds);
        Assert.Contains("damaged-archive", Walked.Do(new BinHexHandler(), wrong[..(wrong.Length / 2)]).Kinds);
    }

    [Fact]
    public void Apple_forks_are_children()
    {
        byte[] single = [0, 5, 0x16, 0, 0, 2, 0, 0, .. new byte[16], 0, 3, .. Entry(3, 62, 5), .. Entry(1, 67, 4), .. Entry(2, 71, 3), .. "a.exe"u8, 1, 2, 3, 4, 9, 9, 9];
        Walked walked = Walked.Do(new AppleHandler(), single, format: "applesingle");
        Assert.Equal([("a.exe", "01020304"), ("a.exe.rsrc", "090909")], walked.Files.Select(file => (file.Name, Convert.ToHexString(file.Bytes))));
        Assert.Empty(walked.Findings);
        Assert.Contains("damaged-archive", Walked.Do(new AppleHandler(), single[..70], format: "applesingle").Kinds);
        byte[] binary = new byte[128 + 128 + 2];
        binary[1] = 3;
        "x.y"u8.CopyTo(binary.AsSpan(2));
        binary[86] = 4;
        binary[90] = 2;
        binary[128] = 7;
        binary[256] = 8;
        Assert.Equal([("x.y", "07000000"), ("x.y.rsrc", "0800")], Walked.Do(new AppleHandler(), binary, format: "macbinary").Files.Select(file => (file.Name, Convert.ToHexString(file.Bytes))));

        static byte[] Entry(int id, int offset, int length) => [0, 0, 0, (byte)id, 0, 0, 0, (byte)offset, 0, 0, 0, (byte)length];
    }

    [Fact]
    public void An_mbox_gives_its_messages_and_is_written_in_place()
    {
        MboxHandler mbox = new();
        byte[] box = "From a@b Mon Jan  1 00:00:00 2026\nSubject: one\n\nbody\n>From quoted\n\nFrom c@d Mon Jan  1 00:00:00 2026\nSubject: two\n\nsecond\n"u8.ToArray();
        Walked walked = Walked.Do(mbox, box);
        Assert.Equal(["message/rfc822", "message/rfc822"], walked.Children.Select(child => child.Description.DeclaredType));
        Assert.StartsWith("Subject: one", Encoding.ASCII.GetString(walked.Children[0].Bytes));
        Assert.Equal("Subject: two\n\nsecond\n"u8.ToArray(), walked.Children[1].Bytes);
        Rebuilt rebuilt = Rebuilt.Do(mbox, box, "a.mbox", new Rebuilt { Decide = child => child.Segment == "1" ? new ChildDecision(ChildDecisionKind.Replace, new MemoryPartBytes("Subject: new\n\nFrom here\n"u8.ToArray())) : ChildDecision.Keep });
        string text = Encoding.ASCII.GetString(rebuilt.Bytes);
        Assert.Contains("\n>From here", text);
        Assert.Equal(2, Walked.Do(mbox, rebuilt.Bytes).Children.Count);
        Assert.EndsWith("Subject: two\n\nsecond\n", text);
    }

    private static byte[] Uue(string name, byte[] content)
    {
        StringBuilder text = new($"begin 644 {name}\r\n");
        foreach (byte[] row in content.Chunk(45))
        {
            text.Append((char)(row.Length + 32));
            for (int at = 0; at < row.Length; at += 3)
            {
                int group = (row[at] << 16) | ((at + 1 < row.Length ? row[at + 1] : 0) << 8) | (at + 2 < row.Length ? row[at + 2] : 0);
                for (int shift = 18; shift >= 0; shift -= 6) text.Append((group >> shift & 63) == 0 ? '`' : (char)((group >> shift & 63) + 32));
            }

            text.Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(text.Append("`\r\nend\r\n").ToString());
    }

    private static byte[] Yence(string name, byte[] content, int part, int total, int size, int offset)
    {
        MemoryStream text = new();
        void Line(string line) => text.Write(Encoding.ASCII.GetBytes(line + "\r\n"));
        Line(total > 1 ? $"=ybegin part={part} total={total} line=128 size={size} name={name}" : $"=ybegin line=128 size={size} name={name}");
        if (total > 1) Line($"=ypart begin={offset + 1} end={offset + content.Length}");
        foreach (byte[] row in content.Chunk(128))
        {
            foreach (byte value in row)
            {
                byte coded = (byte)(value + 42);
                if (coded is 0 or 10 or 13 or (byte)'=')
                {
                    text.WriteByte((byte)'=');
                    coded += 64;
                }

                text.WriteByte(coded);
            }

            Line("");
        }

        Line(total > 1 ? $"=yend size={content.Length} part={part} pcrc32={Crc32.HashToUInt32(content):x8}" : $"=yend size={content.Length} crc32={Crc32.HashToUInt32(content):X8}");
        return text.ToArray();
    }
}

public sealed class TnefTests
{
    private static readonly TnefHandler Tnef = new();

    [Fact]
    public void The_samples_give_their_attachments_and_bodies()
    {
        Walked walked = Walked.Do(Tnef, Workshop.Suite("tnef/poi-hmef/quick-winmail.dat"));
        foreach (string name in new[] { "quick.doc", "quick.html", "quick.pdf", "quick.txt", "quick.xml" })
        {
            Assert.Equal(Workshop.Suite("tnef/poi-hmef/quick-contents/" + name), walked.Files.Single(file => file.Name == name).Bytes);
        }

        Assert.Equal(Workshop.Suite("tnef/poi-hmef/quick-contents/message.rtf"), walked.Files.Single(file => file.Name == "body.rtf").Bytes);
        Assert.DoesNotContain(walked.Findings, finding => finding.Kind.Class != FindingClass.Note);
    }

    [Theory]
    [InlineData("bug52400-winmail-simple.dat")]
    [InlineData("bug52400-winmail-with-attachments.dat")]
    [InlineData("bug63955-winmail.dat")]
    [InlineData("winmail-sample1.dat")]
    public void The_other_samples_open_without_damage(string name)
    {
        Walked walked = Walked.Do(Tnef, Workshop.Suite("tnef/poi-hmef/" + name));
        Assert.NotEmpty(walked.Files);
        Assert.DoesNotContain("damaged-archive", walked.Kinds);
    }

    [Fact]
    public void The_hostile_sample_and_broken_ones_are_findings()
    {
        Assert.NotEmpty(Walked.Do(Tnef, Workshop.Suite("tnef/poi-hmef/oom.tnef")).Kinds);
        byte[] good = Workshop.Suite("tnef/poi-hmef/quick-winmail.dat");
        foreach (int cut in new[] { 4, 10, 100, good.Length / 2, good.Length - 10 }) Assert.Contains("damaged-archive", Walked.Do(Tnef, good[..cut]).Kinds);
        good[good.Length / 2] ^= 1;
        Assert.Contains("checksum-mismatch", Walked.Do(Tnef, good).Kinds);
    }

    [Fact]
    public void References_reminders_and_custom_forms_are_findings_and_nested_messages_children()
    {
        byte[] nested = Make([]);
        byte[] message = Make([
            (1, 0x00078008, "IPM.Note.Evil\0"u8.ToArray()),
            (1, 0x00069003, [2, 0, 0, 0, .. Named(0x851F, @"\\10.0.0.1\share\a.wav"), .. Prop(0x1000001F, Encoding.Unicode.GetBytes("本文\0"))]),
            (2, 0x00069002, new byte[14]),
            (2, 0x00069005, [3, 0, 0, 0, 3, 0, 0x05, 0x37, 2, 0, 0, 0, .. Prop(0x3707001F, Encoding.Unicode.GetBytes("link.doc\0")), .. Prop(0x370D001F, Encoding.Unicode.GetBytes(@"\\10.0.0.1\x.doc" + "\0"))]),
            (2, 0x00069002, new byte[14]),
            (2, 0x00069005, [1, 0, 0, 0, .. Prop(0x3701000D, [.. new Guid("00020307-0000-0000-C000-000000000046").ToByteArray(), .. nested])]),
        ]);
        Walked walked = Walked.Do(Tnef, message);
        Assert.Equal(["custom-form", "reminder-file", "attach-by-reference"], walked.Kinds);
        Assert.Equal(["body.txt", "attachment.tnef"], walked.Files.Select(file => file.Name));
        Assert.Equal(nested, walked.Files.Last().Bytes);
        Rebuilt rebuilt = Rebuilt.Do(Tnef, message, "winmail.dat", new Rebuilt { Takes = kind => kind.Class == FindingClass.Active });
        Assert.Equal((RebuildKind.Rewritten, "winmail.zip"), (rebuilt.Outcome.Kind, rebuilt.Outcome.Name));
        Assert.Equal(3, rebuilt.DoneList.Count);
    }

    private static byte[] Make((byte Level, uint Id, byte[] Data)[] attributes)
    {
        MemoryStream tnef = new();
        tnef.Write([0x78, 0x9F, 0x3E, 0x22, 1, 0]);
        foreach ((byte level, uint id, byte[] data) in attributes)
        {
            tnef.WriteByte(level);
            tnef.Write(BitConverter.GetBytes(id));
            tnef.Write(BitConverter.GetBytes(data.Length));
            tnef.Write(data);
            tnef.Write(BitConverter.GetBytes((ushort)data.Sum(value => value)));
        }

        return tnef.ToArray();
    }

    private static byte[] Prop(uint tag, byte[] value) => [.. BitConverter.GetBytes(tag), 1, 0, 0, 0, .. BitConverter.GetBytes(value.Length), .. value, .. new byte[(4 - (value.Length % 4)) % 4]];

    private static byte[] Named(uint id, string text)
    {
        byte[] value = Encoding.Unicode.GetBytes(text + "\0");
        return [0x1F, 0, 0x01, 0x80, .. new Guid("00062008-0000-0000-C000-000000000046").ToByteArray(), 0, 0, 0, 0, .. BitConverter.GetBytes(id), 1, 0, 0, 0, .. BitConverter.GetBytes(value.Length), .. value, .. new byte[(4 - (value.Length % 4)) % 4]];
    }
}

public sealed class MsgTests
{
    private static readonly MsgHandler Msg = new();

    [Fact]
    public void Bodies_attachments_and_embedded_messages_are_children_and_what_acts_is_found()
    {
        CfbNode inner = CfbNode.Storage("__substg1.0_3701000D");
        inner.Children.Add(Leaf("__properties_version1.0", new byte[24]));
        inner.Children.Add(Leaf("__substg1.0_1000001F", Encoding.Unicode.GetBytes("inner body")));
        CfbNode root = CfbNode.Storage("Root Entry");
        root.Children.Add(Leaf("__properties_version1.0", new byte[32]));
        root.Children.Add(Leaf("__substg1.0_001A001F", Encoding.Unicode.GetBytes("IPM.Note.Custom")));
        root.Children.Add(Leaf("__substg1.0_1000001F", Encoding.Unicode.GetBytes("本文")));
        root.Children.Add(Leaf("__substg1.0_10130102", "<p>hi</p>"u8.ToArray()));
        root.Children.Add(Leaf("__substg1.0_8000001F", Encoding.Unicode.GetBytes(@"\\10.0.0.1\a.wav")));
        CfbNode names = CfbNode.Storage("__nameid_version1.0");
        names.Children.Add(Leaf("__substg1.0_00020102", new Guid("00062008-0000-0000-C000-000000000046").ToByteArray()));
        names.Children.Add(Leaf("__substg1.0_00030102", [0x1F, 0x85, 0, 0, 6, 0, 0, 0]));
        root.Children.Add(names);
        root.Children.Add(Attachment(0, ("3707001F", "報告.doc"), 1, Leaf("__substg1.0_37010102", Sample.Noise)));
        root.Children.Add(Attachment(1, ("3707001F", "link.doc"), 2, Leaf("__substg1.0_370D001F", Encoding.Unicode.GetBytes(@"\\10.0.0.1\x.doc"))));
        root.Children.Add(Attachment(2, ("3001001F", "inner"), 5, inner));
        Walked walked = Walked.Do(Msg, Write(root));
        Assert.Equal(["custom-form", "reminder-file", "attach-by-reference"], walked.Kinds);
        Assert.Equal(["body.txt", "body.html", "報告.doc", "inner.msg"], walked.Files.Select(file => file.Name));
        Assert.Equal(Sample.Noise, walked.Files.ElementAt(2).Bytes);
        Walked embedded = Walked.Do(Msg, walked.Files.Last().Bytes);
        Assert.Equal("inner body", Encoding.Unicode.GetString(Assert.Single(embedded.Files).Bytes));
        Rebuilt rebuilt = Rebuilt.Do(Msg, Write(root), "mail.msg", new Rebuilt { Takes = kind => kind.Class == FindingClass.Active });
        Assert.Equal((RebuildKind.Rewritten, null), (rebuilt.Outcome.Kind, rebuilt.Outcome.Name));
        Assert.Empty(Walked.Do(Msg, rebuilt.Bytes).Kinds);
    }

    [Fact]
    public void Broken_ones_are_findings()
    {
        Assert.Equal(["damaged-archive"], Walked.Do(Msg, Sample.Noise).Kinds);
        CfbNode root = CfbNode.Storage("Root Entry");
        root.Children.Add(Leaf("__substg1.0_10090102", [1, 2, 3, 4, 255, 255, 0, 0, 0x4C, 0x5A, 0x46, 0x75, 0, 0, 0, 0, 9, 9]));
        Walked walked = Walked.Do(Msg, Write(root));
        Assert.Equal(["damaged-archive"], walked.Kinds);
    }

    private static CfbNode Leaf(string name, byte[] bytes) => CfbNode.Stream(name, new MemoryPartBytes(bytes));

    private static CfbNode Attachment(int number, (string Id, string Text) name, int method, CfbNode content)
    {
        CfbNode storage = CfbNode.Storage($"__attach_version1.0_#{number:X8}");
        storage.Children.Add(Leaf("__properties_version1.0", [.. new byte[8], 3, 0, 0x05, 0x37, 6, 0, 0, 0, (byte)method, 0, 0, 0, 0, 0, 0, 0]));
        storage.Children.Add(Leaf("__substg1.0_" + name.Id, Encoding.Unicode.GetBytes(name.Text)));
        storage.Children.Add(content);
        return storage;
    }

    private static byte[] Write(CfbNode root)
    {
        Rebuilt output = new();
        Assert.Null(CfbWriter.Write(root, output));
        return output.Bytes;
    }
}

public sealed class CmsTests
{
    private static readonly CmsHandler Cms = new();

    private const string Mail = "Content-Type: text/plain\r\n\r\nsigned text\r\n";

    [Theory]
    [InlineData("-outform DER")]
    [InlineData("-outform DER -stream")]
    [InlineData("-outform PEM")]
    public void Opaque_signed_content_is_taken_out(string options)
    {
        using Workshop shop = Shop();
        shop.Run("openssl", $"cms -sign -nodetach -binary -signer c.pem -inkey k.pem -in mail {options} -out a.p7m 2>/dev/null");
        Walked walked = Walked.Do(Cms, shop.Read("a.p7m"), "smime.p7m");
        if (options.Contains("PEM", StringComparison.Ordinal)) walked = Walked.Do(Cms, walked.Files.Single().Bytes, "smime.p7m");
        Assert.Equal(Mail, Encoding.ASCII.GetString(walked.Files.Single().Bytes));
        Assert.Equal("message/rfc822", walked.Children[0].Description.DeclaredType);
        Assert.Empty(walked.Findings);
        if (options.Contains("PEM", StringComparison.Ordinal)) return;
        Rebuilt rebuilt = Rebuilt.Do(Cms, shop.Read("a.p7m"), "smime.p7m", new Rebuilt { Decide = _ => new ChildDecision(ChildDecisionKind.Replace, new MemoryPartBytes("new"u8.ToArray())) });
        Assert.Equal(("new", "message/rfc822", "smime.eml"), (Encoding.ASCII.GetString(rebuilt.Bytes), rebuilt.Outcome.MediaType, rebuilt.Outcome.Name));
    }

    [Fact]
    public void Detached_signatures_hold_nothing_and_encrypted_mail_is_a_finding()
    {
        using Workshop shop = Shop();
        shop.Run("openssl", "cms -sign -binary -signer c.pem -inkey k.pem -in mail -outform DER -out a.p7s 2>/dev/null");
        Walked walked = Walked.Do(Cms, shop.Read("a.p7s"), "smime.p7s", format: "p7s");
        Assert.Empty(walked.Children);
        Assert.Empty(walked.Findings);
        shop.Run("openssl", "cms -encrypt -binary -in mail -outform DER -out b.p7m -aes256 c.pem 2>/dev/null");
        Assert.Equal(["encrypted-message"], Walked.Do(Cms, shop.Read("b.p7m"), "smime.p7m").Kinds);
    }

    [Fact]
    public void Compressed_content_is_taken_out_and_broken_ones_are_findings()
    {
        byte[] packed = Zlib(Encoding.ASCII.GetBytes(Mail));
        byte[] cms = Der(0x30, [.. Oid("1.2.840.113549.1.9.16.1.9"), .. Der(0xA0, Der(0x30, [2, 1, 0, .. Der(0x30, Oid("1.2.840.113549.1.9.16.3.8")), .. Der(0x30, [.. Oid("1.2.840.113549.1.7.1"), .. Der(0xA0, Der(4, packed))])]))]);
        Walked walked = Walked.Do(Cms, cms, "smime.p7m");
        Assert.Equal(Mail, Encoding.ASCII.GetString(walked.Files.Single().Bytes));
        Assert.Empty(walked.Findings);
        foreach (int cut in new[] { 1, 10, cms.Length - 5 }) Assert.Equal(["damaged-archive"], Walked.Do(Cms, cms[..cut]).Kinds);
        Assert.Equal(["extra-bytes"], Walked.Do(Cms, [.. cms, 1]).Kinds);
        byte[] nest = [.. Enumerable.Repeat(new byte[] { 0x30, 0x80 }, 5000).SelectMany(pair => pair)];
        Assert.Equal(["damaged-archive"], Walked.Do(Cms, nest).Kinds);
    }

    private static Workshop Shop()
    {
        Workshop shop = new();
        shop.Write("mail", Encoding.ASCII.GetBytes(Mail));
        shop.Run("openssl", "req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=test -days 30 2>/dev/null");
        return shop;
    }

    private static byte[] Zlib(byte[] content)
    {
        MemoryStream stream = new();
        using (ZLibStream zlib = new(stream, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(content);
        return stream.ToArray();
    }

    private static byte[] Der(byte tag, byte[] content) => content.Length < 128 ? [tag, (byte)content.Length, .. content] : [tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    private static byte[] Oid(string dotted)
    {
        System.Formats.Asn1.AsnWriter writer = new(System.Formats.Asn1.AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(dotted);
        return writer.Encode();
    }
}

public sealed class PgpTests
{
    private static readonly PgpHandler Pgp = new();

    [Theory]
    [InlineData("--store -z0")]
    [InlineData("--store --compress-algo zip")]
    [InlineData("--store --compress-algo zlib")]
    [InlineData("--store --compress-algo bzip2")]
    [InlineData("--store --armor --compress-algo zip")]
    public void Literal_and_compressed_packets_are_taken_out(string options)
    {
        using Workshop shop = new();
        shop.Write("report.txt", Sample.Text);
        shop.Run("gpg", $"--homedir . --batch --yes -q {options} -o a.gpg report.txt 2>/dev/null");
        byte[] current = shop.Read("a.gpg");
        for (int level = 0; level < 4; level++)
        {
            Walked walked = Walked.Do(Pgp, current, "report.txt.gpg");
            Assert.Empty(walked.Findings);
            current = Assert.Single(walked.Files).Bytes;
            if (walked.Files.Single().Name == "report.txt") break;
        }

        Assert.Equal(Sample.Text, current);
    }

    [Fact]
    public void Encrypted_ones_and_broken_ones_are_findings()
    {
        using Workshop shop = new();
        shop.Write("a.txt", Sample.Text);
        shop.Run("gpg", "--homedir . --batch --yes -q --pinentry-mode loopback --passphrase secret -c -o a.gpg a.txt 2>/dev/null");
        Assert.Equal(["encrypted-message"], Walked.Do(Pgp, shop.Read("a.gpg")).Kinds);
        shop.Run("gpg", "--homedir . --batch --yes -q --store -z0 -o b.gpg a.txt 2>/dev/null");
        byte[] good = shop.Read("b.gpg");
        foreach (int cut in new[] { 1, 3, good.Length / 2 }) Assert.Contains("damaged-archive", Walked.Do(Pgp, good[..cut]).Kinds);
        Assert.Equal(["damaged-archive"], Walked.Do(Pgp, "no armour at all"u8.ToArray()).Kinds);
    }

    [Fact]
    public void A_changed_literal_takes_the_place_of_its_wrapping()
    {
        byte[] content = "text"u8.ToArray();
        byte[] packet = [0xCB, (byte)(content.Length + 6 + 5), (byte)'b', 5, .. "a.doc"u8, 0, 0, 0, 0, .. content];
        Rebuilt rebuilt = Rebuilt.Do(Pgp, packet, "a.doc.pgp", new Rebuilt { Decide = Rebuilt.Replace("a.doc", "new"u8.ToArray()) });
        Assert.Equal(("new", "a.doc"), (Encoding.ASCII.GetString(rebuilt.Bytes), rebuilt.Outcome.Name));
    }
}
