using System.Net;
using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Reception;
using MailSanitizer.Tests.Servers;
using Microsoft.Extensions.Time.Testing;

namespace MailSanitizer.Tests.Reception;

/// <summary>Everything a peer can do slowly, too long or too often. Time is a fake one: nothing waits.</summary>
public sealed class ReceptionLimitsTests
{
    [Fact]
    public async Task Peers_that_are_not_trusted_are_refused()
    {
        using ReceptionDoor door = new() { Peer = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 25) };
        await using WireClient client = door.Connect();
        await client.ExpectAsync(554);
        Assert.Equal("", await client.ToEndAsync());
    }

    [Fact]
    public async Task Mapped_addresses_of_trusted_peers_and_Unix_sockets_are_served()
    {
        using ReceptionDoor door = new() { Peer = new IPEndPoint(IPAddress.Parse("::ffff:127.0.0.1"), 25) };
        await using (WireClient client = door.Connect()) await client.ExpectAsync(220);
        door.Peer = new System.Net.Sockets.UnixDomainSocketEndPoint("/x");
        await using (WireClient client = door.Connect()) await client.ExpectAsync(220);
    }

    [Fact]
    public async Task One_connection_too_many_is_sent_away()
    {
        using ReceptionDoor door = new();
        door.Options = door.Options with { Limits = new ReceptionLimits { Connections = 1 } };
        await using WireClient first = await door.GreetedAsync();
        await using (WireClient second = door.Connect()) await second.ExpectAsync(421);
        await first.CommandAsync("QUIT", 221);
        await door.Sessions[0];
        await using WireClient third = door.Connect();
        await third.ExpectAsync(220);
    }

    [Fact]
    public async Task A_long_line_is_refused_and_read_away()
    {
        foreach (WireMode mode in new[] { WireMode.Whole, WireMode.Lines })
        {
            using ReceptionDoor door = new();
            await using WireClient client = await door.GreetedAsync(mode: mode);
            await client.CommandAsync("NOOP " + new string('x', 4089), 250);
            await client.CommandAsync("NOOP " + new string('x', 4090), 500);
            await client.CommandAsync("NOOP " + new string('x', 20_000), 500);
            await client.CommandAsync("NOOP", 250);
        }
    }

    [Fact]
    public async Task A_line_without_end_closes()
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync();
        try
        {
            for (int round = 0; round < 100; round++) await client.SendAsync(new byte[4096]);
        }
        catch (InvalidOperationException)
        {
            // The server's end is closed.
        }

        Assert.Equal("", await client.ToEndAsync());
    }

    [Fact]
    public async Task Errors_idle_commands_and_messages_are_counted()
    {
        using ReceptionDoor door = new();
        door.Options = door.Options with { Limits = new ReceptionLimits { Errors = 3, IdleCommands = 5, Messages = 2 } };
        await using (WireClient client = await door.GreetedAsync())
        {
            for (int count = 0; count < 4; count++) await client.CommandAsync("FOO", 500);
            await client.ExpectAsync(421);
        }

        await using (WireClient client = await door.GreetedAsync())
        {
            for (int count = 0; count < 4; count++) await client.CommandAsync("NOOP", 250);
            await client.CommandAsync("RSET", 250);
            await client.ExpectAsync(421);
        }

        await using (WireClient client = await door.GreetedAsync())
        {
            for (int count = 0; count < 2; count++)
            {
                await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n.\r\n");
                foreach (int code in new[] { 250, 250, 354, 250 }) await client.ExpectAsync(code);
            }

            await client.CommandAsync("MAIL FROM:<>", 421);
        }
    }

    [Fact]
    public async Task Recipients_are_limited()
    {
        using ReceptionDoor door = new();
        door.Options = door.Options with { Limits = new ReceptionLimits { Recipients = 2 } };
        await using WireClient client = await door.GreetedAsync();
        await client.CommandAsync("MAIL FROM:<>", 250);
        await client.CommandAsync("RCPT TO:<1@b.example>", 250);
        await client.CommandAsync("RCPT TO:<2@b.example>", 250);
        Assert.Equal("452 4.5.3 Too many recipients", await client.CommandAsync("RCPT TO:<3@b.example>"));
        await client.CommandAsync("DATA", 354);
        await client.SendAsync(".\r\n");
        await client.ExpectAsync(250);
        await client.ExpectAsync(250);
        Assert.Equal(2, door.Only.Envelope.Recipients.Count);
    }

    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task A_message_too_large_is_552_for_each_recipient_and_the_session_goes_on(WireMode mode)
    {
        using ReceptionDoor door = new();
        door.Options = door.Options with { Limits = new ReceptionLimits { MessageBytes = 1000 } };
        await using WireClient client = await door.GreetedAsync(mode: mode);
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nRCPT TO:<2@b.example>\r\nDATA\r\n");
        foreach (int code in new[] { 250, 250, 250, 354 }) await client.ExpectAsync(code);
        await client.SendAsync(new string('x', 999) + "\r\n.\r\n");
        foreach (int code in new[] { 552, 552 }) await client.ExpectAsync(code);
        await client.SendAsync($"MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nBDAT 1001\r\n{new string('x', 1001)}BDAT 0 LAST\r\n");
        foreach (int code in new[] { 250, 250, 552, 552 }) await client.ExpectAsync(code);
        Assert.Empty(door.Receiver.Arrivals);
        await client.SendAsync($"MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nDATA\r\n{new string('x', 998)}\r\n.\r\n");
        foreach (int code in new[] { 250, 250, 354, 250 }) await client.ExpectAsync(code);
        Assert.Equal(1000, door.Only.Content.Length);
    }

    [Fact]
    public async Task A_message_that_never_ends_is_cut_off()
    {
        using ReceptionDoor door = new();
        door.Options = door.Options with { Limits = new ReceptionLimits { MessageBytes = 1000 } };
        await using WireClient client = await door.GreetedAsync();
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nDATA\r\n");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        await client.SendAsync(new byte[3000]);
        Assert.Equal("", await client.ToEndAsync());
        Assert.Empty(door.Receiver.Arrivals);
    }

    [Theory]
    [InlineData(49, 250)]
    [InlineData(50, 554)]
    public async Task Fifty_Received_fields_are_a_loop(int count, int expected)
    {
        foreach (WireMode mode in Enum.GetValues<WireMode>())
        {
            using ReceptionDoor door = new();
            await using WireClient client = await door.GreetedAsync(mode: mode);
            await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nDATA\r\n");
            foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
            string fields = string.Concat(Enumerable.Range(0, count).Select(index => index % 2 == 0 ? "Received: from x\r\n\tby y\r\n" : "RECEIVED \t: from x\r\n"));
            await client.SendAsync($"{fields}X-Received: no\r\nReceived-SPF: no\r\n\r\n{string.Concat(Enumerable.Repeat("Received: in the body\r\n", 60))}.\r\n");
            string reply = await client.ExpectAsync(expected);
            if (expected == 554) Assert.Contains("5.4.6", reply);
        }
    }

    [Fact]
    public async Task Twice_the_announced_size_must_be_free()
    {
        using ReceptionDoor door = new() { FreeDisk = 200L * 1024 * 1024 };
        await using WireClient client = await door.GreetedAsync();
        Assert.StartsWith("452 4.3.1", await client.CommandAsync($"MAIL FROM:<> SIZE={101 * 1024 * 1024}"));
        await client.CommandAsync($"MAIL FROM:<> SIZE={100 * 1024 * 1024}", 250);
        await client.CommandAsync("RSET", 250);
        door.FreeDisk = 63L * 1024 * 1024;
        Assert.StartsWith("452 4.3.1", await client.CommandAsync("MAIL FROM:<>"));
    }

    [Fact]
    public async Task A_slow_command_times_out_however_its_bytes_drip()
    {
        FakeTimeProvider time = new();
        using ReceptionDoor door = new() { Time = time };
        await using WireClient client = await door.GreetedAsync(mode: WireMode.Bytes);
        for (int count = 0; count < 4; count++)
        {
            await client.SendAsync("N");
            time.Advance(TimeSpan.FromMinutes(1));
        }

        Task<string> reply = client.ReplyAsync();
        await AdvanceUntil(time, reply, TimeSpan.FromMinutes(1));
        Assert.StartsWith("421 4.4.2", await reply);
        Assert.Equal("", await client.ToEndAsync());
    }

    [Fact]
    public async Task A_pause_in_a_message_times_out()
    {
        FakeTimeProvider time = new();
        using ReceptionDoor door = new() { Time = time };
        await using WireClient client = await door.GreetedAsync();
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nDATA\r\nhalf a mess");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        Task<string> reply = client.ReplyAsync();
        await AdvanceUntil(time, reply, TimeSpan.FromMinutes(3));
        Assert.StartsWith("421 4.4.2", await reply);
        Assert.Empty(door.Receiver.Arrivals);
    }

    [Fact]
    public async Task A_message_that_drips_for_ever_times_out()
    {
        FakeTimeProvider time = new();
        using ReceptionDoor door = new() { Time = time };
        await using WireClient client = await door.GreetedAsync(mode: WireMode.Bytes);
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nDATA\r\n");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        Task<string> reply = client.ReplyAsync();
        int minutes = 0;
        for (; !reply.IsCompleted && minutes < 60; minutes++)
        {
            try
            {
                await client.SendAsync("x");
            }
            catch (InvalidOperationException)
            {
                break;
            }

            time.Advance(TimeSpan.FromMinutes(1));
            // The door must see this minute before the next one passes: its clock jumps, its threads do not.
            await Task.WhenAny(reply, Task.Delay(50));
        }

        Assert.StartsWith("421 4.4.2", await reply);
        Assert.InRange(minutes, 4, 20);
    }

    [Fact]
    public async Task A_receiver_beyond_its_deadline_is_451_and_is_told_to_stop()
    {
        FakeTimeProvider time = new();
        TaskCompletionSource<bool> cancelled = new();
        using ReceptionDoor door = new() { Time = time, Listener = new ListenerOptions(new MailEndpoint(MailProtocol.Smtp, "127.0.0.1", 0, null), "before-queue") };
        DateTimeOffset deadline = default;
        door.Receiver.Answer = async (message, cancellation) =>
        {
            deadline = message.Deadline;
            cancellation.Register(() => cancelled.TrySetResult(true));
            await new TaskCompletionSource().Task;
            return [];
        };
        await using WireClient client = await door.GreetedAsync("EHLO c.test");
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nDATA\r\n.\r\n");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        Task<string> reply = client.ReplyAsync();
        DateTimeOffset started = time.GetUtcNow();
        await AdvanceUntil(time, reply, TimeSpan.FromSeconds(1));
        Assert.StartsWith("451 4.3.0", await reply);
        Assert.True(await cancelled.Task);
        Assert.Equal(80, (deadline - started).TotalSeconds);
        Assert.InRange((time.GetUtcNow() - started).TotalSeconds, 80, 95);
    }

    [Fact]
    public async Task A_receiver_that_throws_or_miscounts_is_451()
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync();
        foreach (Func<IReadOnlyList<SmtpReply>> answer in new Func<IReadOnlyList<SmtpReply>>[] { () => throw new InvalidOperationException("bug"), () => [], () => [new(250, "", ""), new(250, "", "")] })
        {
            door.Receiver.Answer = (_, _) => Task.FromResult(answer());
            await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nDATA\r\n.\r\n");
            foreach (int code in new[] { 250, 250, 354, 451 }) await client.ExpectAsync(code);
        }
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_the_receiver()
    {
        using ReceptionDoor door = new();
        TaskCompletionSource<bool> cancelled = new();
        door.Receiver.Answer = async (_, cancellation) =>
        {
            cancellation.Register(() => cancelled.TrySetResult(true));
            await Task.Delay(Timeout.Infinite, cancellation);
            return [];
        };
        await using (WireClient client = await door.GreetedAsync())
        {
            await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<1@b.example>\r\nDATA\r\n.\r\n");
            foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
            while (door.Receiver.Arrivals.IsEmpty) await Task.Delay(1);
        }

        Assert.True(await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        await door.Sessions[0].WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_full_spool_is_452()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root to mount a small file system");
        string folder = Directory.CreateTempSubdirectory("ms-full-").FullName;
        using (var mount = System.Diagnostics.Process.Start("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder])!)
        {
            mount.WaitForExit();
            if (mount.ExitCode != 0) Assert.Skip("no right to mount a tmpfs");
        }

        try
        {
            using ReceptionDoor door = new();
            MessageIntake intake = new(new Spool(folder, 4096), new ReceptionLimits());
            for (int round = 0; round < 100; round++) intake.Write(Encoding.ASCII.GetBytes(new string('x', 4096)));
            Assert.Null(intake.Complete());
            Assert.Equal((452, "4.3.1"), (intake.Failure!.Code, intake.Failure.Enhanced));
        }
        finally
        {
            using var unmount = System.Diagnostics.Process.Start("umount", [folder]);
            unmount.WaitForExit();
            Directory.Delete(folder);
        }
    }

    private static async Task AdvanceUntil(FakeTimeProvider time, Task done, TimeSpan step)
    {
        for (int count = 0; count < 1000 && !done.IsCompleted; count++)
        {
            time.Advance(step);
            await Task.WhenAny(done, Task.Delay(5));
        }
    }
}
