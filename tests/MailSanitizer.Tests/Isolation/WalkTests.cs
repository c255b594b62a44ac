using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Isolation;

/// <summary>The shipped worker, through the pool.</summary>
public sealed class WalkTests
{
    [Fact]
    public async Task A_message_is_walked_and_its_leaves_come_back()
    {
        await using Pool pool = new(faulty: false);
        using WalkOutcome outcome = await pool.WalkAsync(Pool.Plain);
        Assert.Null(outcome.Fault);
        Assert.False(outcome.Died);
        Assert.Equal("", outcome.Result!.Parts[0].Path);
        Assert.Contains(outcome.Result.Leaves, leaf => Text(leaf).Contains("Good morning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rebuild_without_orders_gives_the_same_bytes()
    {
        await using Pool pool = new(faulty: false);
        using IMailBytes original = pool.Bytes(Pool.Plain);
        using RebuiltOutcome outcome = await pool.Workers.RebuildAsync(original, new RebuildOrder { Treatments = [] }, default);
        Assert.Null(outcome.Fault);
        Assert.Null(outcome.Failed);
        Assert.Equal(original.Sha256, outcome.Bytes!.Sha256);
    }

    private static string Text(ScanItem leaf)
    {
        using StreamReader reader = new(leaf.Bytes.OpenRead());
        return reader.ReadToEnd();
    }
}
