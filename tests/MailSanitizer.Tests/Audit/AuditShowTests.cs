using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Audit;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Audit;

public sealed class AuditShowTests
{
    private static CancellationToken None => CancellationToken.None;

    private static async Task<(AuditRig Rig, AuditTrail Trail, AuditReader Reader)> WrittenAsync(int count = 60)
    {
        AuditRig rig = new(options => options with { RotateBytes = 8000 });
        AuditTrail trail = rig.Open();
        for (int number = 0; number < count; number++)
        {
            await trail.AppendAsync(AuditRig.Event(number, number % 10 == 0 ? "message.released" : "message.decided"), None);
            rig.Time.Advance(TimeSpan.FromMinutes(1));
        }

        return (rig, trail, new AuditReader(rig.Folder, trail.Index, rig.Time));
    }

    [Fact]
    public async Task Filters_find_what_they_name_newest_first_page_by_page()
    {
        (AuditRig rig, AuditTrail trail, AuditReader reader) = await WrittenAsync();
        await using AuditRig _ = rig;
        await using AuditTrail __ = trail;
        async Task<List<string>> From(AuditQuery query) => [.. (await reader.ShowAsync(query, None)).Select(record => (string?)record["email"]?["from"]?["address"] ?? "")];
        Assert.Equal(["s14@example.net"], await From(new AuditQuery { Address = "S14@example.net" }));
        Assert.Equal(9, (await From(new AuditQuery { Address = "r3@example.jp" })).Count);
        Assert.Equal(60, (await From(new AuditQuery { Address = "@example.net", Take = 1000 })).Count);
        Assert.Equal(["s50@example.net", "s40@example.net"], await From(new AuditQuery { Action = "message.released", Take = 2 }));
        Assert.Equal(["s30@example.net", "s20@example.net"], await From(new AuditQuery { Action = "message.released", Skip = 2, Take = 2 }));
        Assert.Equal(30, (await From(new AuditQuery { Decision = "quarantine" })).Count);
        Assert.Equal(20, (await From(new AuditQuery { Rule = "rule-2" })).Count);
        Assert.Equal(["s7@example.net"], await From(new AuditQuery { SubjectHash = trail.SubjectHash("見積書 7") }));
        Assert.Equal(["s8@example.net"], await From(new AuditQuery { Hash = Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(8))) }));
        Assert.Equal(["s12@example.net", "s11@example.net", "s10@example.net"], await From(new AuditQuery { Since = rig.Time.Start.AddMinutes(10), Until = rig.Time.Start.AddMinutes(13), Address = "@example.net" }));
        Assert.Equal(["s20@example.net"], await From(new AuditQuery { Rule = "rule-2", Decision = "deliver", Action = "message.released", Address = "r6@example.jp" }));
        Assert.Empty(await From(new AuditQuery { Address = "nobody@example.net" }));
        string id = (string)(await reader.ShowAsync(new AuditQuery { Address = "s5@example.net" }, None))[0]["email"]!["local_id"]!;
        Assert.Equal(["s5@example.net"], await From(new AuditQuery { Id = id }));
    }

    [Fact]
    public async Task The_index_can_be_deleted_and_does_not_invent()
    {
        (AuditRig rig, AuditTrail trail, AuditReader reader) = await WrittenAsync(20);
        await using AuditRig _ = rig;
        Assert.Single(await reader.ShowAsync(new AuditQuery { Address = "s14@example.net" }, None));
        await trail.DisposeAsync();
        string file = rig.Files.First(path => File.ReadAllText(path).Contains("s14@example.net", StringComparison.Ordinal));
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("s14@example.net", "s99@example.net", StringComparison.Ordinal));
        using (AuditIndex stale = new(rig.Folder)) Assert.Empty(await new AuditReader(rig.Folder, stale, rig.Time).ShowAsync(new AuditQuery { Address = "s14@example.net" }, None));
        foreach (string path in Directory.EnumerateFiles(rig.Folder, "index.db*")) File.Delete(path);
        using AuditIndex fresh = new(rig.Folder);
        Assert.Single(await new AuditReader(rig.Folder, fresh, rig.Time).ShowAsync(new AuditQuery { Address = "s99@example.net" }, None));
    }

    [Fact]
    public async Task Lines_for_people_hold_nothing_raw()
    {
        await using AuditRig rig = new();
        await using AuditTrail trail = rig.Open();
        await trail.AppendAsync(new AuditEvent("message.decided", Guid.CreateVersion7(), new JsonObject { ["part\u001b"] = "evil\u202E\u001b]0;title\u0007\u200B\nsecond", ["event"] = new JsonObject { ["reason"] = "\u001b[2J" } }), None);
        AuditShowVerb show = new(new AuditReader(rig.Folder, trail.Index, rig.Time), trail.SubjectHash);
        VerbReply reply = await show.RunAsync(new JsonObject { ["action"] = "message.decided" }, new Operator("a", 0), None);
        string text = show.Render(reply.Result);
        Assert.Equal(1, text.Count(letter => letter == '\n'));
        Assert.All(text, letter => Assert.True(letter == '\n' || !(char.IsControl(letter) || char.GetUnicodeCategory(letter) == System.Globalization.UnicodeCategory.Format), $"U+{(int)letter:X4}"));
        Assert.Contains("evil\\u{202E}\\u{1B}", text, StringComparison.Ordinal);
        Assert.Equal(1, (await show.RunAsync(new JsonObject { ["id"] = "none" }, new Operator("a", 0), None)).ExitCode);
    }

    [Fact]
    public async Task Verify_is_a_verb_with_an_exit_code()
    {
        await using AuditRig rig = new();
        await rig.WriteAsync(5);
        AuditVerifyVerb verify = new(rig.Options);
        VerbReply whole = await verify.RunAsync([], new Operator("a", 0), None);
        Assert.Equal((0, true), (whole.ExitCode, (bool)whole.Result["whole"]!));
        Assert.Contains("The chain is whole", verify.Render(whole.Result), StringComparison.Ordinal);
        rig.SetLines(rig.Lines().Where((_, at) => at != 3));
        VerbReply broken = await verify.RunAsync(new JsonObject { ["public_key"] = rig.PublicKey }, new Operator("a", 0), None);
        Assert.Equal((2, "removed", 4L), (broken.ExitCode, (string?)broken.Result["problem"]!["fault"], (long)broken.Result["problem"]!["seq"]!));
        Assert.Contains("BROKEN (removed) at record 4", verify.Render(broken.Result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exports_have_every_record_in_the_form_that_was_asked_for()
    {
        (AuditRig rig, AuditTrail trail, AuditReader reader) = await WrittenAsync(25);
        await using AuditRig _ = rig;
        await using AuditTrail __ = trail;
        foreach (string form in AuditExport.Forms)
        {
            List<string> lines = [];
            await foreach (JsonObject record in reader.ExportAsync(new AuditQuery { Address = "@example.net" }, None)) lines.Add(AuditExport.Line(form, record));
            Assert.Equal(25, lines.Count);
            Assert.All(lines, line => Assert.DoesNotContain('\n', line));
            if (form == "csv")
            {
                Assert.Equal(AuditExport.Head(form)!.Count(letter => letter == ','), lines[0].Count(letter => letter == ','));
                continue;
            }

            JsonNode first = JsonNode.Parse(lines[0])!;
            if (form == "ecs") Assert.Equal(["@timestamp", "ecs", "email", "event", "mailsanitizer"], first.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
            else Assert.Equal((4009, "s0@example.net"), ((int)first["class_uid"]!, (string)first["email"]!["from"]!));
        }

        Assert.Throws<ArgumentException>(() => AuditExport.Line("xml", []));
    }

    [Fact]
    public void A_spreadsheet_runs_nothing()
    {
        JsonObject record = new() { ["event"] = new JsonObject { ["reason"] = "=cmd|' /C calc'!A0", ["action"] = "a" }, ["user"] = new JsonObject { ["name"] = "x\",\"y" } };
        string line = AuditExport.Line("csv", record);
        Assert.Contains("\"'=cmd|' /C calc'!A0\"", line, StringComparison.Ordinal);
        Assert.Contains("\"x\"\",\"\"y\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follow_sees_records_as_they_come_across_files()
    {
        await using AuditRig rig = new(options => options with { RotateBytes = 3000 });
        await using AuditTrail trail = rig.Open();
        AuditReader reader = new(rig.Folder, trail.Index, TimeProvider.System);
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(30));
        List<string> seen = [];
        Task follow = Task.Run(async () =>
        {
            await foreach (JsonObject record in reader.FollowAsync(new AuditQuery { Action = "message.decided" }, stop.Token))
            {
                lock (seen) seen.Add((string)record["email"]!["from"]!["address"]!);
                if (seen.Count >= 20) return;
            }
        });
        // What is written before the follower looks for the first time is not its: records come until it has twenty.
        for (int number = 0; !follow.IsCompleted && !stop.IsCancellationRequested; number++)
        {
            await trail.AppendAsync(AuditRig.Event(number), None);
            await Task.Yield();
        }

        await follow;
        Assert.Equal(20, seen.Count);
        int first = int.Parse(seen[0].AsSpan(1, seen[0].IndexOf('@') - 1));
        Assert.Equal(Enumerable.Range(first, 20).Select(number => $"s{number}@example.net"), seen);
    }

    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    [InlineData("unix")]
    public async Task The_head_goes_to_syslog(string scheme)
    {
        await using AuditRig rig = new();
        using Socket server = scheme switch
        {
            "udp" => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp),
            "tcp" => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp),
            _ => new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified),
        };
        server.Bind(scheme == "unix" ? new UnixDomainSocketEndPoint(rig["log"]) : new IPEndPoint(IPAddress.Loopback, 0));
        if (scheme == "tcp") server.Listen();
        rig.Options = rig.Options with { Syslog = scheme == "unix" ? $"unix:{rig["log"]}" : $"{scheme}://127.0.0.1:{((IPEndPoint)server.LocalEndPoint!).Port}" };
        await rig.WriteAsync(3);
        byte[] buffer = new byte[4096];
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        string text;
        if (scheme == "tcp")
        {
            using Socket peer = await server.AcceptAsync(limit.Token);
            int got = 0;
            for (int part; (part = await peer.ReceiveAsync(buffer.AsMemory(got), limit.Token)) > 0;) got += part;
            text = Encoding.UTF8.GetString(buffer, 0, got);
            int space = text.IndexOf(' ', StringComparison.Ordinal);
            Assert.Equal(int.Parse(text.AsSpan(0, space)), text.Length - space - 1);
            text = text[(space + 1)..];
        }
        else
        {
            text = Encoding.UTF8.GetString(buffer, 0, await server.ReceiveAsync(buffer.AsMemory(), limit.Token));
        }

        Assert.Matches(@"^<109>1 2026-11-24T09:00:00\.000Z \S+ mailsanitizer \d+ audit-head - audit-head seq=4 hash=[0-9a-f]{64} file=000000000001-20261124\.jsonl key=[0-9a-f]{16} signature=\S+$", text);
        Assert.Contains(rig.Verify().HeadHash, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tls_to_a_server_that_nobody_vouches_for_is_not_used_and_stops_nothing()
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using X509Certificate2 usable = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task<bool> handshake = Task.Run(async () =>
        {
            try
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                using SslStream stream = new(client.GetStream());
                await stream.AuthenticateAsServerAsync(usable);
                return await stream.ReadAsync(new byte[10]) > 0;
            }
            catch (Exception failure) when (failure is IOException or System.Security.Authentication.AuthenticationException)
            {
                return false;
            }
        });
        await using AuditRig rig = new(options => options with { Syslog = $"tls://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}" });
        await rig.WriteAsync(2);
        Assert.False(await handshake);
        Assert.True(rig.Verify().IsWhole);
    }

    [Theory]
    [InlineData("http://x")]
    [InlineData("syslog")]
    [InlineData("unix:relative")]
    public void A_wrong_syslog_address_is_refused(string address) => Assert.Null(SyslogSender.Parse(address));

    [Fact]
    public async Task A_copy_of_the_head_lies_elsewhere_and_its_loss_stops_nothing()
    {
        await using AuditRig rig = new();
        rig.Options = rig.Options with { HeadFile = rig["elsewhere.json"] };
        await rig.WriteAsync(2);
        Assert.True(rig.Verify(rig["elsewhere.json"]).IsWhole);
        rig.Options = rig.Options with { HeadFile = rig["not/there/head.json"] };
        await rig.WriteAsync(2);
        Assert.True(rig.Verify().IsWhole);
        JsonObject head = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(rig["elsewhere.json"]))!;
        head["seq"] = 1;
        await File.WriteAllTextAsync(rig["elsewhere.json"], head.ToJsonString());
        Assert.Equal(AuditFault.Forged, rig.Verify(rig["elsewhere.json"]).Problem?.Fault);
    }
}
