using MailSanitizer.Isolation;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Isolation;

/// <summary>Who gets a worker, and when.</summary>
public sealed class LaneTests
{
    [Fact]
    public async Task Networks_take_turns_and_mail_of_one_keeps_its_order()
    {
        WorkerLanes lanes = new(1);
        WorkerLanes.Turn first = await lanes.EnterAsync("a", false, default);
        List<string> order = [];
        List<Task> waiting = [];
        foreach (string name in new[] { "a1", "a2", "a3", "b1", "c1", "b2" })
        {
            waiting.Add(Enter(name));
            async Task Enter(string who)
            {
                using WorkerLanes.Turn turn = await lanes.EnterAsync(who[..1], false, default);
                lock (order) order.Add(who);
            }
        }

        Assert.Equal(6, lanes.Waiting);
        first.Dispose();
        await Task.WhenAll(waiting);
        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3"], order);
    }

    [Fact]
    public async Task Slow_jobs_get_half_and_quick_ones_pass_them()
    {
        WorkerLanes lanes = new(4);
        Assert.Equal(2, lanes.SlowAtMost);
        WorkerLanes.Turn[] slow = [await lanes.EnterAsync("a", true, default), await lanes.EnterAsync("a", true, default)];
        Task<WorkerLanes.Turn> third = lanes.EnterAsync("b", true, default);
        WorkerLanes.Turn quick = await lanes.EnterAsync("a", false, default);
        Assert.False(third.IsCompleted);
        Assert.False(quick.TryBecomeSlow());
        slow[0].Dispose();
        using WorkerLanes.Turn admitted = await third;
        Assert.True(admitted.IsSlow);
        Assert.False(quick.TryBecomeSlow());
        slow[1].Dispose();
        Assert.True(quick.TryBecomeSlow());
        quick.Dispose();
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_nobodys_place()
    {
        WorkerLanes lanes = new(1);
        WorkerLanes.Turn first = await lanes.EnterAsync("a", false, default);
        using CancellationTokenSource gone = new();
        Task<WorkerLanes.Turn> left = lanes.EnterAsync("b", false, gone.Token);
        Task<WorkerLanes.Turn> stays = lanes.EnterAsync("c", false, default);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal(1, lanes.Waiting);
        first.Dispose();
        (await stays).Dispose();
        Assert.Equal(0, lanes.Waiting);
    }

    [Fact]
    public async Task A_flood_of_slow_mail_leaves_a_worker_for_everybody_else()
    {
        await using Pool pool = new(options => options with { SlowAfter = TimeSpan.FromMilliseconds(200) });
        await pool.Workers.WarmAsync(default);
        // Two of them are displaced, which ends their workers: the flood must last longer than two starts take.
        Task<WalkOutcome>[] slow = [.. Enumerable.Range(0, 3).Select(number =>
            pool.WalkAsync(Pool.Fault("spin 2000", number.ToString(System.Globalization.CultureInfo.InvariantCulture)), Pool.Order with { ClientNetwork = "192.0.2.0/24" }))];
        int passed = 0;
        while (!slow.All(task => task.IsCompleted))
        {
            using WalkOutcome quick = await pool.WalkAsync(Pool.Plain, Pool.Order with { ClientNetwork = "198.51.100.0/24" });
            Assert.NotNull(quick.Result);
            passed++;
            await Task.Delay(20);
        }

        Assert.True(passed > 2, $"{passed} passed");
        foreach (WalkOutcome outcome in await Task.WhenAll(slow))
        {
            Assert.NotNull(outcome.Result);
            outcome.Dispose();
        }

        Assert.Equal(0, pool.Workers.State.Deaths);
    }
}
