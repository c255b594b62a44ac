using System.Text;
using MailSanitizer.Tests.Authentication;
using MailSanitizer.Tests.Holding;
using MailSanitizer.Tests.Pipeline;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Postfix;

/// <summary>What was true on arrival is still told, and believed, behind a change and another hop.</summary>
public sealed class SealedMailTests
{
    private static readonly TestKey Sender = TestKey.Rsa("sender.test");
    private static readonly TestKey Seal = TestKey.Rsa("rcpt.test", "arc");

    [Fact]
    public async Task A_signed_mail_with_a_macro_arrives_disarmed_with_its_results_under_a_seal_that_verifies()
    {
        Assert.SkipUnless(PostfixServer.CanRun, "needs root and postfix");
        if (!Oracle.Exists) Assert.Skip("python3-dkim is not installed");
        if (!NameServer.Exists) Assert.Skip("nsd is not installed");
        ZoneData zone = new();
        foreach (TestKey key in new[] { Sender, Seal }) zone.AddText(key.RecordName, key.Record);
        zone.AddText("sender.test", "v=spf1 ip4:127.0.0.1 -all");
        zone.AddText("_dmarc.sender.test", "v=DMARC1; p=reject");
        using NameServer dns = await NameServer.StartAsync(zone.Zone);
        string folder = Directory.CreateTempSubdirectory("ms-seal-").FullName;
        try
        {
            string keyFile = Path.Combine(folder, "arc.key");
            File.WriteAllText(keyFile, Seal.Pem);
            await using ReceivingServer sink = ReceivingServer.Start();
            (int filter, int back) = (FreePort.Take(), FreePort.Take());
            using PostfixServer postfix = PostfixServer.Start(beforeQueue: false, filter, sink.Port, back);
            using DaemonServer daemon = await DaemonServer.StartAsync($"smtp://127.0.0.1:{back}", ClamdServer.Shared, port: filter, dns: dns.Address,
                settings: $"seal: {{ domain: {Seal.Domain}, selector: {Seal.Selector}, key: {keyFile} }}");

            byte[] mail = Encoding.ASCII.GetBytes(
                "From: Alice <alice@sender.test>\r\nTo: bob@rcpt.test\r\nSubject: contract\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <c@sender.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
                "--b\r\nContent-Type: text/plain\r\n\r\nAs agreed.\r\n--b\r\nContent-Type: application/vnd.ms-word.document.macroEnabled.12; name=contract.docm\r\nContent-Disposition: attachment; filename=contract.docm\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                Convert.ToBase64String(MacroDocument.Bytes(), Base64FormattingOptions.InsertLineBreaks) + "\r\n--b--\r\n");
            string signature = Encoding.ASCII.GetString(Convert.FromBase64String((string)Oracle.Run([Oracle.Sign(mail, Sender, "relaxed/relaxed")])[0]!));
            byte[] signed = Encoding.ASCII.GetBytes(signature + Encoding.ASCII.GetString(mail));
            Assert.True((bool)Oracle.Run([Oracle.Verify(signed, 1, Sender)])[0]![0]!);
            // The first contact with a macro is kept: they have written before.
            await postfix.SendAsync("From: alice@sender.test\r\nTo: bob@rcpt.test\r\nSubject: hello\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\nMessage-ID: <h@sender.test>\r\n\r\nHello.\r\n");
            await sink.WaitAsync(1, 60);
            await postfix.SendAsync(Encoding.ASCII.GetString(signed));
            Delivery arrived = (await sink.WaitAsync(2, 60))[1];

            (string name, byte[] document) = Assert.Single(LockedMail.Attachments(arrived.Text));
            Assert.Equal("contract.docx", name);
            string parts = MacroDocument.Text(document);
            Assert.Contains(MacroDocument.Sentence, parts, StringComparison.Ordinal);
            Assert.DoesNotContain(MacroDocument.Macro, parts, StringComparison.Ordinal);
            Assert.DoesNotContain("vbaProject", parts, StringComparison.OrdinalIgnoreCase);

            // The sender's signature is broken by our change, as it must be; what it was worth is told by our header and by the set under our seal.
            string results = LockedMail.Parse(arrived.Text).Headers["Authentication-Results"]!;
            foreach (string result in new[] { "ms.test", "dkim=pass", "spf=pass", "dmarc=pass" }) Assert.Contains(result, results, StringComparison.Ordinal);
            Assert.DoesNotContain(Oracle.Run([Oracle.Verify(arrived.Content, 1, Sender)]), answer => answer is System.Text.Json.Nodes.JsonArray list && (bool)list[0]!);
            Assert.Equal("pass", (string)Oracle.Run([Oracle.Arc(arrived.Content, Seal)])[0]!);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
