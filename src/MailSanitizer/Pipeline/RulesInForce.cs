using System.Globalization;
using System.Text.Json.Nodes;
using MailSanitizer.Configuration;
using MailSanitizer.Mail;
using MailSanitizer.Rules;

namespace MailSanitizer.Pipeline;

/// <summary>
/// The rule set that decides now. Looks at its files every few seconds and on a reload; a set is swapped whole or refused whole: a bad file leaves the good set in force
/// (DESIGN.md, "Rules"). A pass of a message takes <see cref="Current"/> once and keeps it.
/// </summary>
public sealed partial class RulesInForce : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly IAuditTrail _audit;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile RuleSet _current;
    private Settings _settings;
    private string _seen;
    private long _refused;

    private RulesInForce(RuleSet first, Settings settings, string seen, IAuditTrail audit, TimeProvider time, ILogger log)
    {
        (_current, _settings, _seen, _audit, _time, _log) = (first, settings, seen, audit, time, log);
    }

    /// <summary>The set in force.</summary>
    public RuleSet Current => _current;

    /// <summary>Sets that were refused since the start (count).</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>True while the files on disk are not what is in force, since they are wrong.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Reads the set that the settings name. For a start, and for the command line; throws <see cref="InvalidDataException"/> with every error.</summary>
    public static RuleSet Read(Settings settings)
    {
        RuleSetLoading loading = Load(settings);
        return loading.Set ?? throw new InvalidDataException("the rules cannot be used:\n" + string.Join('\n', loading.Errors));
    }

    /// <summary>Reads the first set; throws as <see cref="Read"/> does.</summary>
    public static async Task<RulesInForce> OpenAsync(Settings settings, IAuditTrail audit, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        string seen = Fingerprint(settings);
        RulesInForce rules = new(Read(settings), settings, seen, audit, time, log);
        await rules.TellLoadedAsync(cancellation);
        return rules;
    }

    /// <summary>Reads the set anew, for other settings or changed files. False when it was refused.</summary>
    public async Task<bool> ReloadAsync(Settings settings, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            _settings = settings;
            // Before the files are read: a change while they are read is seen the next time.
            _seen = Fingerprint(settings);
            RuleSetLoading loading = Load(settings);
            if (loading.Set is null)
            {
                Interlocked.Increment(ref _refused);
                IsStale = true;
                foreach (RuleError error in loading.Errors) LogError(error.ToString());
                LogRefused(_current.Hash[..12]);
                string first = loading.Errors[0].ToString();
                await _audit.AppendAsync(new AuditEvent("rules.refused", null, new JsonObject { ["rules"] = Describe(_current), ["event"] = new JsonObject { ["reason"] = first } }), cancellation);
                return false;
            }

            IsStale = false;
            if (loading.Set.Hash == _current.Hash) return true;
            _current = loading.Set;
            await TellLoadedAsync(cancellation);
            return true;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Looks at the files until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(LookEvery, _time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                if (Fingerprint(_settings) != _seen) await ReloadAsync(_settings, cancellation);
            }
            catch (IOException failure)
            {
                // The audit cannot be written: mail gets 451 already, and the next look tries again.
                _seen = "";
                LogError(failure.Message);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private static RuleSetLoading Load(Settings settings) =>
        RuleSetLoader.Load(settings.RulesShipped, settings.RulesSite, new RuleSetOptions { HoldWholeFor = settings.HoldWholeFor, HoldKeepFor = settings.HoldKeepFor });

    // Names, sizes and times of everything a set is made of: rules, lists, templates.
    private static string Fingerprint(Settings settings)
    {
        List<string> seen = [settings.RulesShipped.ToString(), settings.RulesSite ?? ""];
        foreach (string folder in new[] { settings.RulesShipped ? RuleSetLoader.ShippedFolder : null, settings.RulesSite }.OfType<string>())
        {
            try
            {
                foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
                    seen.Add(string.Create(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}"));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // In the middle of a change, or gone: loading says what is wrong.
                seen.Add(failure.Message);
            }
        }

        seen.Sort(StringComparer.Ordinal);
        return string.Join('\n', seen);
    }

    private static JsonObject Describe(RuleSet set) => new() { ["hash"] = set.Hash, ["count"] = set.Rules.Count };

    private async Task TellLoadedAsync(CancellationToken cancellation)
    {
        LogLoaded(_current.Rules.Count, _current.Hash[..12]);
        await _audit.AppendAsync(new AuditEvent("rules.loaded", null, new JsonObject { ["rules"] = Describe(_current) }), cancellation);
    }

    [LoggerMessage(1101, LogLevel.Information, "{Count} rules in force, set {Hash}")]
    private partial void LogLoaded(int count, string hash);

    [LoggerMessage(1102, LogLevel.Error, "{Error}")]
    private partial void LogError(string error);

    [LoggerMessage(1103, LogLevel.Error, "the rules were refused; set {Hash} stays in force")]
    private partial void LogRefused(string hash);
}
