using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>
/// The one time budget from end of DATA to our reply (DESIGN.md, promise 11), shared out here and nowhere else. Origin: Postfix gives up after 100 s before
/// the queue (<c>smtpd_proxy_timeout</c>) and 600 s behind it (<c>lmtp_data_done_timeout</c>).
/// </summary>
public static class TimeBudget
{
    /// <summary>Before the queue.</summary>
    public static readonly TimeSpan BeforeQueue = TimeSpan.FromSeconds(80);

    /// <summary>Behind the queue.</summary>
    public static readonly TimeSpan AfterQueue = TimeSpan.FromSeconds(300);

    // Shares of the whole; they add up to 1. Authentication runs beside the walk and has no share of its own.
    private const double Walk = 0.30;
    private const double Scan = 0.30;
    private const double Rebuild = 0.20;
    private const double HandOver = 0.20;

    /// <summary>The whole for a listener's mode.</summary>
    public static TimeSpan For(ListenerFacts listener) => listener.Mode == "before-queue" ? BeforeQueue : AfterQueue;

    /// <summary>When walking (up to three rounds with passwords) has to be done.</summary>
    public static DateTimeOffset WalkEnds(ReceivedMessage message) => At(message, Walk);

    /// <summary>When scanning has to be done.</summary>
    public static DateTimeOffset ScanEnds(ReceivedMessage message) => At(message, Walk + Scan);

    /// <summary>When rebuild and proof have to be done; the hand-over is not begun after it.</summary>
    public static DateTimeOffset RebuildEnds(ReceivedMessage message) => At(message, 1 - HandOver);

    /// <summary>The share of rebuild and proof, for the table's test.</summary>
    public static double Sum => Walk + Scan + Rebuild + HandOver;

    private static DateTimeOffset At(ReceivedMessage message, double share) => message.ReceivedAt + ((message.Deadline - message.ReceivedAt) * share);
}
