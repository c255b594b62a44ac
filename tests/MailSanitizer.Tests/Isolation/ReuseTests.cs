using System.Globalization;
using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Isolation;

/// <summary>Which worker is used again, and which is not.</summary>
public sealed class ReuseTests
{
    [Fact]
    public async Task A_warm_worker_is_used_again()
    {
        await using Pool pool = new(options => options with { Workers = 1 });
        Assert.Equal(await WalkerAsync(pool), await WalkerAsync(pool));
    }

    [Fact]
    public async Task What_was_written_in_one_worker_is_walked_in_another()
    {
        await using Pool pool = new();
        await pool.Workers.WarmAsync(default);
        for (int round = 0; round < 4; round++)
        {
            using IMailBytes original = pool.Bytes(Pool.Fault("whoami", round.ToString(CultureInfo.InvariantCulture)));
            using RebuiltOutcome rebuilt = await pool.Workers.RebuildAsync(original, new RebuildOrder { Treatments = [] }, default);
            Assert.Null(rebuilt.Fault);
            string writer = rebuilt.Changes.Single().Detail;
            using WalkOutcome proof = await pool.Workers.WalkAsync(rebuilt.Bytes!, Pool.Order, default);
            Assert.Null(proof.Fault);
            Assert.NotEqual(writer, Pid(proof));
        }
    }

    [Theory]
    [InlineData("other-mail", false)]
    [InlineData("message", false)]
    [InlineData("default", true)]
    public async Task A_worker_that_was_told_a_secret_is_not_used_again(string source, bool again)
    {
        await using Pool pool = new(options => options with { Workers = 1 });
        string told = await WalkerAsync(pool, Pool.Order with { Passwords = [new Password("hunter2", source)] });
        Assert.Equal(again, told == await WalkerAsync(pool));
    }

    [Fact]
    public async Task A_worker_is_replaced_after_its_number_of_jobs()
    {
        // The probe counts as one.
        await using Pool pool = new(options => options with { Workers = 1, JobsPerWorker = 3 });
        string[] walkers = [await WalkerAsync(pool), await WalkerAsync(pool), await WalkerAsync(pool)];
        Assert.Equal(walkers[0], walkers[1]);
        Assert.NotEqual(walkers[1], walkers[2]);
    }

    [Fact]
    public async Task A_worker_that_stays_fat_is_replaced()
    {
        await using Pool pool = new(options => options with { Workers = 1, ResidentPerWorker = 1024 * 1024 });
        Assert.NotEqual(await WalkerAsync(pool), await WalkerAsync(pool));
    }

    [Fact]
    public async Task Equal_leaves_are_kept_once_and_a_second_message_sees_nothing_of_the_first()
    {
        await using Pool pool = new(options => options with { Workers = 1 });
        using WalkOutcome first = await pool.WalkAsync(Pool.Plain);
        using WalkOutcome second = await pool.WalkAsync(Pool.Plain);
        Assert.Equal(first.Result!.Parts, second.Result!.Parts, (one, other) => one.Path == other.Path && one.Sha256 == other.Sha256);
        Assert.Equal(first.Result.Leaves.Count, first.Result.Leaves.Select(leaf => leaf.Sha256).Distinct().Count());
        Assert.Equal(first.Result.Findings, second.Result.Findings);
    }

    private static async Task<string> WalkerAsync(Pool pool, WalkOrder? order = null)
    {
        using WalkOutcome outcome = await pool.WalkAsync(Pool.Fault("whoami"), order);
        Assert.Null(outcome.Fault);
        return Pid(outcome);
    }

    private static string Pid(WalkOutcome outcome) => outcome.Result!.Links.Single(link => link.Source == "whoami").Url;
}
