using MailSanitizer.Configuration;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Rules;
using MailSanitizer.Sealing;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>All of holding over one state folder: what a daemon has open, and what a verb opens while none runs.</summary>
internal sealed class HoldRooms
{
    private readonly byte[] _tokenKey;
    private readonly Func<RuleSet> _rules;

    private HoldRooms(Func<Settings> settings, EmbeddedStorage storage, Func<RuleSet> rules, TimeProvider time)
    {
        _rules = rules;
        string keys = Path.Combine(settings().State, "keys");
        _tokenKey = SecretKey.LoadOrCreate(Path.Combine(keys, "unlock.key"));
        Meter = new GuessingMeter(time);
        Correspondences = new Correspondences(CorrespondenceOptionsOf(settings()));
        Candidates = new CorrespondenceCandidates(
            Correspondences,
            storage.Candidates,
            new CandidateSeal(SecretKey.LoadOrCreate(Path.Combine(keys, "candidates.key"))),
            Meter,
            () => new CandidateOptions(settings().PasswordsFromOtherMails, settings().PasswordsKeepFor),
            time)
        {
            OfRules = (message, authentication) => RulePasswords.Of(rules(), message, authentication, Directions(settings())),
        };
        Intake = new HoldIntake(storage.Quota, Correspondences, time);
        Settings = settings;
    }

    public Func<Settings> Settings { get; }

    public GuessingMeter Meter { get; }

    public Correspondences Correspondences { get; }

    public CorrespondenceCandidates Candidates { get; }

    public HoldIntake Intake { get; }

    public HeldMessages Messages { get; private set; } = null!;

    public HeldLoop Loop { get; private set; } = null!;

    public HeldReplies Replies { get; private set; } = null!;

    /// <summary>Where passwords are told; null while no notices are sent.</summary>
    public UnlockToken? Tokens => Settings().NoticesFrom is { } from ? new UnlockToken(_tokenKey, from[(from.LastIndexOf('@') + 1)..]) : null;

    /// <summary>The rooms that content rooms need before they are there: keys and candidates.</summary>
    public static HoldRooms Open(Func<Settings> settings, EmbeddedStorage storage, Func<RuleSet> rules, TimeProvider time) => new(settings, storage, rules, time);

    /// <summary>The rest.</summary>
    public void Furnish(EmbeddedStorage storage, ContentRooms content, CopySealer sealer, StoredCopies stored, IMailSigner signer, INotices notices, IPassCounter passes, IAuditTrail audit, SandboxDesk desk, TimeProvider time, ILogger log)
    {
        HeldOptions Options() => new(Settings().NoticesFrom ?? $"postmaster@{Settings().AuthservId}", Settings().AuthservId, OperatorRooms.QuarantineOptionsOf(Settings()).KeepReleased);
        HeldCopies copies = new(content.Preparer, sealer, content.Workers, content.Spool, signer, passes, () => content.Options, Options, time);
        Messages = new HeldMessages(
            storage.Messages, content.Assessor, _rules, desk, copies, stored, Candidates, new HeldNotices(notices, () => Tokens), audit, () => OperatorRooms.QuarantineOptionsOf(Settings()), Options, time, log);
        Loop = new HeldLoop(Messages, storage.Messages, storage.Candidates, Candidates, Meter, time, log);
        Replies = new HeldReplies(Messages, storage.Messages, content.Workers, audit, () => Tokens, () => content.Options, time);
    }

    private static Directions Directions(Settings settings) => new(settings.LocalDomains, settings.InternalNetworks);

    private static CorrespondenceOptions CorrespondenceOptionsOf(Settings settings)
    {
        Directions directions = Directions(settings);
        return new CorrespondenceOptions
        {
            SharedDomains = SharedDomains.Shipped.Concat(settings.SharedDomains).ToHashSet(StringComparer.OrdinalIgnoreCase),
            RecipientDelimiter = settings.RecipientDelimiter,
            IsOurs = (envelope, listener) => envelope.Recipients.Count > 0 && directions.Of(envelope.For([envelope.Recipients[0]]), listener)[0] != Direction.Inbound,
        };
    }
}
