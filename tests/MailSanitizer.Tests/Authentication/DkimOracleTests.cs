using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Authentication.Dkim;
using MailSanitizer.Sealing;
using MailSanitizer.Tests.Sealing;

namespace MailSanitizer.Tests.Authentication;

/// <summary>Signatures of dkimpy and opendkim, and ours, judged by all of them: the same bytes have to mean the same to everybody.</summary>
public sealed class DkimOracleTests
{
    private const string Header = "From: Alice Example <a@sender.example>\r\nTo: b@example.jp,\r\n\tc@example.jp\r\nSubject: =?utf-8?B?5pel5pys6Kqe?=  two  blanks \r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\nMIME-Version: 1.0\r\n";

    private static readonly TestKey Rsa = TestKey.Rsa("sender.example");
    private static readonly TestKey Ed = TestKey.Ed25519("sender.example");

    /// <summary>Layouts in which readers that write a message anew lose or gain bytes.</summary>
    private static readonly Dictionary<string, string> Layouts = new()
    {
        ["plain"] = Header + "Content-Type: text/plain\r\n\r\nHello.\r\n",
        ["empty body"] = Header + "\r\n",
        ["no body at all"] = Header,
        ["only empty lines"] = Header + "\r\n\r\n\r\n\r\n",
        ["empty lines at the end"] = Header + "\r\nHello.\r\n\r\n\r\n",
        ["no final line end"] = Header + "\r\nHello.",
        ["blanks at the end of lines"] = Header + "\r\nHello. \t \r\n  \r\n\tx  y\r\n",
        ["blank before the end without line end"] = Header + "\r\nHello.  x",
        ["line of blanks at the end"] = Header + "\r\nHello.\r\n   \r\n",
        ["blanks behind a boundary"] = Header + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b  \r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\t\r\n",
        ["empty part"] = Header + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n\r\n--b--\r\n",
        ["part without empty line"] = Header + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n--b--",
        ["bare line in a part's header"] = Header + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\nno colon here\r\n\r\nx\r\n--b--\r\n",
        ["unterminated multipart"] = Header + "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\r\nx",
        ["long line and raw bytes"] = Header + "\r\n" + new string('x', 3000) + "\u00E9\u00FF\r\n",
        ["empty values and repeated fields"] = "X-Empty:\r\nX-Empty: \r\nX-Same: 1\r\nX-Same: 2\r\n" + Header + "\r\nbody\r\n",
        ["folds of many kinds"] = "From:\r\n a@sender.example\r\nSubject: a\r\n b\r\n\t c \r\n  d\r\nTo:b@example.jp\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n\r\nbody\r\n",
    };

    [Fact]
    public async Task What_dkimpy_signs_we_verify_in_every_form_and_layout()
    {
        if (!Oracle.Exists) Assert.Skip("python3-dkim is not installed");
        (string Layout, TestKey Key, string Canon)[] cases = [.. Layouts.Keys.SelectMany(layout =>
            (string[])["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"],
            (layout, canon) => (layout, Rsa, canon)), .. Layouts.Keys.Select(layout => (layout, Ed, "relaxed/relaxed"))];
        JsonArray signatures = Oracle.Run(cases.Select(one => Oracle.Sign(TestKey.Bytes(Layouts[one.Layout]), one.Key, one.Canon)));
        FakeDns dns = new FakeDns().With(Rsa, Ed);
        byte[][] signed = [.. cases.Index().Select(one => (byte[])[.. Convert.FromBase64String((string)signatures[one.Index]!), .. TestKey.Bytes(Layouts[one.Item.Layout])])];
        JsonArray theirs = Oracle.Run(signed.Select(message => Oracle.Verify(message, 1, Rsa, Ed)));
        List<string> wrong = [];
        for (int at = 0; at < cases.Length; at++)
        {
            foreach (bool streamOnly in (bool[])[false, true])
            {
                DkimVerdict verdict = Assert.Single(await Judged.DkimAsync(signed[at], dns, streamOnly: streamOnly));
                bool they = theirs[at] is JsonArray list && (bool)list[0]!;
                if (!verdict.Passes || !they) wrong.Add($"{cases[at]}: ours {verdict.Result.Result} ({verdict.Result.Reason}), dkimpy {theirs[at]}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task What_was_changed_on_the_way_means_the_same_to_dkimpy_and_to_us()
    {
        if (!Oracle.Exists) Assert.Skip("python3-dkim is not installed");
        string text = Layouts["blanks at the end of lines"];
        string[] canons = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"];
        JsonArray signatures = Oracle.Run(canons.Select(canon => Oracle.Sign(TestKey.Bytes(text), Rsa, canon)));
        (string Name, Func<string, string> Change)[] changes =
        [
            ("nothing", all => all),
            ("blanks in a field", all => all.Replace("two  blanks", "two blanks", StringComparison.Ordinal)),
            ("case of a name", all => all.Replace("Subject:", "SUBJECT:", StringComparison.Ordinal)),
            ("unfolded", all => all.Replace("b@example.jp,\r\n\tc", "b@example.jp, c", StringComparison.Ordinal)),
            ("subject", all => all.Replace("two  blanks", "two  blancs", StringComparison.Ordinal)),
            ("blanks in the body", all => all.Replace("x  y", "x y", StringComparison.Ordinal)),
            ("blanks at a line end", all => all.Replace(". \t \r\n", ".\r\n", StringComparison.Ordinal)),
            ("empty lines at the end", all => all + "\r\n\r\n"),
            ("text at the end", all => all + "PS\r\n"),
            ("another subject on top", all => "Subject: other\r\n" + all),
            ("another subject below", all => all.Replace("MIME-Version", "Subject: other\r\nMIME-Version", StringComparison.Ordinal)),
            ("a field that is not signed", all => "X-New: 1\r\n" + all),
        ];
        (string Canon, string Change, byte[] Message)[] cases = [.. canons.Index().SelectMany(
            canon => changes, (canon, change) => (canon.Item, change.Name, TestKey.Bytes(change.Change(Encoding.Latin1.GetString(Convert.FromBase64String((string)signatures[canon.Index]!)) + text))))];
        JsonArray theirs = Oracle.Run(cases.Select(one => Oracle.Verify(one.Message, 1, Rsa)));
        FakeDns dns = new FakeDns().With(Rsa);
        for (int at = 0; at < cases.Length; at++)
        {
            DkimVerdict verdict = Assert.Single(await Judged.DkimAsync(cases[at].Message, dns));
            Assert.True(verdict.Passes == Accepts(theirs[at]), $"{cases[at].Canon} with {cases[at].Change}: ours {verdict.Result.Result}, dkimpy {theirs[at]}");
        }

        Assert.Contains(theirs, Accepts);
        Assert.Contains(theirs, one => !Accepts(one));

        // An error of dkimpy (it refuses a message with two fields where one may be) is no acceptance.
        static bool Accepts(JsonNode? answer) => answer is JsonArray list && (bool)list[0]!;
    }

    [Fact]
    public async Task What_opendkim_signs_we_verify()
    {
        if (!File.Exists("/usr/sbin/opendkim")) Assert.Skip("opendkim is not installed");
        FakeDns dns = new FakeDns().With(Rsa);
        foreach (string canon in (string[])["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"])
        {
            // opendkim's own reader of test files wants lines; layouts without a final line end are dkimpy's.
            foreach (string layout in (string[])["plain", "empty lines at the end", "blanks at the end of lines", "empty part", "bare line in a part's header"])
            {
                byte[] message = TestKey.Bytes(OpenDkim.Sign(Layouts[layout], Rsa, canon) + Layouts[layout]);
                DkimVerdict verdict = Assert.Single(await Judged.DkimAsync(message, dns));
                Assert.True(verdict.Passes, $"{canon} {layout}: {verdict.Result.Result} ({verdict.Result.Reason})");
            }
        }
    }

    [Fact]
    public async Task What_we_sign_all_of_them_verify()
    {
        if (!Oracle.Exists) Assert.Skip("python3-dkim is not installed");
        MailSigner signer = new([Rsa.Key, Ed.Key], TimeProvider.System);
        FakeDns dns = new FakeDns().With(Rsa, Ed);
        (string Layout, byte[] Message)[] signed = [.. Layouts.Select(one => (one.Key, (byte[])[.. signer.Sign(MemoryMail.Of(one.Value)).Span, .. TestKey.Bytes(one.Value)]))];
        JsonArray theirs = Oracle.Run(signed.Select(one => Oracle.Verify(one.Message, 2, Rsa, Ed)));
        for (int at = 0; at < signed.Length; at++)
        {
            IReadOnlyList<DkimVerdict> ours = await Judged.DkimAsync(signed[at].Message, dns, TimeProvider.System.GetUtcNow());
            Assert.Equal(["pass", "pass"], ours.Select(verdict => verdict.Result.Result));
            Assert.True(theirs[at] is JsonArray list && list.All(one => (bool)one!), $"{signed[at].Layout}: {theirs[at]}");
        }

        if (!File.Exists("/usr/sbin/opendkim")) return;
        foreach (string layout in (string[])["plain", "empty lines at the end", "empty part", "blanks at the end of lines"])
        {
            byte[] message = [.. new MailSigner([Rsa.Key], TimeProvider.System).Sign(MemoryMail.Of(Layouts[layout])).Span, .. TestKey.Bytes(Layouts[layout])];
            string results = OpenDkim.Verify(Encoding.Latin1.GetString(message), Rsa);
            Assert.True(results.Contains("dkim=pass", StringComparison.Ordinal), $"{layout}: {results}");
        }
    }
}

/// <summary>Debian's opendkim on one message.</summary>
internal static class OpenDkim
{
    public static string Sign(string message, TestKey key, string canon)
    {
        string output = Run(message, folder =>
        {
            File.WriteAllText(Path.Combine(folder, "key.pem"), key.Pem);
            return $"Mode s\nDomain {key.Domain}\nSelector {key.Selector}\nKeyFile {folder}/key.pem\nCanonicalization {canon}\nSyslog no\nRequireSafeKeys no\nInternalHosts 0.0.0.0/0\n";
        });
        return $"DKIM-Signature: {Inserted(output, "DKIM-Signature").ReplaceLineEndings("\r\n")}\r\n";
    }

    public static string Verify(string message, TestKey key) => Inserted(
        Run(message, folder =>
        {
            File.WriteAllText(Path.Combine(folder, "dns"), $"{key.RecordName} {key.Record}\n");
            return $"Mode v\nSyslog no\nTestDNSData {folder}/dns\nAlwaysAddARHeader yes\n";
        }),
        "Authentication-Results");

    private static string Run(string message, Func<string, string> configuration)
    {
        string folder = Directory.CreateTempSubdirectory("opendkim").FullName;
        File.WriteAllText(Path.Combine(folder, "conf"), configuration(folder));
        File.WriteAllBytes(Path.Combine(folder, "m.eml"), TestKey.Bytes(message));
        using Process process = Process.Start(new ProcessStartInfo("/usr/sbin/opendkim", ["-x", Path.Combine(folder, "conf"), "-t", Path.Combine(folder, "m.eml"), "-v", "-v"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        Directory.Delete(folder, recursive: true);
        return output;
    }

    private static string Inserted(string output, string name)
    {
        int start = output.IndexOf($"hname='{name}' hvalue='", StringComparison.Ordinal);
        if (start < 0) return output;
        start += $"hname='{name}' hvalue='".Length;
        return output[start..output.IndexOf("'\n", start, StringComparison.Ordinal)];
    }
}
