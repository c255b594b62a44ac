using BenchmarkDotNet.Running;
using MailSanitizer.Benchmarks.Demo;

namespace MailSanitizer.Benchmarks;

/// <summary>Runs what is asked for: <c>demo</c> (started by run.sh, which starts the servers), or <c>--filter '*'</c> and the other words of BenchmarkDotNet.</summary>
public static class Entry
{
    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["demo", .. string[] rest]: return await DemoCommand.RunAsync(RunPlace.Read(rest));
            default:
                BenchmarkSwitcher.FromAssembly(typeof(Entry).Assembly).Run(args);
                return 0;
        }
    }
}
