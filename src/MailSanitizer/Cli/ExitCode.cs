namespace MailSanitizer.Cli;

/// <summary>Exit codes that scripts can use (DESIGN.md, "The command line"; 64 and 75 as in sysexits.h).</summary>
public static class ExitCode
{
    /// <summary>Done; with <c>clean</c> and <c>disarm</c>: unchanged.</summary>
    public const int Ok = 0;

    /// <summary>Changed; with checks: something is wrong.</summary>
    public const int Changed = 1;

    /// <summary>Not deliverable: held, quarantined, rejected.</summary>
    public const int NotDeliverable = 2;

    /// <summary>The command line or the configuration is wrong.</summary>
    public const int Usage = 64;

    /// <summary>Could not decide now; try again.</summary>
    public const int TryAgain = 75;
}
