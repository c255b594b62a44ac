using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Isolation;

/// <summary>Every way in which a content can end its worker, or a taken-over worker can lie.</summary>
public sealed class TwiceDeadTests(TwiceDeadTests.Fixture fixture) : IClassFixture<TwiceDeadTests.Fixture>
{
    private static readonly string[] Always = ["exit 0", "segfault", "overflow", "native", "garbage 300000", "lie-hash", "lie-kind"];

    private static readonly string[] More = ["exit 3", "abort", "heap", "empty-frames", "lie-root", "lie-part", "parts 20000"];

    public static TheoryData<string> Faults() => [.. Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1" ? Always.Concat(More) : Always];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_message_that_ends_two_workers_has_died(string fault)
    {
        Pool pool = fixture.Pool;
        long before = pool.Workers.State.Deaths;
        using WalkOutcome outcome = await pool.WalkAsync(Pool.Fault(fault));
        Assert.Null(outcome.Fault);
        Assert.True(outcome.Died);
        Assert.Equal(before + 2, pool.Workers.State.Deaths);
        using WalkOutcome after = await pool.WalkAsync(Pool.Plain);
        Assert.NotNull(after.Result);
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal Pool Pool { get; } = new(options => options with { Memory = 256L * 1024 * 1024, Heap = 96L * 1024 * 1024 });

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => Pool.DisposeAsync();
    }
}
