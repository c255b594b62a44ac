using System.Diagnostics;
using MailSanitizer.Tests.Pipeline;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Faults;

/// <summary>A disk that is really full: the state folder on a small file system of its own.</summary>
public sealed class DiskFullTests : IDisposable
{
    private readonly string _disk = Directory.CreateTempSubdirectory("mailsanitizer-disk-").FullName;
    private bool _mounted;

    public void Dispose()
    {
        if (_mounted) Run("umount", "-l", _disk);
        Directory.Delete(_disk, recursive: true);
    }

    [Fact]
    public async Task A_full_disk_is_4xx_for_everything_and_no_mail_is_lost()
    {
        _mounted = Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", "size=160m,mode=700", "tmpfs", _disk) == 0;
        Assert.SkipUnless(_mounted, "needs root and the right to mount a tmpfs");
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(change: (_, settings) => settings with { State = Path.Combine(_disk, "state") });
        string infected = $"From: a@example.com\r\n\r\n{ClamdServer.Marker}\r\n";
        string good = "From: a@example.com\r\nSubject: x\r\n\r\nbody\r\n";
        Assert.All(await daemon.SendAsync(infected), reply => Assert.StartsWith("250", reply));
        Assert.Single(await daemon.StoredAsync());

        // Nearly full: refused before the content is taken, since keeping it could not be promised.
        string filler = Path.Combine(_disk, "filler");
        Fill(filler, leave: 1024 * 1024);
        Assert.StartsWith("452 4.3.1", await RefusalAsync(daemon.LmtpPort));

        // Full to the last byte: the same, and the daemon lives.
        Fill(filler, leave: 0);
        Assert.StartsWith("452 4.3.1", await RefusalAsync(daemon.LmtpPort));
        Assert.Empty(daemon.Hop.Deliveries);

        File.Delete(filler);
        Assert.All(await daemon.SendAsync(good), reply => Assert.StartsWith("250", reply));
        Assert.All(await daemon.SendAsync(infected), reply => Assert.StartsWith("250", reply));
        Assert.Single(daemon.Hop.Deliveries);
        Assert.Equal(2, (await daemon.StoredAsync()).Count);
    }

    [Fact]
    public async Task A_disk_that_fills_while_the_content_comes_is_451()
    {
        _mounted = Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", "size=160m,mode=700", "tmpfs", _disk) == 0;
        Assert.SkipUnless(_mounted, "needs root and the right to mount a tmpfs");
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(withClamd: false, change: (_, settings) => settings with { State = Path.Combine(_disk, "state") });
        string large = "From: a@example.com\r\nSubject: x\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 20_000));
        await using WireClient client = await WireClient.ConnectAsync(daemon.LmtpPort);
        await client.ExpectAsync(220);
        foreach (string command in (string[])["LHLO test", "MAIL FROM:<s@example.com>", "RCPT TO:<a@example.jp>"]) await client.CommandAsync(command, 250);
        await client.CommandAsync("DATA", 354);
        string filler = Path.Combine(_disk, "filler");
        Fill(filler, leave: 0);
        await client.SendAsync(large + ".\r\n");
        Assert.StartsWith("4", await client.ReplyAsync());
        Assert.Empty(daemon.Hop.Deliveries);
        File.Delete(filler);
        Assert.All(await daemon.SendAsync(large), reply => Assert.StartsWith("250", reply));
        Assert.Single(daemon.Hop.Deliveries);
    }

    private static async Task<string> RefusalAsync(int port)
    {
        await using WireClient client = await WireClient.ConnectAsync(port);
        await client.ExpectAsync(220);
        await client.CommandAsync("LHLO test", 250);
        return await client.CommandAsync("MAIL FROM:<s@example.com> SIZE=2000");
    }

    private void Fill(string path, long leave)
    {
        using FileStream file = new(path, FileMode.Append);
        byte[] block = new byte[64 * 1024];
        try
        {
            while (new DriveInfo(_disk).AvailableFreeSpace > leave)
            {
                file.Write(block, 0, (int)Math.Clamp(new DriveInfo(_disk).AvailableFreeSpace - leave, 1, block.Length));
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full is what was asked for.
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
