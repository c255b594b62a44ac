using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Control;
using MailSanitizer.Mail;
using MailSanitizer.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Tests.Control;

public sealed class ControlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private sealed class Verb(string name, Func<JsonObject, Operator, VerbReply> run) : IOperatorVerb
    {
        public string Name => name;

        public Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation) => Task.FromResult(run(arguments, by));

        public string Render(JsonObject result) => result.ToJsonString();
    }

    private static ControlVerbs Verbs() => new(
        [
            new Verb("test.echo", (arguments, by) => VerbReply.Done(new JsonObject { ["said"] = arguments.RequiredText("say"), ["by"] = by.Name, ["uid"] = by.UserId })),
            new Verb("test.bytes", (_, _) => VerbReply.Done(new JsonObject { ["ok"] = true }) with { Content = new BytesOf(new byte[3_000_000]) }),
            new Verb("test.disk", (_, _) => throw new IOException("disk full")),
            new Verb("test.bug", (_, _) => throw new InvalidOperationException("a bug")),
        ],
        NullLogger.Instance);

    private ControlSocket Listen() => ControlSocket.Listen(_folder.Path, Verbs(), TimeProvider.System, NullLogger.Instance);

    private Task<VerbReply?> AskAsync(string verb, JsonObject? arguments = null, Stream? content = null) =>
        ControlClient.TryAskAsync(_folder.Path, new ControlRequest(verb, "auditor", arguments ?? []), content, CancellationToken.None);

    private async Task<string> RawAsync(byte[] bytes, bool shutDown = true)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_folder["control.sock"]));
        try
        {
            await socket.SendAsync(bytes);
            if (shutDown) socket.Shutdown(SocketShutdown.Send);
            byte[] buffer = new byte[64 * 1024];
            int got = await socket.ReceiveAsync(buffer);
            return Encoding.UTF8.GetString(buffer, 0, got);
        }
        catch (SocketException)
        {
            return "";
        }
    }

    [Fact]
    public void One_owner_at_a_time()
    {
        using (StateLock? first = StateLock.TryTake(_folder["state"]))
        {
            Assert.NotNull(first);
            Assert.Null(StateLock.TryTake(_folder["state"]));
        }

        using StateLock? next = StateLock.TryTake(_folder["state"]);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_verb_is_answered_with_who_asked()
    {
        await using ControlSocket socket = Listen();
        VerbReply? reply = await AskAsync("test.echo", new JsonObject { ["say"] = "こんにちは\n二行目" });
        Assert.True(reply!.Ok);
        Assert.Equal(("こんにちは\n二行目", "auditor"), ((string?)reply.Result["said"], (string?)reply.Result["by"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["control.sock"]));
    }

    [Fact]
    public async Task Bytes_come_behind_the_answer()
    {
        await using ControlSocket socket = Listen();
        using MemoryStream content = new();
        VerbReply? reply = await AskAsync("test.bytes", content: content);
        Assert.True(reply!.Ok);
        Assert.Equal(3_000_000, content.Length);
    }

    [Theory]
    [InlineData("test.echo", 64)]
    [InlineData("test.none", 64)]
    [InlineData("test.disk", 75)]
    [InlineData("test.bug", 70)]
    public async Task What_goes_wrong_is_an_answer(string verb, int exit)
    {
        await using ControlSocket socket = Listen();
        VerbReply? reply = await AskAsync(verb);
        Assert.Equal((false, exit), (reply!.Ok, reply.ExitCode));
        Assert.NotNull(reply.Error);
        Assert.DoesNotContain("a bug", reply.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("{}\n")]
    [InlineData("[1]\n")]
    [InlineData("not json\n")]
    [InlineData("{\"v\":2,\"verb\":\"test.echo\",\"actor\":\"a\",\"arguments\":{}}\n")]
    [InlineData("{\"v\":1,\"verb\":\"test.echo\",\"verb\":\"test.bug\",\"actor\":\"a\",\"arguments\":{}}\n")]
    [InlineData("{\"v\":1,\"verb\":\"test.echo\",\"actor\":\"\",\"arguments\":{}}\n")]
    [InlineData("{\"v\":1,\"verb\":\"test.echo\",\"actor\":\"a\",\"arguments\":[]}\n")]
    [InlineData("no line end")]
    public async Task What_is_no_request_is_refused(string line)
    {
        await using ControlSocket socket = Listen();
        Assert.Contains("\"exit\":64", await RawAsync(Encoding.UTF8.GetBytes(line)), StringComparison.Ordinal);
        Assert.True((await AskAsync("test.echo", new JsonObject { ["say"] = "still here" }))!.Ok);
    }

    [Fact]
    public async Task An_endless_line_ends()
    {
        await using ControlSocket socket = Listen();
        byte[] much = new byte[3 * 1024 * 1024];
        much.AsSpan().Fill((byte)'a');
        string answer = await RawAsync(much, shutDown: false);
        Assert.True(answer.Length == 0 || answer.Contains("\"exit\":64", StringComparison.Ordinal), answer);
        Assert.True((await AskAsync("test.echo", new JsonObject { ["say"] = "still here" }))!.Ok);
    }

    [Fact]
    public async Task Many_at_once_are_all_answered()
    {
        await using ControlSocket socket = Listen();
        VerbReply?[] replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(number => AskAsync("test.echo", new JsonObject { ["say"] = $"{number}" })));
        Assert.Equal(Enumerable.Range(0, 200).Select(number => $"{number}"), replies.Select(reply => (string?)reply!.Result["said"]));
    }

    [Fact]
    public async Task Without_a_daemon_the_verb_runs_here_under_the_lock()
    {
        bool closed = false;
        ControlRequest request = new("test.echo", "auditor", new JsonObject { ["say"] = "local" });
        Task<LocalVerbs> Local()
        {
            Assert.Null(StateLock.TryTake(_folder.Path));
            return Task.FromResult(new LocalVerbs(Verbs(), () =>
            {
                closed = true;
                return ValueTask.CompletedTask;
            }));
        }

        VerbReply reply = await ControlClient.RunAsync(_folder.Path, request, Local, null, CancellationToken.None);
        Assert.Equal("local", (string?)reply.Result["said"]);
        Assert.True(closed);
        using StateLock? free = StateLock.TryTake(_folder.Path);
        Assert.NotNull(free);
    }

    [Fact]
    public async Task With_a_daemon_the_verb_runs_there()
    {
        using StateLock? owner = StateLock.TryTake(_folder.Path);
        await using ControlSocket socket = Listen();
        VerbReply reply = await ControlClient.RunAsync(
            _folder.Path, new ControlRequest("test.echo", "auditor", new JsonObject { ["say"] = "there" }), () => throw new InvalidOperationException("not here"), null, CancellationToken.None);
        Assert.Equal("there", (string?)reply.Result["said"]);
        Assert.NotEqual(uint.MaxValue, (uint)reply.Result["uid"]!);
    }

    [Fact]
    public async Task A_socket_left_by_a_dead_daemon_does_not_count()
    {
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)) dead.Bind(new UnixDomainSocketEndPoint(_folder["left.sock"]));
        if (File.Exists(_folder["left.sock"])) File.Move(_folder["left.sock"], _folder["control.sock"]);
        else await File.WriteAllTextAsync(_folder["control.sock"], "");
        VerbReply reply = await ControlClient.RunAsync(
            _folder.Path, new ControlRequest("test.echo", "auditor", new JsonObject { ["say"] = "local" }), () => Task.FromResult(new LocalVerbs(Verbs(), () => ValueTask.CompletedTask)), null, CancellationToken.None);
        Assert.True(reply.Ok);
        await using ControlSocket socket = Listen();
        Assert.True((await AskAsync("test.echo", new JsonObject { ["say"] = "new" }))!.Ok);
    }
}
