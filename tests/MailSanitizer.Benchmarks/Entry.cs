using BenchmarkDotNet.Running;

namespace MailSanitizer.Benchmarks;

/// <summary>Runs what is asked for: <c>dotnet run -c Release --project tests/MailSanitizer.Benchmarks -- --filter '*'</c>.</summary>
public static class Entry
{
    public static void Main(string[] args) => BenchmarkSwitcher.FromAssembly(typeof(Entry).Assembly).Run(args);
}
