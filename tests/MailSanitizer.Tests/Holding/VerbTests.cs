using System.Text.Json.Nodes;
using MailSanitizer.Control;
using MailSanitizer.Mail;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Pipeline;

namespace MailSanitizer.Tests.Holding;

/// <summary>What operators do with held mail, over the control socket of a running daemon.</summary>
public sealed class VerbTests
{
    private const string Password = "Kx7-pQ2m";

    private static async Task<VerbReply> AskAsync(DaemonFixture daemon, string verb, JsonObject arguments) =>
        await ControlClient.TryAskAsync(daemon.Settings.State, new ControlRequest(verb, "operator", arguments), null, CancellationToken.None) ?? throw new IOException("no daemon");

    [Fact]
    public async Task List_show_and_unlock_by_an_operator()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)), ["a@example.jp", "b@example.jp"]);
        Guid id = Assert.Single(await daemon.StoredAsync()).Id;
        VerbReply list = await AskAsync(daemon, "hold.list", []);
        Assert.Equal(id.ToString("D"), (string?)list.Result["messages"]![0]!["id"]);
        VerbReply shown = await AskAsync(daemon, "hold.show", new JsonObject { ["id"] = id.ToString("D") });
        Assert.Equal("資料.zip", (string?)shown.Result["parts"]![0]!["name"]);
        Assert.Equal("password", (string?)shown.Result["for"]);

        VerbReply wrong = await AskAsync(daemon, "hold.unlock", new JsonObject { ["id"] = id.ToString("D"), ["reason"] = "asked by phone", ["password"] = "wrong" });
        Assert.Equal((false, 2), (wrong.Ok, wrong.ExitCode));
        VerbReply right = await AskAsync(daemon, "hold.unlock", new JsonObject { ["id"] = id.ToString("D"), ["reason"] = "asked by phone", ["password"] = Password });
        Assert.Equal((true, "unlocked"), (right.Ok, (string?)right.Result["outcome"]));
        Assert.Equal(["a@example.jp", "b@example.jp"], (await daemon.Hop.WaitAsync(1))[0].Recipients);
        Assert.Equal(1, (await AskAsync(daemon, "hold.show", new JsonObject { ["id"] = id.ToString("D") })).ExitCode);
        Assert.Contains("\"hold.unlocked\"", daemon.AuditText(), StringComparison.Ordinal);
        Assert.Contains("asked by phone", daemon.AuditText(), StringComparison.Ordinal);
        Assert.DoesNotContain(Password, daemon.AuditText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_sends_the_locked_original_on_once()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        string first = LockedMail.First(LockedMail.Archive(Password));
        await daemon.SendAsync(first);
        Guid id = Assert.Single(await daemon.StoredAsync()).Id;
        JsonObject order = new() { ["id"] = id.ToString("D"), ["reason"] = "known partner" };
        Assert.True((await AskAsync(daemon, "hold.release", (JsonObject)order.DeepClone())).Ok);
        Assert.EndsWith(first, (await daemon.Hop.WaitAsync(1))[0].Text, StringComparison.Ordinal);
        Assert.Equal(1, (await AskAsync(daemon, "hold.release", order)).ExitCode);
        Assert.Equal(StoredState.Released, Assert.Single(await daemon.StoredAsync()).State);
        Assert.Contains("\"hold.released\"", daemon.AuditText(), StringComparison.Ordinal);
    }
}
