using System.Globalization;
using MailSanitizer.Scanning.Sandbox;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Pipeline;

/// <summary>A second opinion that comes late, through LMTP with a real receiving server: clean, malicious, late, never, restarts in the middle, twenty mails.</summary>
public sealed class SandboxTests : IDisposable
{
    private readonly string _rules = Directory.CreateTempSubdirectory("mailsanitizer-rules-").FullName;

    public void Dispose() => Directory.Delete(_rules, recursive: true);

    [Fact]
    public async Task A_clean_verdict_lets_the_mail_go_on_as_it_came()
    {
        await using CapeServer box = await CapeServer.StartAsync();
        await using DaemonFixture daemon = await StartAsync(box);
        string mail = Mail("report.dat", "first");
        Assert.All(await daemon.SendAsync(mail), reply => Assert.StartsWith("250", reply));
        Delivery delivery = (await daemon.Hop.WaitAsync(1))[0];
        Assert.EndsWith(mail, delivery.Text, StringComparison.Ordinal);
        Assert.Equal("sample.dat", Assert.Single(box.Taken).Name);
        Assert.Contains("message.sandbox-verdict", daemon.AuditText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_malicious_verdict_keeps_it_and_names_the_engine()
    {
        await using CapeServer box = await CapeServer.StartAsync();
        box.Report = """{ "info": { "version": "2.4" }, "malscore": 9.0, "malfamily": "Emotet" }""";
        await using DaemonFixture daemon = await StartAsync(box);
        await daemon.SendAsync(Mail("report.dat", "bad"));
        StoredMessage kept = await UntilAsync(daemon, StoredState.Quarantined);
        Assert.Empty(daemon.Hop.Deliveries);
        Assert.Contains("Emotet 9.0", daemon.AuditText(), StringComparison.Ordinal);
        Assert.NotNull(kept);
    }

    [Fact]
    public async Task A_verdict_that_never_comes_ends_as_the_rule_says()
    {
        await using CapeServer box = await CapeServer.StartAsync();
        box.Holds = true;
        await using DaemonFixture daemon = await StartAsync(box, "2s");
        await daemon.SendAsync(Mail("report.dat", "never"));
        Assert.Equal(StoredState.HeldWhole, (await UntilAsync(daemon, StoredState.HeldWhole)).State);
        await UntilAsync(daemon, StoredState.Quarantined);
        Assert.Empty(daemon.Hop.Deliveries);
    }

    [Fact]
    public async Task The_same_file_in_twenty_mails_is_submitted_once_and_all_go_on()
    {
        await using CapeServer box = await CapeServer.StartAsync();
        box.Holds = true;
        await using DaemonFixture daemon = await StartAsync(box);
        for (int mail = 0; mail < 20; mail++) await daemon.SendAsync(Mail("same.dat", "the same", mail));
        Assert.Equal(20, (await daemon.StoredAsync()).Count(row => row.State == StoredState.HeldWhole));
        box.Holds = false;
        await daemon.Hop.WaitAsync(20, 60);
        Assert.Single(box.Taken);
        // And the twenty-first finds the verdict at once.
        await daemon.SendAsync(Mail("same.dat", "the same", 21));
        await daemon.Hop.WaitAsync(21);
        Assert.Single(box.Taken);
    }

    [Fact]
    public async Task The_daemon_and_the_engine_are_restarted_in_the_middle()
    {
        await using CapeServer box = await CapeServer.StartAsync();
        box.Holds = true;
        await using DaemonFixture daemon = await StartAsync(box);
        await daemon.SendAsync(Mail("report.dat", "restart"));
        while (box.Taken.IsEmpty) await Task.Delay(20);
        await daemon.DownAsync();
        await daemon.UpAsync();
        // The engine has forgotten everything: the file is handed over anew.
        box.Forgets = true;
        for (int tries = 0; box.Taken.Count < 2 && tries < 600; tries++) await Task.Delay(50);
        (box.Forgets, box.Holds) = (false, false);
        await daemon.Hop.WaitAsync(1, 60);
        Assert.Single(daemon.Hop.Deliveries);
    }

    [Fact]
    public async Task An_engine_that_is_down_holds_the_mail_and_is_told_to_the_log_of_events()
    {
        await using CapeServer box = await CapeServer.StartAsync();
        box.Status = 503;
        await using DaemonFixture daemon = await StartAsync(box);
        await daemon.SendAsync(Mail("report.dat", "down"));
        await UntilAsync(daemon, StoredState.HeldWhole);
        box.Status = 200;
        await daemon.Hop.WaitAsync(1, 60);
    }

    [Fact]
    public async Task What_a_password_opened_never_leaves_the_host_unless_a_rule_says_so()
    {
        await using CapeServer box = await CapeServer.StartAsync();
        await using DaemonFixture daemon = await StartAsync(box, "2s", "part.format: zip");
        await daemon.SendAsync(LockedMail());
        await UntilAsync(daemon, StoredState.Quarantined);
        Assert.Empty(box.Taken);
    }

    private async Task<DaemonFixture> StartAsync(CapeServer box, string time = "10m", string when = "part.extension: dat")
    {
        File.WriteAllText(Path.Combine(_rules, "attachment-sandbox.yaml"), $$"""
            version: 1
            id: attachment-sandbox
            title: A second opinion on attachments
            why: What no signature knows may still act.
            status: stable
            severity: medium
            when:
              {{when}}
            then:
              hold: { for: sandbox, whole-for: {{time}}, keep-for: 0s }
            on-error: quarantine
            """);
        return await DaemonFixture.StartAsync(change: (_, settings) => settings with
        {
            RulesShipped = false,
            RulesSite = _rules,
            Sandbox = new SandboxOptions { Engines = [new SandboxEngineOptions { Name = "cape", Url = box.Url }], AskEvery = TimeSpan.FromMilliseconds(50) },
        });
    }

    private static async Task<StoredMessage> UntilAsync(DaemonFixture daemon, StoredState state)
    {
        for (int tries = 0; tries < 600; tries++)
        {
            if ((await daemon.StoredAsync()).FirstOrDefault(row => row.State == state) is { } found) return found;
            await Task.Delay(50);
        }

        throw new TimeoutException($"no message became {state}: {string.Join(", ", (await daemon.StoredAsync()).Select(row => row.State))}");
    }

    private static string Mail(string name, string content, int number = 0) => string.Create(CultureInfo.InvariantCulture,
        $"From: a@example.com\r\nSubject: {number}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nbody\r\n--b\r\nContent-Type: text/plain; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n--b--\r\n");

    private static string LockedMail()
    {
        using MemoryStream zip = new();
        using (ICSharpCode.SharpZipLib.Zip.ZipOutputStream output = new(zip) { Password = "Kx7-pQ2m", IsStreamOwner = false })
        {
            output.PutNextEntry(new ICSharpCode.SharpZipLib.Zip.ZipEntry("a.txt") { AESKeySize = 256 });
            output.Write("secret text"u8);
        }

        return $"From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nPassword: Kx7-pQ2m\r\n--b\r\nContent-Type: application/zip; name=\"a.zip\"\r\nContent-Disposition: attachment; filename=\"a.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(zip.ToArray())}\r\n--b--\r\n";
    }
}
