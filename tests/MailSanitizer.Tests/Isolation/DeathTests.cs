using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Isolation;

/// <summary>What a worker's end means: the content's doing only when a fresh worker was proven well before it.</summary>
public sealed class DeathTests
{
    [Fact]
    public async Task Other_messages_flow_while_workers_die_hang_and_spin()
    {
        await using Pool pool = new(options => options with { Memory = 256L * 1024 * 1024, Heap = 96L * 1024 * 1024 });
        Task<WalkOutcome>[] bad =
        [
            pool.WalkAsync(Pool.Fault("overflow"), Pool.Order with { ClientNetwork = "192.0.2.0/24" }),
            pool.WalkAsync(Pool.Fault("hang"), Pool.Order with { ClientNetwork = "192.0.2.0/24", Within = TimeSpan.FromSeconds(1) }),
            pool.WalkAsync(Pool.Fault("native"), Pool.Order with { ClientNetwork = "192.0.2.0/24" }),
        ];
        int others = 0;
        while (!bad.All(task => task.IsCompleted))
        {
            using WalkOutcome good = await pool.WalkAsync(Pool.Plain);
            Assert.Null(good.Fault);
            Assert.NotNull(good.Result);
            others++;
            await Task.Delay(20);
        }

        Assert.True(others > 0);
        using WalkOutcome overflow = await bad[0];
        using WalkOutcome hang = await bad[1];
        using WalkOutcome native = await bad[2];
        Assert.True(overflow.Died);
        Assert.NotNull(hang.Fault);
        Assert.True(native.Died);
    }

    [Fact]
    public async Task A_rebuild_that_ends_two_workers_has_failed()
    {
        await using Pool pool = new();
        using IMailBytes original = pool.Bytes(Pool.Fault("rebuild-abort"));
        using RebuiltOutcome outcome = await pool.Workers.RebuildAsync(original, new RebuildOrder { Treatments = [], FileName = "m.eml" }, default);
        Assert.Null(outcome.Fault);
        Assert.Null(outcome.Bytes);
        Assert.Contains("twice", outcome.Failed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ranges_that_go_back_are_refused_by_the_daemon()
    {
        await using Pool pool = new();
        using IMailBytes original = pool.Bytes(Pool.Fault("rebuild-backwards"));
        using RebuiltOutcome outcome = await pool.Workers.RebuildAsync(original, new RebuildOrder { Treatments = [], FileName = "m.eml" }, default);
        Assert.Null(outcome.Bytes);
        Assert.NotNull(outcome.Failed);
    }

    [Fact]
    public async Task Processor_time_ends_a_job_that_does_not_end_itself()
    {
        await using Pool pool = new(options => options with { CpuGrace = TimeSpan.FromMilliseconds(200) });
        WalkOrder order = Pool.Order with { Limits = new Limits { JobCpuSeconds = 1 } };
        using WalkOutcome outcome = await pool.WalkAsync(Pool.Fault("spin 60000"), order);
        Assert.Null(outcome.Fault);
        Assert.True(outcome.Died);
    }

    [Fact]
    public async Task A_hang_is_a_fault_twice_and_a_death_the_third_time()
    {
        await using Pool pool = new();
        WalkOrder order = Pool.Order with { Within = TimeSpan.FromSeconds(1) };
        for (int round = 1; round <= 2; round++)
        {
            using WalkOutcome missed = await pool.WalkAsync(Pool.Fault("hang"), order);
            Assert.False(missed.Died);
            Assert.Contains($"{round} of 3", missed.Fault, StringComparison.Ordinal);
        }

        using (WalkOutcome other = await pool.WalkAsync(Pool.Fault("hang", "another"), order)) Assert.Contains("1 of 3", other.Fault, StringComparison.Ordinal);
        using WalkOutcome third = await pool.WalkAsync(Pool.Fault("hang"), order);
        Assert.Null(third.Fault);
        Assert.True(third.Died);
    }

    [Fact]
    public async Task A_worker_killed_from_outside_costs_nothing_the_first_time_and_is_a_fault_the_second()
    {
        await using Pool pool = new(options => options with { Workers = 1 });
        await pool.Workers.WarmAsync(default);
        Task<WalkOutcome> walk = pool.WalkAsync(Pool.Fault("sleep 1500"));
        await KillWorkerAsync(pool, 0);
        using (WalkOutcome once = await walk) Assert.NotNull(once.Result);

        Task<WalkOutcome> again = pool.WalkAsync(Pool.Fault("hang"));
        await KillWorkerAsync(pool, await KillWorkerAsync(pool, 0));
        using WalkOutcome twice = await again;
        Assert.False(twice.Died);
        Assert.Contains("from outside", twice.Fault, StringComparison.Ordinal);
        Assert.Equal(0, pool.Workers.State.Deaths);
    }

    [Fact]
    public async Task A_cancelled_job_ends_its_worker_and_nothing_else()
    {
        await using Pool pool = new();
        using CancellationTokenSource gone = new();
        Task<WalkOutcome> walk = pool.WalkAsync(Pool.Fault("hang"), cancellation: gone.Token);
        await WaitAsync(() => pool.Workers.State.Processes.Any(IsAsleep));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => walk);
        using WalkOutcome good = await pool.WalkAsync(Pool.Plain);
        Assert.NotNull(good.Result);
        Assert.Equal(0, pool.Workers.State.Deaths);
    }

    // Kills the worker that sleeps within a job; returns its process id.
    private static async Task<int> KillWorkerAsync(Pool pool, int not)
    {
        int process = 0;
        await WaitAsync(() => (process = pool.Workers.State.Processes.FirstOrDefault(id => id != not && IsAsleep(id))) != 0);
        System.Diagnostics.Process.GetProcessById(process).Kill();
        return process;
    }

    // Sleeping in a futex (the fault) and not in a read (idle).
    private static bool IsAsleep(int process)
    {
        try
        {
            return process != 0 && File.ReadAllText($"/proc/{process}/wchan").Contains("futex", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task WaitAsync(Func<bool> holds)
    {
        for (int tries = 0; !holds(); tries++)
        {
            Assert.True(tries < 1500, "it never came");
            await Task.Delay(20);
        }
    }
}
