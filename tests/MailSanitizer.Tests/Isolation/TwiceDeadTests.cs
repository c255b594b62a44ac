using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Isolation;

/// <summary>Every way in which a content can end its worker, or a taken-over worker can lie.</summary>
public sealed class TwiceDeadTests(TwiceDeadTests.Fixture fixture) : IClassFixture<TwiceDeadTests.Fixture>
{
    [Theory]
    [InlineData("exit 0")]
    [InlineData("exit 3")]
    [InlineData("abort")]
    [InlineData("segfault")]
    [InlineData("overflow")]
    [InlineData("native")]
    [InlineData("heap")]
    [InlineData("garbage 300000")]
    [InlineData("empty-frames")]
    [InlineData("lie-hash")]
    [InlineData("lie-root")]
    [InlineData("lie-kind")]
    [InlineData("lie-part")]
    [InlineData("parts 20000")]
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
