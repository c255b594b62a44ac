using System.Text;
using System.Text.RegularExpressions;
using MailSanitizer.Mail;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Postfix;

/// <summary>One rig for the class, started by the first test that needs it: a fixture that starts at once could not skip.</summary>
public sealed class AfterQueueFixture : IAsyncDisposable
{
    private PostfixRig? _rig;

    internal async Task<PostfixRig> RigAsync() => _rig ??= await PostfixRig.StartAsync(
        beforeQueue: false,
        main: """
            message_size_limit = 300000
            virtual_alias_maps = inline:{ { team@rcpt.test = one@rcpt.test two@rcpt.test } }
            header_checks = regexp:{ { /^Subject: / PREPEND X-Checked: once } }
            relay_recipient_maps = inline:{ nobody@rcpt.test=x }
            smtpd_milters = inet:127.0.0.1:1
            milter_default_action = tempfail
            """,
        front: "relay_recipient_maps=\nsmtpd_milters=");

    public async ValueTask DisposeAsync()
    {
        if (_rig is not null) await _rig.DisposeAsync();
    }
}

/// <summary>Behind the queue of a real Postfix, with the shipped settings.</summary>
public sealed class AfterQueueTests(AfterQueueFixture fixture) : IClassFixture<AfterQueueFixture>
{
    [Fact]
    public async Task The_shipped_settings_hold()
    {
        PostfixRig rig = await fixture.RigAsync();
        int start = rig.Sink.Deliveries.Count;
        int envelopes = rig.Receiver.Envelopes.Count;
        // No line is a word that Postfix does not know.
        Assert.DoesNotContain("unused parameter", rig.Postfix.Settings);

        // Same bytes behind our field, however long a line is: lmtp_line_length_limit=0.
        const string Content = "Subject: first\r\nMessage-ID: <1@sender.test>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nFrom: alice@sender.test\r\nTo: team@rcpt.test\r\n\r\n..dots\r\n.\r\n";
        string longLine = new('x', 5000);
        byte[] content = Encoding.Latin1.GetBytes(Content.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + longLine + "\r\n\xE6\x97\xA5\r\n");
        Assert.StartsWith("250", await rig.SendAsync(content, " BODY=8BITMIME", "bob@rcpt.test"));
        Delivery first = (await rig.Sink.WaitAsync(start + 1, 90))[start];
        string expected = Content + longLine + "\r\n\xE6\x97\xA5\r\n";
        Assert.EndsWith(expected[expected.IndexOf("Message-ID", StringComparison.Ordinal)..], first.Text);

        // The log says whose mail it is: XFORWARD on both legs.
        Envelope envelope = rig.Receiver.Envelopes[envelopes];
        Assert.Equal("127.0.0.1", envelope.Client.Address);
        Assert.Equal("client.test", envelope.Client.Helo);
        Assert.Equal("ESMTP", envelope.Client.Protocol);
        Assert.NotNull(envelope.Client.Port);
        Assert.NotNull(envelope.Client.Source);
        Assert.Contains($"orig_queue_id={envelope.Client.Ident}", rig.Postfix.Log);

        // no_header_body_checks on the way back: checked once. no_milters: the dead milter would have given 451.
        Assert.Equal(1, Regex.Count(first.Text, "X-Checked: once"));
        // Three hops, three fields; ours is in the middle.
        Assert.Equal(3, Regex.Count(first.Text, "(?m)^Received: "));
        Assert.Contains("by ms.test (MailSanitizer) with LMTP id ", first.Text);

        // no_address_mappings on one side: aliases are expanded, and once. We see the address as it was written.
        Assert.StartsWith("250", await rig.SendAsync(content, "", "team@rcpt.test"));
        await rig.Sink.WaitAsync(start + 2, 90);
        await rig.Postfix.UntilAsync(() => rig.Postfix.Queued() == 0);
        Assert.Equal(["one@rcpt.test", "two@rcpt.test"], rig.Sink.Deliveries.Skip(start + 1).SelectMany(delivery => delivery.Recipients).Order());
        Assert.Equal("team@rcpt.test", rig.Receiver.Envelopes[envelopes + 1].Recipients.Single().Address);
        int taken = rig.Sink.Deliveries.Count;

        // message_size_limit is larger on the way back: a message that just fits in front is not bounced for our fields.
        string reply = "";
        int size = 299_600;
        for (; !reply.StartsWith("250", StringComparison.Ordinal); size -= 100)
        {
            Assert.True(size > 250_000, reply);
            reply = await rig.SendAsync(Encoding.ASCII.GetBytes("Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('y', 898) + "\r\n", size / 900)) + new string('z', size % 900) + "\r\n"));
        }

        // A hundred bytes more were too many in front; ours and Postfix's fields are more than that.
        Delivery last = (await rig.Sink.WaitAsync(taken + 1, 90))[taken];
        Assert.True(last.Length > size + 300, $"{last.Length} of {size}");
        Assert.DoesNotContain("status=bounced", rig.Postfix.Log);
    }

    [Fact]
    public async Task Signed_mail_still_verifies_behind_us()
    {
        PostfixRig rig = await fixture.RigAsync();
        string folder = Directory.CreateTempSubdirectory("ms-dkim-").FullName;
        try
        {
            string script = Path.Combine(folder, "sign.py");
            File.WriteAllText(script, """
                import sys, subprocess, dkim
                verb, key, path = sys.argv[1:4]
                if verb == "key":
                    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
                    sys.exit(0)
                public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
                import base64
                record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
                data = open(path, "rb").read()
                if verb == "sign":
                    canonical = sys.argv[4].encode().split(b"/")
                    sys.stdout.buffer.write(dkim.sign(data, b"s", b"sender.test", open(key, "rb").read(), canonicalize=tuple(canonical)) + data)
                else:
                    sys.exit(0 if dkim.verify(data, dnsfunc=lambda name, timeout=5: record) else 1)
                """);
            string key = Path.Combine(folder, "key.pem");
            Assert.SkipUnless(File.Exists("/usr/lib/python3/dist-packages/dkim/__init__.py"), "python3-dkim is not installed");
            PostfixServer.Run("/usr/bin/python3", script, "key", key, "-");
            string message = Path.Combine(folder, "message.eml");
            int count = 0;
            foreach (string canonical in new[] { "simple/simple", "relaxed/relaxed" })
            {
                string content = $"From: Alice <alice@sender.test>\r\nTo: bob@rcpt.test\r\nSubject:  two  blanks\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{count}@sender.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n日本語  \r\n{new string('x', 2000)}\r\n.dot\r\n\r\n\r\n";
                File.WriteAllBytes(message, Encoding.UTF8.GetBytes(content));
                string signed = Path.Combine(folder, "signed.eml");
                PostfixServer.Run("sh", "-c", $"/usr/bin/python3 {script} sign {key} {message} {canonical} > {signed}");
                byte[] wire = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(File.ReadAllBytes(signed)).Replace("\r\n.", "\r\n..", StringComparison.Ordinal));
                int before = rig.Sink.Deliveries.Count;
                Assert.StartsWith("250", await rig.SendAsync(wire, " BODY=8BITMIME"));
                Delivery delivery = (await rig.Sink.WaitAsync(before + 1, 90))[before];
                string arrived = Path.Combine(folder, $"arrived{count++}.eml");
                File.WriteAllBytes(arrived, delivery.Content);
                PostfixServer.Run("/usr/bin/python3", script, "verify", key, arrived);
                // The oracle can fail.
                File.WriteAllBytes(arrived, Encoding.Latin1.GetBytes(delivery.Text.Replace(".dot", "dot", StringComparison.Ordinal)));
                Assert.Throws<InvalidOperationException>(() => PostfixServer.Run("/usr/bin/python3", script, "verify", key, arrived));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Many_at_once_arrive_once_each()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/smtp-source"), "smtp-source is not installed");
        PostfixRig rig = await fixture.RigAsync();
        int before = rig.Sink.Deliveries.Count;
        PostfixServer.Run("smtp-source", "-s", "8", "-m", "30", "-l", "4000", "-N", "-f", "alice@sender.test", "-t", "many@rcpt.test", $"127.0.0.1:{rig.Postfix.Port}");
        await rig.Sink.WaitAsync(before + 30, 120);
        await rig.Postfix.UntilAsync(() => rig.Postfix.Queued() == 0);
        // -N numbers the recipients: each exactly once.
        string[] recipients = [.. rig.Sink.Deliveries.SelectMany(delivery => delivery.Recipients).Where(recipient => recipient.Contains("many"))];
        Assert.Equal(30, recipients.Length);
        Assert.Equal(30, recipients.Distinct().Count());
    }
}
