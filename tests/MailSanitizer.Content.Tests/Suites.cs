namespace MailSanitizer.Content.Tests;

/// <summary>Where the public test material lies; a test that needs it is skipped, saying so, where it is absent.</summary>
public static class Suites
{
    public static string Folder(string name)
    {
        if (Environment.GetEnvironmentVariable("MAILSANITIZER_SUITES") is { Length: > 0 } set) return Existing(Path.Combine(set, name));
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "MailSanitizer.sln"))) return Existing(Path.Combine(at.FullName, "..", "shared", "suites", name));
        }

        return Existing(name);
    }

    private static string Existing(string folder)
    {
        Assert.SkipUnless(Directory.Exists(folder), $"the test material {folder} is not there");
        return folder;
    }
}
