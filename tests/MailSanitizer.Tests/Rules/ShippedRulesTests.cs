using MailSanitizer.Rules;
using MailSanitizer.Rules.Testing;

namespace MailSanitizer.Tests.Rules;

/// <summary>The rules that come with the product.</summary>
public sealed class ShippedRulesTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "rules");

    [Fact]
    public void They_load_and_there_are_enough()
    {
        RuleSetLoading loading = RuleSetLoader.Load(shipped: true, siteFolder: null);
        Assert.Empty(loading.Errors);
        // What lies beside the program is what lies in the checkout (a build copies, it does not delete: after a rule was removed, delete the copies).
        Assert.Equal(RuleSetLoader.LoadFolders(Folder, null).Set!.Hash, loading.Set!.Hash);
        Assert.True(loading.Set.Rules.Count >= 25);
        Assert.All(loading.Set.Rules, rule => Assert.Equal(RuleStatus.Stable, rule.Status));
    }

    [Fact]
    public async Task Each_has_tests_that_hit_and_miss_and_try_every_exception()
    {
        RuleSet set = Load();
        RuleTestRun run = new(set, (_, _) => throw new NotSupportedException("walked in another test"));
        await run.RunAsync(set.Rules.Where(rule => !File.ReadAllText(Path.ChangeExtension(rule.File, null) + ".test.yaml").Contains("mail:", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        Assert.True(run.Results.Count > 100);
        Assert.Equal("", string.Join("\n", run.Results.Where(result => !result.Passed).Select(result => result.Failure)));
    }

    private static RuleSet Load()
    {
        RuleSetLoading loading = RuleSetLoader.Load(shipped: true, siteFolder: null);
        Assert.Equal([], loading.Errors.Select(error => error.ToString()));
        return loading.Set!;
    }
}
