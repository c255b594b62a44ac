using System.Diagnostics;
using System.Globalization;
using System.Text;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Benchmarks.Demo;

/// <summary><c>demo</c>: sends the sample mails to a running daemon over LMTP, takes them back by SMTP, and prints a row for each.</summary>
public static class DemoCommand
{
    /// <summary>0 when every row is as expected.</summary>
    public static async Task<int> RunAsync(RunPlace place)
    {
        await using ReceivingServer next = ReceivingServer.Start(port: place.NextHop);
        await place.ReadyAsync();
        using MailClient client = await MailClient.ConnectAsync(place.Lmtp, "LHLO");
        Console.WriteLine();
        Row("mail", "bytes", "decision", "what changed", "time");
        Row(new string('-', 33), "----------", "-----------", new string('-', 44), "---------");
        int wrong = 0;
        foreach (SampleMail mail in SampleMail.All)
        {
            // The archive that the last mail unlocks may arrive beside that mail; it has a row of its own.
            int before = next.Deliveries.Count;
            IReadOnlyDictionary<string, long> counts = await place.DecisionsAsync();
            Stopwatch watch = Stopwatch.StartNew();
            string reply = await client.SendAsync($"MAIL FROM:<tanaka@example.com>{mail.Parameters}\r\nRCPT TO:<{mail.Recipient}>\r\n", MailClient.Stuff(mail.Content));
            double milliseconds = watch.Elapsed.TotalMilliseconds;
            IReadOnlyList<Delivery> arrived = [.. next.Deliveries.Skip(before).Where(delivery => mail.Name != LockedPair.Unlocks || !LockedPair.Is(delivery.Content))];
            IReadOnlyDictionary<string, long> after = await place.DecisionsAsync();
            // What the daemon says it did; the far end and the reply must bear it out.
            string said = string.Join('+', after.Where(pair => pair.Value > counts.GetValueOrDefault(pair.Key)).Select(pair => pair.Key));
            (string decision, string changed) = Judge(mail, reply, arrived, said);
            bool right = decision == mail.Expected;
            if (!right) wrong++;
            Row(mail.Name, mail.Content.Length.ToString("N0", CultureInfo.InvariantCulture), decision, changed, milliseconds.ToString("N1", CultureInfo.InvariantCulture) + " ms");
            if (!right) Console.WriteLine($"    NOT AS EXPECTED ({mail.Expected}); reply: {reply}; daemon: {said}");
        }

        if (!await ArchiveComesBackAsync(next)) wrong++;
        Console.WriteLine();
        Console.WriteLine(wrong == 0 ? $"All {SampleMail.All.Count} as expected." : $"{wrong} of {SampleMail.All.Count} NOT as expected.");
        return wrong == 0 ? 0 : 1;
    }

    private static (string Decision, string Changed) Judge(SampleMail mail, string reply, IReadOnlyList<Delivery> arrived, string said)
    {
        if (reply[0] != '2') return (reply[0] == '4' ? "tempfailed" : "rejected", reply);
        if (arrived.Count == 0) return said is "quarantined" or "held" ? (said, "nothing was handed on") : ("LOST?", $"answered {reply}, nothing arrived");
        if (arrived.Count > 1) return ("DOUBLED", $"arrived {arrived.Count} times");
        byte[] content = arrived[0].Content;
        int prepended = content.Length - mail.Content.Length;
        bool same = prepended > 0 && content.AsSpan(prepended).SequenceEqual(mail.Content) && content[prepended - 1] == '\n' && arrived[0].Recipients is [string only] && only == mail.Recipient;
        if (!same) return ("CHANGED", $"{content.Length} bytes arrived, not the same");
        int fields = Encoding.Latin1.GetString(content, 0, prepended).Split("\r\n").Count(line => line.Length > 0 && line[0] is not (' ' or '\t'));
        return ("delivered", $"nothing; identical behind {fields} fields of ours");
    }

    private static async Task<bool> ArchiveComesBackAsync(ReceivingServer next)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Delivery? archive = null;
        while ((archive = next.Deliveries.FirstOrDefault(delivery => LockedPair.Is(delivery.Content))) is null && watch.Elapsed.TotalSeconds < 60) await Task.Delay(20);
        string? wrong = archive is null ? "the archive did not come back within a minute" : LockedPair.Wrong(archive.Content);
        Row("  and the ZIP comes back", archive?.Content.Length.ToString("N0", CultureInfo.InvariantCulture) ?? "-", archive is null ? "LOST?" : "delivered", wrong ?? "macro gone; locked with the same password", "");
        if (wrong is not null) Console.WriteLine("    NOT AS EXPECTED");
        return wrong is null;
    }

    private static void Row(string name, string bytes, string decision, string changed, string time) => Console.WriteLine($"  {name,-33}  {bytes,10}  {decision,-11}  {changed,-44}  {time,9}");
}
