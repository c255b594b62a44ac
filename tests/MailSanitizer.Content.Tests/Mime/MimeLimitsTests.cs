using System.Text;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Mime;

/// <summary>Messages that cost other readers minutes or their stack (LIBRARIES.md 2.2), and the limits of the room.</summary>
public sealed class MimeLimitsTests
{
    public static TheoryData<string, string> Heavy() => new()
    {
        { "one folded field", "header-over-limit" },
        { "one long field", "header-over-limit" },
        { "a million fields", "header-over-limit" },
        { "encoded words", "header-over-limit" },
        { "addresses", "header-over-limit" },
        { "RFC 2231 pieces", "header-over-limit" },
        { "parts", "over-parts" },
        { "nested multiparts", "over-depth" },
        { "nested messages", "over-depth" },
        { "header of an inner part", "header-over-limit" },
        { "lines of hyphens", "" },
        { "lines that nearly are a boundary", "mime-boundary" },
        { "readings of readings", "mime-duplicate-field" },
    };

    [Theory]
    [MemberData(nameof(Heavy))]
    public void Costs_little_and_is_a_finding(string what, string kind)
    {
        StringBuilder text = new();
        switch (what)
        {
            case "one folded field":
                text.Append("Subject: x\r\n").Insert(text.Length, " y\r\n", 500_000);
                break;
            case "one long field":
                text.Append("Subject: ").Append('x', 20_000_000);
                break;
            case "a million fields":
                text.Insert(0, "X-A: b\r\n", 1_000_000);
                break;
            case "encoded words":
                text.Append("Subject: ").Insert(text.Length, "=?utf-8?Q?a?= ", 200_000);
                break;
            case "addresses":
                text.Append("To: ").Insert(text.Length, "a@b.example, ", 200_000);
                break;
            case "RFC 2231 pieces":
                text.Append("Content-Disposition: attachment");
                for (int piece = 0; piece < 5_000; piece++) text.Append(";\r\n name*").Append(piece).Append("=a");
                text.Append("\r\n\r\nx");
                break;
            case "parts":
                text.Append("Content-Type: multipart/mixed; boundary=b\r\n\r\n").Insert(text.Length, "--b\r\n\r\nx\r\n", 500_000);
                break;
            case "nested multiparts":
                for (int level = 0; level < 20_000; level++) text.Append("Content-Type: multipart/mixed; boundary=b").Append(level).Append("\r\n\r\n--b").Append(level).Append("\r\n");
                break;
            case "nested messages":
                text.Insert(0, "Content-Type: message/rfc822\r\n\r\n", 100_000);
                break;
            case "header of an inner part":
                text.Append("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nSubject: ").Append('x', 5_000_000).Append("\r\n\r\n--b--\r\n");
                break;
            case "lines of hyphens":
                text.Append("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n").Insert(text.Length, new string('-', 998) + "\r\na--c--d--e--f\r\n", 10_000).Append("\r\n--b--\r\n");
                break;
            case "lines that nearly are a boundary":
                text.Append("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n").Insert(text.Length, "--bb\r\n", 200_000).Append("\r\n--b--\r\n");
                break;
            default:
                text.Append("Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
                for (int level = 0; level < 2_000; level++) text.Append("--b\r\nContent-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
                break;
        }

        byte[] message = Encoding.ASCII.GetBytes(text.ToString());
        RecordingSink sink = Walks.Walk(message);
        if (kind.Length > 0) Assert.Contains(kind, sink.Kinds);
        Assert.InRange(sink.Parts.Count, 1, Limits.Default.Parts + 1);
        Assert.InRange(sink.Findings.Count, 0, Limits.Default.Findings + 1);

        // In a file the same is found: the window must not be read anew for every line.
        using ScratchBytes file = new(message);
        RecordingSink again = new();
        new PartWalker(Walks.MailOnly, new TemporaryScratch()).Walk(file, new WalkJob(), again, TestContext.Current.CancellationToken);
        Assert.Equal(sink.Parts.Select(part => (part.Path, part.Sha256)), again.Parts.Select(part => (part.Path, part.Sha256)));
        Assert.InRange(file.BytesRead, 0, (message.Length * 40L) + (64L * 1024 * 1024));
    }

    [Fact]
    public void Multiparts_are_opened_up_to_the_limit()
    {
        StringBuilder text = new();
        for (int level = 0; level < 10; level++) text.Append("Content-Type: multipart/mixed; boundary=b").Append(level).Append("\n\n--b").Append(level).Append('\n');
        text.Append("\ndeep\n");
        byte[] message = Walks.Mail(text.ToString());
        Assert.DoesNotContain("over-depth", Walks.Walk(message).Kinds);
        Assert.Contains("over-depth", Walks.Walk(message, new WalkJob { Limits = Limits.Default with { MimeDepth = 9 } }).Kinds);
    }

    [Fact]
    public void Any_bytes_are_walked_and_come_back_unchanged()
    {
        Random random = new(7);
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = new byte[random.Next(0, 400)];
            random.NextBytes(bytes);
            for (int at = 0; at < bytes.Length; at++) if (random.Next(2) == 0) bytes[at] = (byte)"Content-Type: multipart/mixed; boundary=b\r\n--b"[random.Next(46)];
            Walks.Walk(bytes);
            (RebuildReport report, byte[] rebuilt, _) = Walks.Rebuild(bytes, new RebuildJob());
            Assert.Null(report.Failure);
            Assert.Equal(bytes, rebuilt);
        }
    }

    [Fact]
    public void The_skeleton_keeps_headers_and_texts_and_leaves_large_parts_out()
    {
        byte[] message = Walks.Mail("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nthe text\n--b\nContent-Type: application/x-a\nContent-Transfer-Encoding: base64\n\nZ29vZA==\n--b--\nepilogue\n");
        RecordingSink sink = Walks.Walk(message);
        string skeleton = Encoding.ASCII.GetString(sink.Leaves.Single(leaf => leaf.View == "skeleton").Bytes);
        Assert.Equal(Encoding.ASCII.GetString(message).Replace("Z29vZA==", "", StringComparison.Ordinal), skeleton);
    }

    /// <summary>Bytes that are not in memory, and count what is read.</summary>
    private sealed class ScratchBytes(byte[] content) : PartBytes
    {
        public long BytesRead { get; private set; }

        public override long Length => content.Length;

        public override int Read(long offset, Span<byte> buffer)
        {
            if (offset < 0 || offset >= content.Length) return 0;
            int count = (int)Math.Min(buffer.Length, content.Length - offset);
            content.AsSpan((int)offset, count).CopyTo(buffer);
            BytesRead += count;
            return count;
        }
    }
}
