using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace MailSanitizer.Tests.Servers;

/// <summary>
/// A Postfix instance of its own on ports of the loopback: in at <see cref="Port"/>, to the filter, back at <see cref="BackPort"/>, on to a receiving server. The
/// filter's settings are the shipped files under src/MailSanitizer/Deployment/postfix with the ports exchanged, so that each of their lines is tested.
/// </summary>
public sealed class PostfixServer : IDisposable
{
    private readonly string _folder;

    private PostfixServer(string folder, int port, int backPort)
    {
        _folder = folder;
        Port = port;
        BackPort = backPort;
    }

    /// <summary>Where mail goes in.</summary>
    public int Port { get; }

    /// <summary>Where the filter hands it back: its next hop.</summary>
    public int BackPort { get; }

    /// <summary>Whether one can be started: root, and the package.</summary>
    public static bool CanRun => Environment.UserName == "root" && File.Exists("/usr/sbin/postfix");

    /// <summary>The mail log so far.</summary>
    public string Log => File.Exists(Path.Combine(_folder, "log/maillog")) ? File.ReadAllText(Path.Combine(_folder, "log/maillog")) : "";

    /// <summary>What postconf(1) says of the settings, its warnings included.</summary>
    public string Settings => Run("postconf", "-c", Configuration, "-n") + Run("postconf", "-c", Configuration, "-P");

    private string Configuration => Path.Combine(_folder, "etc");

    /// <summary>Starts one and waits until it takes connections.</summary>
    /// <param name="beforeQueue">The filter is a proxy before the queue; else a content filter behind it.</param>
    /// <param name="filterPort">Where the filter listens.</param>
    /// <param name="sinkPort">Where mail for <c>*.test</c> is delivered in the end.</param>
    /// <param name="backPort">Port for the way back, chosen before the filter was started.</param>
    /// <param name="main">Further lines of main.cf.</param>
    /// <param name="front">Further <c>-o name=value</c> lines of the service in front.</param>
    public static PostfixServer Start(bool beforeQueue, int filterPort, int sinkPort, int backPort, string main = "", string front = "")
    {
        PostfixServer server = new(Directory.CreateTempSubdirectory("ms-postfix-").FullName, FreePort.Take(), backPort);
        server.Write(beforeQueue, filterPort, sinkPort, main, front);
        try
        {
            // Its children run as other users and must reach the folder.
            Run("chmod", "755", server._folder);
            Run("chown", "postfix:", Path.Combine(server._folder, "data"));
            server.Postfix("set-permissions", mayFail: true);
            server.Postfix("check");
            server.Postfix("start");
            Stopwatch watch = Stopwatch.StartNew();
            while (!Connects(server.Port) || !Connects(backPort))
            {
                if (watch.Elapsed.TotalSeconds > 60) throw new TimeoutException($"Postfix does not listen: {server.Log}");
                Thread.Sleep(20);
            }

            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Messages in the queue.</summary>
    public int Queued() => new[] { "incoming", "active", "deferred", "maildrop" }.Sum(queue =>
        Directory.Exists(Path.Combine(_folder, "spool", queue)) ? Directory.EnumerateFiles(Path.Combine(_folder, "spool", queue), "*", SearchOption.AllDirectories).Count() : 0);

    /// <summary>Tries every queued message again now. Only a hint: the queue is run every two seconds anyway.</summary>
    public void Flush() => RunWith("postqueue", null, mayFail: true, "-c", Configuration, "-f");

    /// <summary>Waits for something to come true; throws with the log when it does not.</summary>
    public async Task UntilAsync(Func<bool> condition, int seconds = 60)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
        {
            if (watch.Elapsed.TotalSeconds > seconds) throw new TimeoutException(Log);
        }
    }

    public void Dispose()
    {
        Postfix("stop", mayFail: true);
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A child that is just ending may still write; the folder lies in /tmp.
        }
    }

    /// <summary>Sends a message in, from alice@sender.test to bob@rcpt.test, and waits for its 250.</summary>
    public async Task SendAsync(string message)
    {
        await using WireClient client = await WireClient.ConnectAsync(Port);
        await client.ExpectAsync(220);
        await client.CommandAsync("EHLO client.test", 250);
        await client.CommandAsync("MAIL FROM:<alice@sender.test> BODY=8BITMIME", 250);
        await client.CommandAsync("RCPT TO:<bob@rcpt.test>", 250);
        await client.CommandAsync("DATA", 354);
        await client.SendUtf8Async(message.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\n");
        await client.ExpectAsync(250);
    }

    /// <summary>Runs a program and gives what it printed; throws when it fails.</summary>
    public static string Run(string program, params string[] arguments) => RunWith(program, null, mayFail: false, arguments);

    /// <summary>Runs a program with input, and may let it fail.</summary>
    public static string RunWith(string program, byte[]? input, bool mayFail, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (input is not null) process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        // A daemon that the program left running keeps the pipes open: what it says later is not waited for.
        Task.WaitAll([error, output], TimeSpan.FromSeconds(2));
        string said = (output.IsCompleted ? output.Result : "") + (error.IsCompleted ? error.Result : "");
        if (process.ExitCode != 0 && !mayFail) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {process.ExitCode} {said}");
        return said;
    }

    private static bool Connects(int port)
    {
        try
        {
            using TcpClient client = new("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Shipped(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MailSanitizer.sln"))) folder = folder.Parent;
        return File.ReadAllText(Path.Combine(folder!.FullName, "src/MailSanitizer/Deployment/postfix", name));
    }

    private void Postfix(string verb, bool mayFail = false) => RunWith("postfix", null, mayFail, "-c", Configuration, verb);

    private void Write(bool beforeQueue, int filterPort, int sinkPort, string main, string front)
    {
        foreach (string part in new[] { "etc", "spool", "data", "log" }) Directory.CreateDirectory(Path.Combine(_folder, part));
        string Ports(string text) => Regex.Replace(text, "10024|10025", port => (port.Value == "10024" ? filterPort : BackPort).ToString(CultureInfo.InvariantCulture), RegexOptions.None, TimeSpan.FromSeconds(1));
        File.WriteAllText(Path.Combine(Configuration, "main.cf"), $"""
            compatibility_level = 3.6
            queue_directory = {_folder}/spool
            data_directory = {_folder}/data
            command_directory = /usr/sbin
            daemon_directory = /usr/lib/postfix/sbin
            meta_directory = /etc/postfix
            shlib_directory = /usr/lib/postfix
            mail_owner = postfix
            setgid_group = postdrop
            sendmail_path = /usr/sbin/sendmail
            newaliases_path = /usr/bin/newaliases
            mailq_path = /usr/bin/mailq
            html_directory = no
            manpage_directory = /usr/share/man
            sample_directory = no
            readme_directory = no
            maillog_file = {_folder}/log/maillog
            maillog_file_prefixes = /var, /dev/stdout, {_folder}
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            myhostname = mx.lab.test
            mydomain = lab.test
            myorigin = lab.test
            mynetworks = 127.0.0.0/8
            mydestination =
            alias_maps =
            alias_database =
            local_recipient_maps =
            local_transport = error:no local delivery
            relay_domains = rcpt.test
            relay_transport = sink:[127.0.0.1]:{sinkPort}
            default_transport = error:no mail leaves the laboratory
            smtp_dns_support_level = disabled
            smtp_host_lookup = native
            smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
            smtpd_peername_lookup = no
            smtputf8_enable = yes
            minimal_backoff_time = 2s
            maximal_backoff_time = 4s
            queue_run_delay = 2s
            {main}
            {(beforeQueue ? "" : Ports(Shipped("after-queue.main.cf")))}

            """.Replace("\r", "", StringComparison.Ordinal));
        string master = Ports(Shipped(beforeQueue ? "before-queue.master.cf" : "after-queue.master.cf"));
        string own = string.Concat(front.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"  -o {line.Trim()}\n"));
        string entrance = $"127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)} inet n - n - 50 smtpd\n" + own;
        // Before the queue the shipped entrance is used, on our port; the further lines go behind its own.
        if (beforeQueue) master = master.Replace("smtp inet n - n - 50 smtpd\n", entrance, StringComparison.Ordinal);
        else master = entrance + master;
        if (!master.Contains(entrance, StringComparison.Ordinal)) throw new InvalidOperationException("the shipped before-queue.master.cf has another entrance");
        File.WriteAllText(Path.Combine(Configuration, "master.cf"), master + """

            sink unix - - n - - smtp
              -o smtp_line_length_limit=0
            pickup unix n - n 60 1 pickup
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            tlsmgr unix - - n 1000? 1 tlsmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            verify unix - - n - 1 verify
            flush unix n - n 1000? 0 flush
            proxymap unix - - n - - proxymap
            proxywrite unix - - n - 1 proxymap
            showq unix n - n - - showq
            error unix - - n - - error
            retry unix - - n - - error
            discard unix - - n - - discard
            anvil unix - - n - 1 anvil
            scache unix - - n - 1 scache
            postlog unix-dgram n - n - 1 postlogd

            """);
        // Only to silence the default instance: the package leaves none.
        try
        {
            if (!File.Exists("/etc/postfix/main.cf")) File.Copy("/usr/share/postfix/main.cf.debian", "/etc/postfix/main.cf");
        }
        catch (IOException)
        {
            // Another test was first, or the distribution has no such file: a warning more in its output.
        }
    }
}
