using System.Text.Json.Nodes;
using MailSanitizer.Configuration;
using MailSanitizer.Control;
using MailSanitizer.Mail;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Authentication;
using MailSanitizer.Tests.Pipeline;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Holding;

/// <summary>Mail that waited goes out under seals and signatures that an independent verifier accepts.</summary>
public sealed class SealedHoldTests : IDisposable
{
    private const string Password = "Kx7-pQ2m";
    private static readonly TestKey Seal = TestKey.Rsa("example.jp", "arc");
    private static readonly TestKey Own = TestKey.Rsa("example.jp", "ms");
    private static readonly TestKey Newer = TestKey.Ed25519("example.jp", "ed");
    private readonly string _folder = Directory.CreateTempSubdirectory("ms-seal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Held_whole_and_released_by_its_password_or_by_a_person_the_set_verifies()
    {
        if (!Oracle.Exists) Assert.Skip("python3-dkim is not installed");
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(Sealed);
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)));
        await daemon.SendAsync(LockedMail.Second(Password));
        IReadOnlyList<Delivery> opened = await daemon.Hop.WaitAsync(2);

        await daemon.SendAsync(LockedMail.First(LockedMail.Archive("another-1"), id: "third"));
        StoredMessage held = await HoldingDaemon.UntilAsync(daemon, row => row.State == StoredState.HeldWhole);
        VerbReply reply = await ControlClient.TryAskAsync(daemon.Settings.State, new ControlRequest("hold.release", "operator", new JsonObject { ["id"] = held.Id.ToString("D"), ["reason"] = "known partner" }), null, CancellationToken.None) ?? throw new IOException("no daemon");
        Assert.True(reply.Ok);
        IReadOnlyList<Delivery> all = await daemon.Hop.WaitAsync(3);
        Assert.Equal(["pass", "pass", "pass"], Oracle.Run(all.Select(delivery => Oracle.Arc(delivery.Content, Seal))).Select(answer => (string)answer!));
        Assert.Equal(2, opened.Count);
    }

    [Fact]
    public async Task The_message_with_a_notice_is_sealed_and_the_follow_up_is_signed_by_us()
    {
        if (!Oracle.Exists) Assert.Skip("python3-dkim is not installed");
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(settings => Sealed(settings) with { HoldWholeFor = TimeSpan.FromMilliseconds(300), HoldKeepFor = TimeSpan.FromDays(3) });
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)));
        await HoldingDaemon.UntilAsync(daemon, row => row.State == StoredState.HeldPart);
        Delivery went = (await daemon.Hop.WaitAsync(2)).Single(delivery => delivery.Text.Contains("Message-ID: <first@", StringComparison.OrdinalIgnoreCase));
        await daemon.SendAsync(LockedMail.Second(Password));
        Delivery follow = (await daemon.Hop.WaitAsync(4)).Single(delivery => delivery.Text.Contains(".follow-up@", StringComparison.Ordinal));

        Assert.Equal("pass", (string)Oracle.Run([Oracle.Arc(went.Content, Seal)])[0]!);
        // Ours from the first byte: aligned with its own From, nothing to seal.
        Assert.Equal("example.jp", LockedMail.Parse(follow.Text).From.Mailboxes.Single().Domain);
        Assert.Equal([true, true], Oracle.Run([Oracle.Verify(follow.Content, 2, Own, Newer)])[0]!.AsArray().Select(verified => (bool)verified!));
    }

    private Settings Sealed(Settings settings) => settings with
    {
        Seal = new SigningSetting(Seal.Domain, Seal.Selector, Write("arc.key", Seal.Pem)),
        NoticesDkim = [new SigningSetting(Own.Domain, Own.Selector, Write("ms.key", Own.Pem)), new SigningSetting(Newer.Domain, Newer.Selector, Write("ed.key", Newer.Pem))],
    };

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
