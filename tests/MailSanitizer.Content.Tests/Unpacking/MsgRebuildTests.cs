using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;
using MailSanitizer.Content.Tests.Disarming;
using MailSanitizer.Content.Tests.Disarming.Ole;
using MailSanitizer.Content.Tests.Disarming.Ooxml;

namespace MailSanitizer.Content.Tests.Unpacking;

/// <summary>Outlook messages are written anew as Outlook messages: each item is in by the file's bytes, and out by them; what a property list says of sizes is true afterwards.</summary>
public sealed class MsgRebuildTests
{
    private static readonly byte[] Common = new Guid("00062008-0000-0000-C000-000000000046").ToByteArray();

    [Theory]
    [InlineData("1013", "0102")]
    [InlineData("1013", "001F")]
    public void The_HTML_body_is_disarmed_in_its_place(string id, string type)
    {
        const string Html = "<html><body><p>Kept 本文</p><script>attack()</script></body></html>";
        byte[] body = type == "001F" ? Encoding.Unicode.GetBytes(Html) : Encoding.UTF8.GetBytes(Html);
        Disarmed run = Run(Message([(id, type, body)]), "attack()", "html-script", keeps: "Kept ");
        Assert.Equal("msg", run.After.Parts[0].Format);
    }

    [Fact]
    public void The_RTF_body_is_disarmed_in_its_place()
    {
        byte[] rtf = [.. "{\\rtf1 Kept{\\object\\objemb\\objupdate{\\*\\objdata 0105ATTACK}}}"u8];
        byte[] body = [.. BitConverter.GetBytes(rtf.Length + 12), .. BitConverter.GetBytes(rtf.Length), .. "MELA"u8, 0, 0, 0, 0, .. rtf];
        Run(Message([("1009", "0102", body)]), "ATTACK", null, keeps: "Kept");
    }

    [Fact]
    public void A_reminder_loses_its_sound() =>
        Run(Message([("8000", "001F", Encoding.Unicode.GetBytes(@"\\192.0.2.1\share\a.wav"))], named: (0x851F, 0)), @"\\192.0.2.1", "reminder-file");

    [Fact]
    public void An_attachment_by_reference_goes()
    {
        Disarmed run = Run(Message([], Attachment(2, [("3707", "001F", "link.doc"u8.ToArray()), ("370D", "001F", Encoding.Unicode.GetBytes(@"\\192.0.2.1\x.doc"))])), @"\\192.0.2.1", "attach-by-reference");
        Assert.Equal(0, Count(run.Bytes));
    }

    [Fact]
    public void A_custom_form_becomes_an_ordinary_message() =>
        Run(Message([("001A", "001F", Encoding.Unicode.GetBytes("IPM.Note.Attack"))]), "IPM.Note.Attack", "custom-form");

    [Theory]
    [InlineData(0x8541)]
    [InlineData(0x850F)]
    [InlineData(0x8513)]
    [InlineData(0x851B)]
    public void A_form_in_the_message_and_its_script_go(int name) =>
        Run(Message([("8000", "0102", "Function Item_Open() ATTACK"u8.ToArray())], named: (name, 0)), "ATTACK", "custom-form");

    [Fact]
    public void An_attachment_is_disarmed_in_its_place_and_renamed()
    {
        DisarmSample attack = OoxmlAttacks.All.First(one => one.Sample.Name == "a.docm").Sample;
        byte[] message = Message([], Attachment(1, [("3707", "001F", Encoding.Unicode.GetBytes("報告.docm")), ("3703", "001F", Encoding.Unicode.GetBytes(".docm")), ("3701", "0102", attack.Bytes)]));
        Disarmed run = Disarmed.Run(new DisarmSample("mail.msg", message));
        Assert.Contains("vba-project", run.Before.Kinds);
        Assert.Null(run.Report.Failure);
        Assert.Empty(run.Left);
        Assert.Contains(run.After.Parts, part => part.Name == "報告.docx" && part.Format == "docx");
        AssertSizes(run.Bytes);
    }

    [Fact]
    public void A_program_is_replaced_by_a_notice()
    {
        byte[] message = Message([], Attachment(1, [("3707", "001F", Encoding.Unicode.GetBytes("a.exe")), ("370E", "001F", Encoding.Unicode.GetBytes("application/x-msdownload")), ("3701", "0102", [.. "MZ"u8, .. new byte[200], .. "ATTACK-CODE"u8])]));
        Disarmed run = Disarmed.Run(new DisarmSample("mail.msg", message));
        Assert.True(OleFiles.HasText(message, "ATTACK-CODE") && !OleFiles.HasText(run.Bytes, "ATTACK-CODE"));
        Assert.DoesNotContain(run.After.Parts, part => part.Name.EndsWith(".exe", StringComparison.Ordinal));
        Assert.Equal(1, Count(run.Bytes));
        AssertSizes(run.Bytes);
    }

    [Fact]
    public void An_embedded_message_is_disarmed_in_its_place()
    {
        CfbNode inner = CfbNode.Storage("__substg1.0_3701000D");
        inner.Children.AddRange(Values(24, [("1013", "0102", "<p>Kept</p><script>attack()</script>"u8.ToArray())]));
        CfbNode attachment = Attachment(5, [("3001", "001F", Encoding.Unicode.GetBytes("inner"))]);
        attachment.Children.Add(inner);
        Disarmed run = Run(Message([], attachment), "attack()", "html-script", keeps: "Kept");
        Assert.Contains(run.After.Parts, part => part.Format == "msg" && part.Depth == 1);
    }

    [Fact]
    public void Real_messages_come_out_whole()
    {
        string folder = Suites.Folder("office/poi/hsmf");
        foreach (string file in Directory.GetFiles(folder).Where(file => !file.Contains("clusterfuzz", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            DisarmSample sample = new(Path.GetFileName(file), File.ReadAllBytes(file));
            Disarmed run = Disarmed.Run(sample);
            Assert.True(run.Report.Failure is null && !run.Before.Kinds.Contains("parse-error"), $"{sample}: {run.Report.Failure}");
            if (run.Report.Changes.Any(change => change.Done == "disarm-failed" && change.Path.Length == 0)) continue;
            Assert.True(!run.Left.Any(), $"{sample}: {string.Join(", ", Disarmed.Active(run.After))}");
            if (run.IsUnchanged) continue;
            Assert.Equal(run.Before.Parts.Count(part => part.Depth == 1), run.After.Parts.Count(part => part.Depth == 1));
            Assert.Equal("msg", run.After.Parts[0].Format);
        }
    }

    private static Disarmed Run(byte[] message, string mark, string? kind, string keeps = "")
    {
        Assert.True(OleFiles.HasText(message, mark), "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("mail.msg", message));
        if (kind is not null) Assert.Contains(kind, run.Before.Kinds);
        Assert.Null(run.Report.Failure);
        Assert.False(OleFiles.HasText(run.Bytes, mark));
        Assert.True(OleFiles.HasText(run.Bytes, keeps));
        Assert.Empty(run.Left);
        Assert.Null(run.Report.FileName);
        AssertSizes(run.Bytes);
        return run;
    }

    private static byte[] Message((string Id, string Type, byte[] Value)[] values, params CfbNode[] attachments) => Message(values, (0, -1), attachments);

    private static byte[] Message((string Id, string Type, byte[] Value)[] values, (int Name, int Index) named, params CfbNode[] attachments)
    {
        CfbNode root = CfbNode.Storage("");
        root.Children.AddRange(Values(32, values, attachments.Length));
        CfbNode names = CfbNode.Storage("__nameid_version1.0");
        names.Children.Add(CfbNode.Stream("__substg1.0_00020102", new MemoryPartBytes(Common)));
        if (named.Index >= 0) names.Children.Add(CfbNode.Stream("__substg1.0_00030102", new MemoryPartBytes((byte[])[.. BitConverter.GetBytes(named.Name), 6, 0, (byte)named.Index, 0])));
        root.Children.Add(names);
        root.Children.AddRange(attachments);
        using MemoryStream to = new();
        Assert.Null(CfbWriter.Write(root, new StreamPartOutput(to)));
        return to.ToArray();
    }

    private static IEnumerable<CfbNode> Values(int header, (string Id, string Type, byte[] Value)[] values, int attachments = 0)
    {
        byte[] head = new byte[header];
        if (header >= 24) head[20] = (byte)attachments;
        byte[] list = [.. head, .. values.SelectMany(one => (byte[])[.. BitConverter.GetBytes(Convert.ToUInt16(one.Type, 16)), .. BitConverter.GetBytes(Convert.ToUInt16(one.Id, 16)), 6, 0, 0, 0, .. BitConverter.GetBytes(one.Value.Length + (one.Type == "001F" ? 2 : 0)), 0, 0, 0, 0])];
        return [CfbNode.Stream("__properties_version1.0", new MemoryPartBytes(list)), .. values.Select(one => CfbNode.Stream($"__substg1.0_{one.Id}{one.Type}", new MemoryPartBytes(one.Value)))];
    }

    private static CfbNode Attachment(byte method, (string Id, string Type, byte[] Value)[] values)
    {
        CfbNode storage = CfbNode.Storage("__attach_version1.0_#00000000");
        storage.Children.AddRange(Values(8, values));
        byte[] list = storage.Children[0].Content!.ToArray(10_000)!;
        storage.Children[0] = CfbNode.Stream("__properties_version1.0", new MemoryPartBytes((byte[])[.. list, 3, 0, 0x05, 0x37, 6, 0, 0, 0, method, 0, 0, 0, 0, 0, 0, 0]));
        return storage;
    }

    private static int Count(byte[] message)
    {
        using MemoryPartBytes bytes = new(message);
        CfbFile file = CfbFile.Open(bytes, Limits.Default, out _)!;
        return file.Content(file.Root.Find("__properties_version1.0")!).ToArray(10_000)![20];
    }

    // Each value that is listed is there, as long as the list says; none is there that is not listed.
    private static void AssertSizes(byte[] message)
    {
        using MemoryPartBytes bytes = new(message);
        CfbFile file = CfbFile.Open(bytes, Limits.Default, out _)!;
        foreach (CfbEntry list in file.Entries.Where(entry => entry.Name == "__properties_version1.0"))
        {
            CfbEntry storage = list.Parent!;
            byte[] all = file.Content(list).ToArray(100_000)!;
            HashSet<string> listed = [];
            for (int at = storage.Kind == CfbKind.Root ? 32 : storage.Name.StartsWith("__attach", StringComparison.Ordinal) ? 8 : 24; at + 16 <= all.Length; at += 16)
            {
                ushort type = BitConverter.ToUInt16(all, at);
                string name = $"__substg1.0_{BitConverter.ToUInt16(all, at + 2):X4}{type:X4}";
                listed.Add(name);
                if (type is not (0x1F or 0x1E or 0x102)) continue;
                CfbEntry value = storage.Find(name) ?? throw new InvalidOperationException(name + " is listed and not there");
                Assert.Equal(BitConverter.ToInt32(all, at + 8), value.Size + (type switch { 0x1F => 2, 0x1E => 1, _ => 0 }));
            }

            Assert.All(storage.Children.Where(child => child.Name.StartsWith("__substg1.0_", StringComparison.Ordinal) && child.Kind == CfbKind.Stream), child => Assert.Contains(child.Name, listed));
        }
    }
}
