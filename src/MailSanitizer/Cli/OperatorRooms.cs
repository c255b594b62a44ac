using MailSanitizer.Audit;
using MailSanitizer.Configuration;
using MailSanitizer.Control;
using MailSanitizer.Mail;
using MailSanitizer.Notices;
using MailSanitizer.Pipeline;
using MailSanitizer.Quarantine;
using MailSanitizer.Sealing;
using MailSanitizer.Storage;

namespace MailSanitizer.Cli;

/// <summary>The rooms that operators' verbs need, over a state folder that this process owns: what the daemon has open all the time, opened for one verb.</summary>
public static class OperatorRooms
{
    /// <summary>Every verb that a daemon answers, over its rooms.</summary>
    public static IReadOnlyList<IOperatorVerb> Verbs(EmbeddedStorage storage, AuditTrail audit, IContentWorkers workers, Release release, QuarantineOptions options, AuditOptions auditOptions, TimeProvider time) =>
    [
        new QuarantineListVerb(storage.Messages),
        new QuarantineShowVerb(storage.Messages, workers, audit),
        new QuarantineReleaseVerb(release),
        new QuarantineDeleteVerb(storage.Messages, audit),
        new QuarantineExportVerb(storage.Messages, audit, options),
        new QuarantineRekeyVerb(storage, audit),
        new QuarantineReindexVerb(storage, audit),
        new QueueListVerb(storage.Outbox),
        new QueueFlushVerb(storage.Outbox, audit, time),
        new QueueDeleteVerb(storage.Outbox, audit),
        new AuditShowVerb(new AuditReader(auditOptions.Folder, audit.Index, time), audit.SubjectHash),
    ];

    /// <summary>Where the audit lies and which keys it has.</summary>
    public static AuditOptions AuditOptionsOf(Settings settings) => new()
    {
        Folder = Path.Combine(settings.State, "audit"),
        KeyFolder = Path.Combine(settings.State, "keys"),
        KeepFor = settings.AuditKeepFor,
        SubjectInClear = settings.AuditSubjects,
        HeadFile = settings.AuditHeadFile,
        Syslog = settings.AuditSyslog,
    };

    /// <summary>Opens all of them. The caller holds the state folder's lock. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/> when one cannot be used.</summary>
    public static async Task<LocalVerbs> OpenAsync(Settings settings, ILoggerFactory logs, CancellationToken cancellation)
    {
        TimeProvider time = TimeProvider.System;
        Stack<Func<ValueTask>> closing = new();
        try
        {
            EmbeddedStorage storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = settings.State, LimitBytes = settings.StoreLimit }, time, cancellation);
            closing.Push(storage.DisposeAsync);
            AuditOptions auditOptions = AuditOptionsOf(settings);
            AuditTrail audit = AuditTrail.Open(auditOptions, time, logs.CreateLogger("MailSanitizer.Audit"));
            closing.Push(audit.DisposeAsync);
            ContentRooms content = ContentRooms.Open(settings, settings.State, Composition.Authenticator(settings, logs), new OwnCandidates(), time, logs);
            closing.Push(content.DisposeAsync);
            ISealer sealer = Composition.Sealer(settings, content.Spool, SecretKey.LoadOrCreate(Path.Combine(settings.State, "keys", "id.key")));
            NoticeOptions noticeOptions = new()
            {
                HostName = settings.AuthservId,
                From = settings.NoticesFrom,
                Operators = settings.NoticesOperator is { } address ? [address] : [],
                Digest = settings.NoticesDigest,
            };
            NoticeQueue notices = new(storage.Outbox, storage.NoticeLedger, audit, null, noticeOptions, time, logs.CreateLogger("MailSanitizer.Notices"));
            QuarantineOptions options = new()
            {
                HostName = settings.AuthservId,
                KeepFor = settings.QuarantineKeepFor,
                // The door of the message is not known any more: what its client proves must do, and inbound is the careful side.
                DirectionOf = (envelope, recipient) => content.Options.Directions.Of(envelope with { Recipients = [recipient] }, new ListenerFacts("quarantine", "after-queue", "auto"))[0],
            };
            Release release = new(storage.Messages, content.Workers, content.Scanner, sealer, content.Spool, audit, notices, options, time);
            ControlVerbs verbs = new(Verbs(storage, audit, content.Workers, release, options, auditOptions, time), logs.CreateLogger("MailSanitizer.Control"));
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
