using MailSanitizer.Fuzz;

namespace MailSanitizer.Tests;

/// <summary>Every fuzz target, for a short while (longer with MAILSANITIZER_FULL=1).</summary>
public sealed class FuzzTests
{
    private static readonly TimeSpan Each = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1" ? TimeSpan.FromSeconds(60) : TimeSpan.FromSeconds(1);

    public static TheoryData<string> Targets() => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Target_holds(string name)
    {
        FuzzTarget target = FuzzTargets.All.Single(candidate => candidate.Name == name);
        Assert.True(FuzzTargets.Drive(target, Each, seed: 20261124) > 0);
    }
}
