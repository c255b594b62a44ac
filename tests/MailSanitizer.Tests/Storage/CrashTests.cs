using System.Diagnostics;
using MailSanitizer.Audit;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Tests.Storage;

/// <summary>
/// A process that takes, stores, releases, deletes and delivers is killed at random moments and started again (4 times; 200 with MAILSANITIZER_FULL=1). Afterwards every message
/// that it answered for was delivered, is stored or was deleted on purpose, the chain is whole, the index agrees with the folders.
/// </summary>
public sealed class CrashTests
{
    [Fact]
    public async Task Killed_at_random_nothing_is_lost_and_everything_agrees()
    {
        int kills = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1" ? 200 : 4;
        using TemporaryFolder folder = new();
        string state = folder["state"];
        Dictionary<string, string> taken = [];
        HashSet<string> deleting = [];
        Random random = new(20261124);
        for (int round = 0; round < kills; round++) await RunAndKillAsync(state, random.Next(5, 2000), taken, deleting);
        Assert.True(taken.Count > kills, $"{taken.Count} taken");

        await RunToEndAsync(state, "deliver");
        ILookup<string, string> delivered = Directory.EnumerateFiles(Path.Combine(state, "delivered")).ToLookup(path => Guid.ParseExact(Path.GetFileName(path)[..32], "N").ToString("D"), path => File.ReadAllText(path));
        await using EmbeddedStorage storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = state }, TimeProvider.System, CancellationToken.None);
        Assert.Empty(storage.LastRecovery.Damaged);
        Assert.Empty(await storage.Outbox.ListAsync(CancellationToken.None));
        int doubled = 0;
        foreach ((string id, string sha256) in taken)
        {
            StoredMessage? row = await storage.Messages.FindAsync(Guid.Parse(id), CancellationToken.None);
            List<string> copies = [.. delivered[id]];
            Assert.All(copies, copy => Assert.Equal(sha256, copy));
            doubled += Math.Max(0, copies.Count - 1);
            switch (row?.State)
            {
                case null or StoredState.Released:
                    Assert.NotEmpty(copies);
                    break;
                case StoredState.Quarantined:
                    using (IMailBytes? original = await storage.Messages.OriginalAsync(Guid.Parse(id), CancellationToken.None)) Assert.Equal(sha256, new BytesOf(BytesOf.ReadAll(original!)).Sha256);
                    Assert.Empty(copies);
                    break;
                default:
                    Assert.Equal(StoredState.Deleted, row.State);
                    Assert.Contains(id, deleting);
                    break;
            }

            Assert.Single(await storage.Handovers.DoneAsync($"I{Guid.Parse(id):N}", sha256, CancellationToken.None));
        }

        // Doubled only between the next hop's 250 and our record of it: four deliveries can be there when one kill comes.
        Assert.InRange(doubled, 0, kills * 4);
        AuditVerification chain = AuditVerifier.Verify(Path.Combine(state, "audit"), await File.ReadAllTextAsync(Path.Combine(state, "keys", "audit-ed25519.key.pub")));
        Assert.True(chain.IsWhole, chain.Problem?.ToString());
        Assert.True(chain.Records > taken.Count);

        List<(Guid, StoredState, bool)> before = [.. (await storage.Messages.ListAsync(new StoreQuery { Take = 1_000_000 }, CancellationToken.None)).Select(row => (row.Id, row.State, row.DecidedOn))];
        RecoveryReport report = await storage.ReindexAsync(CancellationToken.None);
        Assert.Empty(report.Damaged);
        Assert.Equal(before, (await storage.Messages.ListAsync(new StoreQuery { Take = 1_000_000 }, CancellationToken.None)).Select(row => (row.Id, row.State, row.DecidedOn)));
    }

    private static Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "MailSanitizer.Victim.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task RunAndKillAsync(string state, int milliseconds, Dictionary<string, string> taken, HashSet<string> deleting)
    {
        using Process victim = Start(state);
        Assert.Equal("ready", await victim.StandardOutput.ReadLineAsync());
        Task killer = Task.Delay(milliseconds).ContinueWith(_ => victim.Kill(), TaskScheduler.Default);
        // A line that was cut off by the kill was not an answer.
        string said = await victim.StandardOutput.ReadToEndAsync();
        await killer;
        await victim.WaitForExitAsync();
        foreach (string line in said[..(said.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            if (words[0] == "taken") taken.Add(words[1], words[2]);
            else deleting.Add(words[1]);
        }
    }

    private static async Task RunToEndAsync(string state, string verb)
    {
        using Process process = Start(state, verb);
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
