using MailSanitizer.Audit;
using MailSanitizer.Configuration;
using MailSanitizer.Control;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Notices;
using MailSanitizer.Quarantine;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>The rooms that serve people: notices, quarantine, the verbs behind the control socket.</summary>
public static class OperatorRooms
{
    /// <summary>What Notices is told.</summary>
    public static NoticeOptions NoticeOptionsOf(Settings settings) => new()
    {
        From = settings.NoticesFrom,
        Operators = settings.NoticesOperator is { } address ? [address] : [],
        HostName = settings.AuthservId,
        Digest = settings.NoticesDigest,
    };

    /// <summary>What Quarantine is told.</summary>
    public static QuarantineOptions QuarantineOptionsOf(Settings settings)
    {
        Directions directions = new(settings.LocalDomains, settings.InternalNetworks);
        // The listener that took a stored message is not kept: its direction is judged by the client alone.
        ListenerFacts anyDoor = new("store", "after-queue", "auto");
        return new QuarantineOptions
        {
            HostName = settings.AuthservId,
            KeepFor = settings.QuarantineKeepFor,
            DirectionOf = (envelope, recipient) => directions.Of(envelope.For([recipient]), anyDoor)[0],
        };
    }

    /// <summary>What Storage is told.</summary>
    public static StorageOptions StorageOptionsOf(Settings settings) => new()
    {
        Folder = settings.State,
        LimitBytes = settings.StoreLimit,
        PerCorrespondence = new Quota(settings.HoldMessages.Correspondence, settings.HoldBytes.Correspondence),
        PerClientNetwork = new Quota(settings.HoldMessages.ClientNetwork, settings.HoldBytes.ClientNetwork),
        PerRecipient = new Quota(settings.HoldMessages.Recipient, settings.HoldBytes.Recipient),
    };

    /// <summary>What Audit is told.</summary>
    public static AuditOptions AuditOptionsOf(Settings settings) => new()
    {
        Folder = Path.Combine(settings.State, "audit"),
        KeyFolder = Path.Combine(settings.State, "keys"),
        KeepFor = settings.AuditKeepFor,
        SubjectInClear = settings.AuditSubjects,
        HeadFile = settings.AuditHeadFile,
        Syslog = settings.AuditSyslog,
    };

    /// <summary>Who tells readers and operators.</summary>
    public static NoticeQueue Notices(Settings settings, EmbeddedStorage storage, AuditTrail audit, IMailSigner signer, TimeProvider time, ILogger log) =>
        new(storage.Outbox, storage.NoticeLedger, audit, signer, NoticeOptionsOf(settings), time, log);

    /// <summary>The verbs over a state folder that no daemon owns.</summary>
    internal static ControlVerbs LocalVerbs(Settings settings, EmbeddedStorage storage, AuditTrail audit, ContentRooms content, HoldRooms holding, ISealer sealer, IPassCounter passes, TimeProvider time, ILoggerFactory logs)
    {
        IMailSigner signer = Composition.Signer(settings);
        NoticeQueue notices = Notices(settings, storage, audit, signer, time, logs.CreateLogger("MailSanitizer.Notices"));
        StoredCopies stored = new(storage.Messages, audit, notices, holding.Intake, () => QuarantineOptionsOf(settings), time);
        CopySealer copies = new(sealer, content.Scanner, content.Spool, () => content.Options, time);
        holding.Furnish(storage, content, copies, stored, signer, notices, passes, audit, new SandboxDesk(null, audit, content.Spool), time, logs.CreateLogger("MailSanitizer.Holding"));
        return Verbs(settings, storage, audit, content, holding, sealer, notices, time, logs.CreateLogger("MailSanitizer.Control"));
    }

    /// <summary>Every verb that an operator can give a daemon, or run over the state folder while none is running.</summary>
    internal static ControlVerbs Verbs(
        Settings settings, EmbeddedStorage storage, AuditTrail audit, ContentRooms content, HoldRooms holding, ISealer sealer, INotices notices, TimeProvider time, ILogger log)
    {
        QuarantineOptions quarantine = QuarantineOptionsOf(settings);
        Release release = new(storage.Messages, content.Workers, content.Scanner, sealer, content.Spool, audit, notices, quarantine, time);
        HeldOrders held = new(holding.Messages, release);
        return new ControlVerbs(
            [
                new HoldListVerb(storage.Messages),
                new HoldShowVerb(storage.Messages, audit),
                new HoldUnlockVerb(held, audit),
                new HoldReleaseVerb(held),
                new QuarantineListVerb(storage.Messages),
                new QuarantineShowVerb(storage.Messages, content.Workers, audit),
                new QuarantineReleaseVerb(release),
                new QuarantineDeleteVerb(storage.Messages, audit),
                new QuarantineExportVerb(storage.Messages, audit, quarantine),
                new QuarantineRekeyVerb(storage, audit),
                new QuarantineReindexVerb(storage, audit),
                new QueueListVerb(storage.Outbox),
                new QueueFlushVerb(storage.Outbox, audit, time),
                new QueueDeleteVerb(storage.Outbox, audit),
                new AuditShowVerb(new AuditReader(Path.Combine(settings.State, "audit"), audit.Index, time), audit.SubjectHash),
            ],
            log);
    }
}
