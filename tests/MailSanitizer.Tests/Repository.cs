namespace MailSanitizer.Tests;

/// <summary>Where the checkout and the public suites are.</summary>
public static class Repository
{
    /// <summary>The folder with the solution file.</summary>
    public static string Root { get; } = Find();

    /// <summary>The folder of the public suites, or null where it is absent.</summary>
    public static string? Suites { get; } = FindSuites();

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MailSanitizer.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests run outside a checkout");
    }

    private static string? FindSuites()
    {
        string folder = Environment.GetEnvironmentVariable("MAILSANITIZER_SUITES") ?? Path.Combine(Root, "../shared/suites");
        return Directory.Exists(folder) ? folder : null;
    }
}
