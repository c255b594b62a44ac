using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Reinjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Tests.Reinjection;

/// <summary>Short words for the tests of the next hop.</summary>
internal static class Hop
{
    /// <summary>Limits for faults that are seen at once; silence ends in a few seconds.</summary>
    public static NextHopLimits Impatient { get; } = new()
    {
        CommandTime = TimeSpan.FromSeconds(5),
        WriteTime = TimeSpan.FromSeconds(5),
        FinalTime = TimeSpan.FromSeconds(5),
        ConnectTime = TimeSpan.FromSeconds(5),
    };

    /// <summary>Limits for silence that is certain to come.</summary>
    public static NextHopLimits Hasty { get; } = new()
    {
        CommandTime = TimeSpan.FromMilliseconds(300),
        WriteTime = TimeSpan.FromMilliseconds(300),
        FinalTime = TimeSpan.FromMilliseconds(300),
        ConnectTime = TimeSpan.FromSeconds(5),
    };

    public static NextHop To(string url, NextHopLimits? limits = null)
    {
        Assert.True(MailEndpoint.TryParse(url, out MailEndpoint? endpoint, out string error), error);
        return new NextHop(new NextHopOptions { Endpoint = endpoint, HostName = "ms.test", Limits = limits ?? new NextHopLimits() }, TimeProvider.System, NullLogger<NextHop>.Instance);
    }

    public static Envelope From(string sender, params string[] recipients) => new() { MailFrom = sender, Recipients = [.. recipients.Select(address => new Recipient(address))] };

    public static OutgoingMessage Message(string content, string prepended = "") => new(Encoding.Latin1.GetBytes(prepended), new MemoryMailBytes(Encoding.Latin1.GetBytes(content)));

    public static async Task<string> DeliverAsync(this NextHop hop, Envelope envelope, string content = "Subject: x\r\n\r\nbody\r\n") =>
        string.Join(" | ", (await hop.DeliverAsync(envelope, Message(content), TestContext.Current.CancellationToken)).Select(reply => $"{reply.Code} {reply.Enhanced} {reply.Text}"));
}
