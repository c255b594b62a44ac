using System.CommandLine;
using System.Text.Json.Nodes;
using MailSanitizer.Audit;
using MailSanitizer.Mail;
using MailSanitizer.Pipeline;

namespace MailSanitizer.Cli;

/// <summary><c>audit show|verify|export|follow</c>. All but <c>show</c> read files only: no daemon, no lock, nothing written.</summary>
public static class AuditVerb
{
    private static readonly (string Name, string Help, string Text)[] Conditions =
    [
        ("id", "ID", "Message id"),
        ("address", "A", "Sender or recipient; a domain for all of it"),
        ("subject", "TEXT", "The whole subject; its keyed hash is compared"),
        ("hash", "SHA256", "SHA-256 of a part or a message"),
        ("rule", "RULE", "Rule id, or floor:FINDING"),
        ("decision", "WORD", "Decision"),
        ("action", "EVENT", "Event name (EVENTS.md)"),
        ("actor", "NAME", "Who did it"),
        ("since", "TIME", "At or after; without a zone UTC"),
        ("until", "TIME", "Before"),
    ];

    /// <summary>The verb.</summary>
    public static Command Command() => new("audit", "What happened to which mail, by whom, and that the record of it is whole")
    {
        Show(),
        Verify(),
        Export(),
        Follow(),
    };

    private static Command Show()
    {
        OperatorCommand command = new("audit.show", "Records that match, oldest first. Exit 0, 1 none", new AuditShowVerb(null!, null!).Render, hasActor: false);
        foreach ((string name, string help, string text) in Conditions) command.Text(name, help, text);
        return command.Number("skip", "Newest records to skip").Number("take", "Records at most, the newest (100)").Command;
    }

    private static Command Verify()
    {
        Option<string?> config = ConfigFile.Option();
        Option<bool> json = new("--json") { Description = "As JSON" };
        Option<string?> folder = new("--folder") { Description = "A copy of the audit folder (default: the one of the state folder)", HelpName = "DIR" };
        Option<string?> key = new("--public-key") { Description = "Public key as it was noted elsewhere: base64, or a file with it", HelpName = "KEY" };
        Option<string?> head = new("--head") { Description = "A signed head that was kept elsewhere", HelpName = "FILE" };
        Command command = new("verify", "Proves that no record was removed, altered, reordered or forged. Exit 0 whole, 2 broken, 64 usage") { config, json, folder, key, head };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            AuditOptions options = OperatorRooms.AuditOptionsOf(settings);
            string place = parsed.GetValue(folder) ?? options.Folder;
            // Nothing there is not a whole chain of no records.
            if (!Directory.Exists(place)) return OperatorCommand.Fail(ExitCode.Usage, $"{place}: there is no such folder");
            if (parsed.GetValue(head) is { } kept && !File.Exists(kept)) return OperatorCommand.Fail(ExitCode.Usage, $"{kept}: there is no such head");
            try
            {
                JsonObject arguments = new() { ["folder"] = place };
                if (parsed.GetValue(key) is { } given) arguments["public_key"] = File.Exists(given) ? await File.ReadAllTextAsync(given, cancellation) : given;
                if (parsed.GetValue(head) is { } file) arguments["head"] = file;
                AuditVerifyVerb verb = new(options);
                return OperatorCommand.Print(await verb.RunAsync(arguments, new Operator(OperatorCommand.LoginName, uint.MaxValue), cancellation), parsed.GetValue(json), verb.Render);
            }
            catch (Exception wrong) when (wrong is VerbArgumentException or InvalidDataException or FileNotFoundException or DirectoryNotFoundException)
            {
                return OperatorCommand.Fail(ExitCode.Usage, wrong.Message);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return OperatorCommand.Fail(ExitCode.TryAgain, failure.Message);
            }
        });
        return command;
    }

    private static Command Export()
    {
        Option<string?> output = new("--output", "-o") { Description = "Where the lines go (default: standard output)", HelpName = "FILE" };
        Command command = Reading("export", "All records that match, oldest first, a line each. Exit 0", async (reader, query, form, parsed, cancellation) =>
        {
            using PrivateFile? file = parsed.GetValue(output) is { } path ? PrivateFile.Create(path) : null;
            await using (StreamWriter? lines = file is null ? null : new StreamWriter(file.Stream, leaveOpen: true))
            {
                Action<string> write = lines is null ? Write : lines.WriteLine;
                if (AuditExport.Head(form) is { } first) write(first);
                await foreach (JsonObject record in reader.ExportAsync(query, cancellation)) write(AuditExport.Line(form, record));
            }

            file?.Keep();
        });
        command.Add(output);
        return command;
    }

    private static Command Follow()
    {
        Option<int> count = new("--count") { Description = "Ends after so many records (default: at Ctrl-C)", HelpName = "N", DefaultValueFactory = _ => int.MaxValue };
        Command command = Reading("follow", "Records as they are written, until Ctrl-C. Exit 0", async (reader, query, form, parsed, cancellation) =>
        {
            if (AuditExport.Head(form) is { } first) Write(first);
            int left = parsed.GetValue(count);
            if (left < 1) throw new VerbArgumentException("--count is a number from 1");
            await foreach (JsonObject record in reader.FollowAsync(query, cancellation))
            {
                Write(AuditExport.Line(form, record));
                if (--left == 0) break;
            }
        });
        command.Add(count);
        return command;
    }

    private static Command Reading(string name, string description, Func<AuditReader, AuditQuery, string, ParseResult, CancellationToken, Task> run)
    {
        Option<string?> config = ConfigFile.Option();
        Option<string> form = new("--as") { Description = "ecs, ocsf (for a SIEM) or csv", HelpName = "FORM", DefaultValueFactory = _ => "ecs" };
        form.AcceptOnlyFromAmong([.. AuditExport.Forms]);
        Option<string?> folder = new("--folder") { Description = "A copy of the audit folder (default: the one of the state folder)", HelpName = "DIR" };
        Command command = new(name, description) { config, form, folder };
        List<(string Name, Option<string?> Option)> conditions = [.. Conditions.Select(one => (one.Name, new Option<string?>($"--{one.Name}") { Description = one.Text, HelpName = one.Help }))];
        foreach ((_, Option<string?> option) in conditions) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            AuditOptions options = OperatorRooms.AuditOptionsOf(settings);
            string place = parsed.GetValue(folder) ?? options.Folder;
            if (!Directory.Exists(place)) return OperatorCommand.Fail(ExitCode.Usage, $"{place}: there is no such folder");
            JsonObject arguments = [];
            foreach ((string condition, Option<string?> option) in conditions)
            {
                if (parsed.GetValue(option) is { } text) arguments[condition] = text;
            }

            try
            {
                AuditQuery query = AuditShowVerb.QueryOf(arguments, subject => SubjectHash(options, subject));
                // Neither reading needs the index, and making one would write into the folder.
                await run(new AuditReader(place, null!, TimeProvider.System), query, parsed.GetValue(form)!, parsed, cancellation);
                return ExitCode.Ok;
            }
            catch (OperationCanceledException)
            {
                // An export that was cut short is none; who follows ends like this.
                return name == "follow" ? ExitCode.Ok : ExitCode.TryAgain;
            }
            catch (Exception wrong) when (wrong is VerbArgumentException or FileExistsException)
            {
                return OperatorCommand.Fail(ExitCode.Usage, wrong.Message);
            }
            catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                return OperatorCommand.Fail(ExitCode.TryAgain, failure.Message);
            }
        });
        return command;
    }

    // A file gets the records as they are; a terminal nothing that acts on it.
    private static void Write(string line) => Console.WriteLine(Console.IsOutputRedirected ? line : TerminalText.Safe(line));

    // Opening the key makes one where there is none: a reader must not.
    private static string SubjectHash(AuditOptions options, string subject) =>
        File.Exists(Path.Combine(options.KeyFolder, "audit-subject.key")) ? AuditRecord.SubjectHash(subject, SubjectKey.Open(options.KeyFolder))
            : throw new VerbArgumentException($"--subject needs the key of subjects, and {options.KeyFolder} has none");
}
