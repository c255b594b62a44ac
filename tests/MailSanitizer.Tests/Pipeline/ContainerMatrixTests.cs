using MailSanitizer.Storage;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Pipeline;

/// <summary>Active content in every container, through LMTP under the shipped rules: what the receiving server stored has none of it, by a reader that shares no code with the product.</summary>
public sealed class ContainerMatrixTests
{
    [Fact]
    public async Task What_the_receiving_server_stored_has_nothing_that_acts()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(withClamd: false);
        bool full = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";
        List<string> wrong = [];
        int delivered = 0, all = 0;
        for (int container = 0; container < ActiveItems.Containers.Count; container++)
        {
            for (int number = 0; number < ActiveItems.All.Count; number++)
            {
                // By default each item twice at the most and each container with two items.
                if (!full && (container * 3 + number) % 5 != 0) continue;
                (string name, Func<ActiveItem, string> make) = ActiveItems.Containers[container];
                ActiveItem item = ActiveItems.All[number];
                string mail = make(item), what = $"{item.Name} in {name}";
                // The reader finds it in what is sent: else it proves nothing that it does not find it in what arrives.
                Assert.True(ActiveItems.Seen(mail).Contains(item.Mark, StringComparison.Ordinal), what);
                int before = daemon.Hop.Deliveries.Count, kept = (await daemon.StoredAsync()).Count;
                all++;
                Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(mail)), StringComparison.Ordinal);
                Delivery[] got = [.. daemon.Hop.Deliveries.Skip(before)];
                if (got.Length == 0)
                {
                    StoredMessage[] stored = [.. await daemon.StoredAsync()];
                    if (stored.Length != kept + 1) wrong.Add($"{what}: neither delivered nor kept");
                    else if (container == 0 && item.Name != "orders.docm") wrong.Add($"{what}: kept: {string.Join(", ", stored[0].Reasons)}");
                    continue;
                }

                delivered++;
                string seen = ActiveItems.Seen(got[0].Text);
                if (got.Length > 1) wrong.Add($"{what}: {got.Length} deliveries");
                if (seen.Contains(item.Mark, StringComparison.Ordinal)) wrong.Add($"{what}: still there");
                if (container != 5 && !seen.Contains("Hello", StringComparison.Ordinal)) wrong.Add($"{what}: the text is gone");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(delivered > all / 2, $"{delivered} of {all} delivered");
    }
}
