using BenchmarkDotNet.Running;
using MailSanitizer.Benchmarks.Demo;
using MailSanitizer.Benchmarks.Load;

namespace MailSanitizer.Benchmarks;

/// <summary>Runs what is asked for: <c>demo</c>, <c>load</c> and <c>relay</c> (started by run.sh, which starts the servers), or <c>--filter '*'</c> and the other words of BenchmarkDotNet.</summary>
public static class Entry
{
    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["demo", .. string[] rest]: return await DemoCommand.RunAsync(RunPlace.Read(rest));
            case ["load", .. string[] rest]: return await LoadCommand.RunAsync(RunPlace.Read(rest));
            case ["relay", .. string[] rest]: return await RelayCommand.RunAsync(RunPlace.Read(rest));
            default:
                BenchmarkSwitcher.FromAssembly(typeof(Entry).Assembly).Run(args);
                return 0;
        }
    }
}
