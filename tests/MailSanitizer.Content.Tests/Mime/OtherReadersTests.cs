using System.Diagnostics;
using System.Text;
using MailSanitizer.Content.Tests.PartWalking;
using MimeKit;

namespace MailSanitizer.Content.Tests.Mime;

/// <summary>Whatever MimeKit and Python's email take out of a message, we have scanned under some reading, or the message does not leave as it came (a row of the table of disagreements was hit).</summary>
public sealed class OtherReadersTests
{
    // Python's old policy keeps the fold inside a quoted boundary and the tabs behind an encoding, and then finds neither; no mail program does.
    private static readonly string[] PythonAlone = ["003.eml", "012.eml", "multi-badnames.msg", "multi-clen.msg", "multi-digest.msg", "multi-simple.msg", "twopart.msg"];

    [Fact]
    public void What_MimeKit_takes_out_was_scanned()
    {
        List<string> wrong = [];
        int leaves = 0;
        foreach ((string name, byte[] message) in Messages())
        {
            HashSet<string> scanned = Scanned(message, out bool ambiguous);
            foreach (byte[] content in MimeKitLeaves(message))
            {
                leaves++;
                if (!scanned.Contains(Plain(content)) && !ambiguous) wrong.Add($"{name}: {Show(content)}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {leaves}\n" + string.Join("\n", wrong.Take(20)));
        Assert.True(leaves > 500, $"only {leaves}");
    }

    [Fact]
    public void What_Python_takes_out_was_scanned()
    {
        if (!File.Exists("/usr/bin/python3")) Assert.Skip("no python3");
        string folder = Directory.CreateTempSubdirectory("readers").FullName;
        try
        {
            List<(string Name, byte[] Message)> messages = [.. Messages()];
            for (int index = 0; index < messages.Count; index++) File.WriteAllBytes(Path.Combine(folder, index + ".eml"), messages[index].Message);
            File.WriteAllText(Path.Combine(folder, "list.py"), """
                import email, email.policy, sys, os, base64
                for name in sorted(os.listdir(sys.argv[1])):
                    if not name.endswith('.eml'): continue
                    message = email.message_from_bytes(open(os.path.join(sys.argv[1], name), 'rb').read(), policy=email.policy.compat32)
                    for part in message.walk():
                        if part.is_multipart(): continue
                        content = part.get_payload(decode=True)
                        if content is not None: print(name[:-4], base64.b64encode(content).decode())
                """);
            ProcessStartInfo start = new("/usr/bin/python3", [Path.Combine(folder, "list.py"), folder]) { RedirectStandardOutput = true };
            using Process python = Process.Start(start)!;
            List<string> wrong = [];
            int leaves = 0;
            Dictionary<int, (HashSet<string> Scanned, bool Ambiguous)> known = [];
            while (python.StandardOutput.ReadLine() is { } line)
            {
                string[] words = line.Split(' ');
                int index = int.Parse(words[0]);
                byte[] content = Convert.FromBase64String(words.Length > 1 ? words[1] : "");
                if (!known.TryGetValue(index, out (HashSet<string> Scanned, bool Ambiguous) ours))
                {
                    ours.Scanned = Scanned(messages[index].Message, out ours.Ambiguous);
                    known[index] = ours;
                }

                leaves++;
                if (PythonAlone.Contains(Path.GetFileName(messages[index].Name))) continue;
                if (!ours.Scanned.Contains(Plain(content)) && !ours.Ambiguous) wrong.Add($"{messages[index].Name}: {Show(content)}");
            }

            Assert.True(wrong.Count == 0, $"{wrong.Count} of {leaves}\n" + string.Join("\n", wrong.Take(20)));
            Assert.True(leaves > 500, $"only {leaves}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Generated messages, some of them broken at random places, and the suites.
    private static IEnumerable<(string Name, byte[] Message)> Messages()
    {
        Random random = new(20261124);
        for (int index = 0; index < 600; index++)
        {
            byte[] message = MimeMessages.Make(index, index % 2 == 0);
            if (index % 3 == 0)
            {
                for (int change = random.Next(1, 4); change > 0 && message.Length > 10; change--)
                {
                    int at = random.Next(message.Length);
                    message = random.Next(3) switch
                    {
                        0 => [.. message[..at], .. message[(at + 1)..]],
                        1 => [.. message[..at], (byte)"\r\n-=; \"b"[random.Next(8)], .. message[at..]],
                        _ => message[..at],
                    };
                }
            }

            yield return ($"generated {index}\n{Encoding.Latin1.GetString(message)}", message);
        }

        foreach (string file in SuiteTests.Messages()) yield return (file, File.ReadAllBytes(file));
    }

    private static HashSet<string> Scanned(byte[] message, out bool ambiguous)
    {
        RecordingSink sink = Walks.Walk(message, new WalkJob { Send = ["leaves", "containers"] });
        ambiguous = sink.Findings.Any(finding => FindingKinds.Find(finding.Kind)!.Class is FindingClass.Ambiguous or FindingClass.Limit or FindingClass.Active || finding.Kind is "message-partial" or "message-external-body");
        HashSet<string> scanned = [.. sink.Leaves.Select(leaf => Plain(leaf.Bytes)), ""];
        return scanned;
    }

    private static IEnumerable<byte[]> MimeKitLeaves(byte[] message)
    {
        MimeMessage parsed;
        try
        {
            parsed = MimeMessage.Load(new MemoryStream(message));
        }
        catch (FormatException)
        {
            yield break;
        }

        foreach (MimePart part in new MimeIterator(parsed).EnumerateParts())
        {
            // A wrong escape in a plain body is no finding: each reader has its own way with it, and it is only text.
            if (part.ContentTransferEncoding is ContentEncoding.QuotedPrintable && part.ContentType.IsMimeType("text", "plain") && part.FileName is null) continue;
            using MemoryStream content = new();
            part.Content?.DecodeTo(content);
            yield return content.ToArray();
        }
    }

    // Line ends and blanks at the end are each reader's own; the content is what counts.
    private static string Plain(byte[] content) => Encoding.Latin1.GetString(content).ReplaceLineEndings("\n").Trim().TrimEnd('=');

    private static string Show(byte[] content) => $"{content.Length} bytes: {Encoding.Latin1.GetString(content.AsSpan(0, Math.Min(60, content.Length))).ReplaceLineEndings("|")}";
}

internal static class MimeIteratorExtensions
{
    public static IEnumerable<MimePart> EnumerateParts(this MimeIterator iterator)
    {
        while (iterator.MoveNext())
            if (iterator.Current is MimePart part) yield return part;
    }
}
