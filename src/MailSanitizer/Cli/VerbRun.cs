using MailSanitizer.Configuration;
using MailSanitizer.Pipeline;

namespace MailSanitizer.Cli;

/// <summary>What verbs over files share: how a file that cannot be used is said, and the temporary folder of one that looks at a message.</summary>
internal static class VerbRun
{
    /// <summary>Runs a verb. What is not there, and rule files that are wrong (<see cref="InvalidDataException"/>), is wrong usage; what cannot be read or written is worth another try.</summary>
    public static async Task<int> GuardedAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Console.Error.WriteLine($"mailsanitizer: {failure.Message}");
            return failure is FileNotFoundException or DirectoryNotFoundException or InvalidDataException ? ExitCode.Usage : ExitCode.TryAgain;
        }
    }

    /// <summary>Runs a verb over one input, a file or - for standard input. Touches no state folder.</summary>
    public static Task<int> WithMessageAsync(Settings settings, string input, Func<OneMessage, Stream, Task<int>> work) => GuardedAsync(async () =>
    {
        string folder = Directory.CreateTempSubdirectory("mailsanitizer-").FullName;
        try
        {
            await using OneMessage run = new(settings, folder);
            await using Stream source = input == "-" ? Console.OpenStandardInput() : File.OpenRead(input);
            return await work(run, source);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });
}
