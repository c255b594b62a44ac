using MailSanitizer.Audit;
using MailSanitizer.Configuration;
using MailSanitizer.Control;
using MailSanitizer.Pipeline;
using MailSanitizer.Rules;
using MailSanitizer.Sealing;
using MailSanitizer.Storage;

namespace MailSanitizer.Cli;

/// <summary>The rooms that operators' verbs need, over a state folder that this process owns: what a daemon has open all the time, opened for one verb.</summary>
internal static class LocalRooms
{
    /// <summary>Opens all of them. The caller holds the state folder's lock. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/> when one cannot be used.</summary>
    public static async Task<LocalVerbs> OpenAsync(Settings settings, ILoggerFactory logs, CancellationToken cancellation)
    {
        TimeProvider time = TimeProvider.System;
        Stack<Func<ValueTask>> closing = new();
        try
        {
            EmbeddedStorage storage = await EmbeddedStorage.OpenAsync(OperatorRooms.StorageOptionsOf(settings), time, cancellation);
            closing.Push(storage.DisposeAsync);
            AuditTrail audit = AuditTrail.Open(OperatorRooms.AuditOptionsOf(settings), time, logs.CreateLogger("MailSanitizer.Audit"));
            closing.Push(audit.DisposeAsync);
            // Read when something is decided: a rule file that is wrong must not keep an auditor from looking.
            Lazy<RuleSet> rules = new(() => RulesInForce.Read(settings));
            HoldRooms holding = HoldRooms.Open(() => settings, storage, () => rules.Value, time);
            ContentRooms content = ContentRooms.Open(settings, settings.State, Composition.Authenticator(settings), holding.Candidates, time, logs);
            closing.Push(content.DisposeAsync);
            byte[] idKey = SecretKey.LoadOrCreate(Path.Combine(settings.State, "keys", "id.key"));
            Sealer sealer = new(Composition.SealingOptions(settings, idKey), content.Spool, time);
            ControlVerbs verbs = OperatorRooms.LocalVerbs(settings, storage, audit, content, holding, sealer, new IdField(idKey), time, logs);
            return new LocalVerbs(verbs, () => CloseAsync(closing));
        }
        catch
        {
            await CloseAsync(closing);
            throw;
        }
    }

    private static async ValueTask CloseAsync(Stack<Func<ValueTask>> closing)
    {
        while (closing.TryPop(out Func<ValueTask>? close)) await close();
    }
}
