using System.Globalization;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Pipeline;

/// <summary>
/// One mail to two readers whom rules treat differently, every pair of decisions, over LMTP and SMTP before the queue, with a next hop that takes both, and with one that fails on the
/// second branch. Counted for each reader: handed over + held + quarantined + queued + refused = 1, and what each got is what was decided for him.
/// </summary>
public sealed class RecipientPairTests : IDisposable
{
    private const string Script = "dropper();";

    private static readonly string[] Decisions = ["deliver", "disarm", "replace", "strip", "hold", "quarantine", "reject"];

    private readonly HashSet<Guid> _seen = [];
    private readonly HashSet<string> _queued = new(StringComparer.Ordinal);
    private readonly string _rules = Directory.CreateTempSubdirectory("mailsanitizer-rules-").FullName;

    public void Dispose() => Directory.Delete(_rules, recursive: true);

    [Fact]
    public async Task Each_reader_gets_what_was_decided_for_him_whatever_becomes_of_the_other()
    {
        await using DaemonFixture daemon = await StartAsync();
        int number = 0;
        foreach ((string first, string second, bool smtp, bool fails) in Cases())
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"case{number++}");
            string why = $"{id}: {first} and {second} over {(smtp ? "SMTP" : "LMTP")}{(fails ? ", the second fails" : "")}";
            string[] readers = [$"a-{first}@example.jp", $"b-{second}@example.jp"];
            daemon.Hop.Behaviour = new ReceivingBehaviour { Recipient = address => fails && address == readers[1] ? "451 4.2.0 busy" : null };
            int before = daemon.Hop.Deliveries.Count;
            IReadOnlyList<string> replies = await daemon.SendAsync(Mail(id), readers, smtp);
            IReadOnlyList<Delivery> fresh = [.. daemon.Hop.Deliveries.Skip(before)];
            IReadOnlyList<StoredMessage> stored = [.. (await daemon.Daemon.Storage.Messages.ListAsync(new StoreQuery { Take = 1000 }, TestContext.Current.CancellationToken)).Where(row => row.Envelope.Recipients.Any(recipient => readers.Contains(recipient.Address)) && !_seen.Contains(row.Id))];
            IReadOnlyList<OutboxEntry> queued = [.. (await daemon.Daemon.Storage.Outbox.ListAsync(TestContext.Current.CancellationToken)).Where(entry => !_queued.Contains(entry.Key))];
            _seen.UnionWith(stored.Select(row => row.Id));
            _queued.UnionWith(queued.Select(entry => entry.Key));
            for (int at = 0; at < 2; at++)
            {
                string decision = at == 0 ? first : second, other = at == 0 ? second : first;
                string reply = replies[smtp ? 0 : at];
                Delivery[] got = [.. fresh.Where(delivery => delivery.Recipients.Contains(readers[at]))];
                int kept = stored.Count(row => row.Envelope.Recipients.Any(recipient => recipient.Address == readers[at]));
                int waiting = queued.Count(entry => entry.Envelope.Recipients.Any(recipient => recipient.Address == readers[at]));
                // SMTP has one reply: some rejected becomes quarantine for those, and all rejected is one refusal.
                if (smtp && decision == "reject" && other != "reject") decision = "quarantine";
                bool goesOn = GoesOn(decision);
                bool late = goesOn && fails && at == 1;
                bool firstGoesOn = GoesOn(first);
                if (late && !(smtp && firstGoesOn))
                {
                    // Nothing was handed over for him: the sender's MTA keeps it.
                    Assert.True(reply.StartsWith("451 ", StringComparison.Ordinal) && got.Length + kept + waiting == 0, $"{why}, {readers[at]}: {reply}");
                    continue;
                }

                (int delivered, int inStore, int inQueue) = late ? (0, 0, 1) : goesOn ? (1, 0, 0) : decision == "reject" ? (0, 0, 0) : (0, 1, 0);
                Assert.True((delivered, inStore, inQueue) == (got.Length, kept, waiting), $"{why}, {readers[at]}: {got.Length} delivered, {kept} kept, {waiting} queued");
                // On SMTP the other's failure before anything was handed over is everybody's.
                bool everybody = smtp && fails && !firstGoesOn && GoesOn(second);
                Assert.True(reply.StartsWith(decision == "reject" ? "550 " : everybody ? "451 " : "250 ", StringComparison.Ordinal), $"{why}, {readers[at]}: {reply}");
                if (got.Length == 1) Shows(decision, got[0].Text, why);
            }
        }
    }

    private static bool GoesOn(string decision) => decision is "deliver" or "disarm" or "replace" or "strip";

    private static void Shows(string decision, string text, string why)
    {
        Assert.True(text.Contains(Script, StringComparison.Ordinal) == (decision == "deliver"), why);
        Assert.True(text.Contains("the table", StringComparison.Ordinal) == decision is "deliver" or "disarm", why);
        Assert.True(text.Contains("page.html", StringComparison.Ordinal) == decision is "deliver" or "disarm" or "replace", why);
        Assert.True(text.Contains("See the page.", StringComparison.Ordinal), why);
        if (decision != "replace") return;
        // What the reader quotes to the administrator, and why it is not there.
        string notice = ActiveItems.Seen(text), id = text.Split("X-MailSanitizer-Id: ")[1][..36];
        Assert.True(notice.Contains($"ID: {id}", StringComparison.Ordinal) && notice.Contains("A script in a page", StringComparison.Ordinal), $"{why}: {notice}");
    }

    private static IEnumerable<(string First, string Second, bool Smtp, bool Fails)> Cases()
    {
        bool full = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";
        foreach ((bool smtp, bool fails, int[] sample) in (IEnumerable<(bool, bool, int[])>)[(false, false, [1]), (false, true, [3]), (true, false, [5]), (true, true, [2])])
            for (int first = 0; first < Decisions.Length; first++)
                for (int second = 0; second < Decisions.Length; second++)
                    // By default each decision stands once at each place, over both protocols; with the failure every other.
                    if (full || (first == second && first == 6) || (sample.Contains((second - first + Decisions.Length) % Decisions.Length) && !(fails && first % 2 == 1))) yield return (Decisions[first], Decisions[second], smtp, fails);
    }

    private static string Mail(string id) =>
        $"From: sender@sender.example\r\nTo: readers@example.jp\r\nSubject: {id}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the page.\r\n" +
        $"--b\r\nContent-Type: text/html; name=\"page.html\"\r\nContent-Disposition: attachment; filename=\"page.html\"\r\n\r\n<html><body><p>the table</p><script>{Script}</script></body></html>\r\n--b--\r\n";

    private async Task<DaemonFixture> StartAsync()
    {
        foreach (string decision in Decisions)
        {
            (string when, string then) = decision switch
            {
                "deliver" => ("part.finding: html-script", "pass"),
                "disarm" => ("part.finding: html-script", "disarm"),
                "replace" or "strip" => ("part.finding: html-script", decision),
                "hold" => ("part.finding: html-script", "{ hold: { for: password, whole-for: 1h } }"),
                _ => ("direction: inbound", decision),
            };
            await File.WriteAllTextAsync(Path.Combine(_rules, $"to-{decision}.yaml"), $$"""
                version: 1
                id: to-{{decision}}
                title: Decides {{decision}}
                why: For a test
                status: stable
                severity: low
                when: { {{when}}, recipient.address: ["a-{{decision}}@example.jp", "b-{{decision}}@example.jp"] }
                then: {{then}}
                on-error: quarantine
                """);
        }

        return await DaemonFixture.StartAsync(
            change: (fixture, settings) => settings with
            {
                RulesShipped = false,
                RulesSite = _rules,
                Listen = [.. settings.Listen.Select(door => door with { Mode = "before-queue" })],
                HoldMessages = (5000, 5000, 5000),
            },
            withClamd: false);
    }
}
