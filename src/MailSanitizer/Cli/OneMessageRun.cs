using System.Text.Json;
using System.Text.Json.Nodes;
using MailSanitizer.Configuration;
using MailSanitizer.Pipeline;

namespace MailSanitizer.Cli;

/// <summary>Where the results of <c>clean</c> and <c>disarm</c> go.</summary>
/// <param name="Output">What would go on, or null.</param>
/// <param name="Report">The report (JSON), or null.</param>
internal sealed record OneMessageFiles(string? Output, string? Report);

/// <summary>What <c>clean</c> and <c>disarm</c> share: one input, a summary for people, a report for programs, an exit code. Touches no state folder.</summary>
internal static class OneMessageRun
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Runs it. <paramref name="input"/>: a file, or - for standard input.</summary>
    public static Task<int> RunAsync(
        Settings settings, string input, OneMessageFiles files, Func<OneMessage, Stream, Task<OneMessageResult>> work, CancellationToken cancellation) => VerbRun.WithMessageAsync(settings, input, async (run, source) =>
    {
        OneMessageResult result = await work(run, source);
        if (result.Fault is { } fault)
        {
            Console.Error.WriteLine($"mailsanitizer: could not decide: {fault}");
            return ExitCode.TryAgain;
        }

        if (files.Report is not null) await File.WriteAllTextAsync(files.Report, result.Report!.ToJsonString(Indented) + "\n", cancellation);
        if (files.Output is not null && result.Content is not null) await result.CopyToAsync(files.Output, cancellation);
        Summarise(result);
        return result.Decision switch { "unchanged" => ExitCode.Ok, "changed" => ExitCode.Changed, _ => ExitCode.NotDeliverable };
    });

    private static void Summarise(OneMessageResult result)
    {
        Console.WriteLine(result.Decision);
        foreach (JsonNode? part in result.Report!["parts"]!.AsArray())
        {
            string path = part!["path"]!.GetValue<string>();
            string place = path.Length == 0 ? "message" : TerminalText.Safe(path);
            foreach (JsonNode? finding in part["findings"]!.AsArray())
                Console.WriteLine($"  {place}: {finding!["kind"]} {TerminalText.Safe(finding["location"]!.GetValue<string>())} {TerminalText.Safe(finding["detail"]!.GetValue<string>())} {finding["done"]}".TrimEnd());
            if (part["done"]?.GetValue<string>() is { } done) Console.WriteLine($"  {place}: {done}");
        }

        foreach (JsonNode? branch in result.Report["branches"]!.AsArray())
        {
            if (branch!["disposition"]!.GetValue<string>() == "deliver") continue;
            foreach (JsonNode? reason in branch["reasons"]!.AsArray()) Console.WriteLine($"  because: {TerminalText.Safe(reason!.GetValue<string>())}");
        }

        if (result.Refusal is { } refusal) Console.WriteLine($"  cannot be written without it: {TerminalText.Safe(refusal)}");
        if (result.FileName is { } name) Console.WriteLine($"  name: {TerminalText.Safe(name)}");
    }
}
