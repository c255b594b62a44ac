using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using MailSanitizer.Configuration;
using MailSanitizer.Control;
using MailSanitizer.Mail;

namespace MailSanitizer.Cli;

/// <summary>
/// A verb of the command line that the daemon answers, or this process when none runs: reads options into arguments, asks, prints.
/// </summary>
internal sealed class OperatorCommand
{
    private readonly Option<string?> _config = ConfigFile.Option();
    private readonly Option<bool> _json = new("--json") { Description = "As JSON" };
    private readonly Option<string?>? _actor;
    private readonly List<Action<ParseResult, JsonObject>> _read = [];
    private readonly string _verb;
    private readonly Func<JsonObject, string> _render;

    /// <summary>A verb <paramref name="verb"/> (<c>quarantine.list</c>) whose last word is its name here.</summary>
    public OperatorCommand(string verb, string description, Func<JsonObject, string> render, bool hasActor = true)
    {
        _verb = verb;
        _render = render;
        Command = new Command(verb[(verb.IndexOf('.', StringComparison.Ordinal) + 1)..], description) { _config, _json };
        if (hasActor) Command.Add(_actor = new("--actor") { Description = "Your name in the audit (default: the name you logged in with)", HelpName = "NAME" });
        Command.SetAction((parsed, cancellation) => RunAsync(parsed, null, cancellation));
    }

    /// <summary>The command.</summary>
    public Command Command { get; }

    /// <summary>The name of who logged in: behind sudo the one who called it.</summary>
    public static string LoginName => Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } caller ? caller : Environment.UserName;

    /// <summary>An argument that must stand there.</summary>
    public OperatorCommand Argument(string key, string name, string description)
    {
        Argument<string> argument = new(name) { Description = description };
        Command.Add(argument);
        _read.Add((parsed, arguments) => arguments[key] = parsed.GetValue(argument));
        return this;
    }

    /// <summary>An option with a text.</summary>
    public OperatorCommand Text(string name, string helpName, string description, bool required = false)
    {
        Option<string?> option = new($"--{name}") { Description = description, HelpName = helpName, Required = required };
        Command.Add(option);
        _read.Add((parsed, arguments) =>
        {
            if (parsed.GetValue(option) is { } text) arguments[name] = text;
        });
        return this;
    }

    /// <summary>An option that may be given several times.</summary>
    public OperatorCommand Texts(string name, string helpName, string description)
    {
        Option<string[]> option = new($"--{name}") { Description = description, HelpName = helpName };
        Command.Add(option);
        _read.Add((parsed, arguments) =>
        {
            if (parsed.GetValue(option) is { Length: > 0 } texts) arguments[name] = new JsonArray([.. texts.Select(text => (JsonNode)text)]);
        });
        return this;
    }

    /// <summary>An option with a number.</summary>
    public OperatorCommand Number(string name, string description)
    {
        Option<int?> option = new($"--{name}") { Description = description, HelpName = "N" };
        Command.Add(option);
        _read.Add((parsed, arguments) =>
        {
            if (parsed.GetValue(option) is { } number) arguments[name] = number;
        });
        return this;
    }

    /// <summary>A switch; <paramref name="key"/> gets <paramref name="value"/> when it is given.</summary>
    public OperatorCommand Switch(string name, string key, bool value, string description)
    {
        Option<bool> option = new($"--{name}") { Description = description };
        Command.Add(option);
        _read.Add((parsed, arguments) =>
        {
            if (parsed.GetValue(option)) arguments[key] = value;
        });
        return this;
    }

    /// <summary>A secret: asked for without an echo, or the first line of standard input. Never an argument, which every process of the machine can read.</summary>
    public OperatorCommand Secret(string key, string prompt)
    {
        _read.Add((_, arguments) => arguments[key] = SecretInput.Read(prompt));
        return this;
    }

    /// <summary>The bytes behind the answer go to the file that <c>-o</c> names.</summary>
    public OperatorCommand Output(string description)
    {
        Option<string> output = new("--output", "-o") { Description = description, HelpName = "FILE", Required = true };
        Command.Add(output);
        Command.SetAction((parsed, cancellation) => RunAsync(parsed, parsed.GetValue(output), cancellation));
        return this;
    }

    /// <summary>The answer on the terminal; returns the exit code.</summary>
    public static int Print(VerbReply reply, bool json, Func<JsonObject, string> render)
    {
        // The default encoder: what is not ASCII is escaped, so that no stranger's text acts on a terminal.
        if (json && (reply.Ok || reply.Result.Count > 0)) Console.WriteLine(reply.Result.ToJsonString(Indented));
        else if (reply.Ok) Console.Write(render(reply.Result));
        if (!reply.Ok) Console.Error.WriteLine($"mailsanitizer: {TerminalText.Safe(reply.Error ?? "refused")}");
        return reply.ExitCode;
    }

    /// <summary>Says why not; returns the exit code.</summary>
    public static int Fail(int exitCode, string text)
    {
        Console.Error.WriteLine($"mailsanitizer: {TerminalText.Safe(text)}");
        return exitCode;
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private async Task<int> RunAsync(ParseResult parsed, string? output, CancellationToken cancellation)
    {
        if (ConfigFile.Read(parsed.GetValue(_config)) is not { } settings) return ExitCode.Usage;
        if (!Directory.Exists(settings.State)) return Fail(ExitCode.Usage, $"{settings.State}: there is no such state folder; --config names the daemon's configuration");
        string actor = (_actor is null ? null : parsed.GetValue(_actor)) ?? LoginName;
        if (string.IsNullOrWhiteSpace(actor) || actor.Length > 256) return Fail(ExitCode.Usage, "--actor is a name of 1 to 256 characters");
        JsonObject arguments = [];
        foreach (Action<ParseResult, JsonObject> read in _read) read(parsed, arguments);
        // As a daemon would see it: what it refuses unread is a wrong argument here, not a broken connection.
        ControlRequest request = new(_verb, actor, arguments);
        if (request.ToLine().Length > ControlRequest.MaxBytes) return Fail(ExitCode.Usage, "the arguments are too long");
        try
        {
            using PrivateFile? file = output is null ? null : PrivateFile.Create(output);
            VerbReply reply = await AskAsync(settings, request, file?.Stream, cancellation);
            if (reply.Ok && file is not null) file.Keep();
            return Print(reply, parsed.GetValue(_json), _render);
        }
        catch (FileExistsException exists)
        {
            return Fail(ExitCode.Usage, exists.Message);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return Fail(ExitCode.TryAgain, failure.Message);
        }
    }

    private static async Task<VerbReply> AskAsync(Settings settings, ControlRequest request, Stream? content, CancellationToken cancellation)
    {
        using ILoggerFactory logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace));
        return await ControlClient.RunAsync(settings.State, request, () => LocalRooms.OpenAsync(settings, logs, cancellation), content, cancellation);
    }
}
