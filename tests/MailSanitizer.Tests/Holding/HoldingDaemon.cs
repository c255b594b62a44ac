using System.Diagnostics;
using MailSanitizer.Configuration;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Pipeline;

namespace MailSanitizer.Tests.Holding;

/// <summary>A whole daemon that holds, with people who can be told.</summary>
internal static class HoldingDaemon
{
    public static Task<DaemonFixture> StartAsync(Func<Settings, Settings>? change = null) => DaemonFixture.StartAsync(change: (_, settings) =>
    {
        Settings ours = settings with { NoticesFrom = "filter@example.jp", InternalNetworks = [System.Net.IPNetwork.Parse("192.0.2.0/24")] };
        return change is null ? ours : change(ours);
    });

    /// <summary>Waits until a message has a state.</summary>
    public static Task<StoredMessage> UntilAsync(DaemonFixture daemon, Guid id, StoredState state) => UntilAsync(daemon, row => row.Id == id && row.State == state);

    /// <summary>Waits until one stored message is as told.</summary>
    public static async Task<StoredMessage> UntilAsync(DaemonFixture daemon, Func<StoredMessage, bool> wanted)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < 40; await Task.Delay(20))
        {
            if ((await daemon.StoredAsync()).FirstOrDefault(wanted) is { } found) return found;
        }

        throw new TimeoutException(string.Join("; ", (await daemon.StoredAsync()).Select(row => $"{row.State} {string.Join(',', row.Reasons)} served {string.Join(',', row.ReleasedTo)}")));
    }
}
