using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Holding;

/// <summary>What is done with other mails' candidates.</summary>
/// <param name="FromOtherMails">Whether they are kept and used at all (<c>passwords.from-other-mails</c>).</param>
/// <param name="KeepFor">How long.</param>
public sealed record CandidateOptions(bool FromOtherMails, TimeSpan KeepFor);

/// <summary>
/// The passwords to try on a message's locks: its own, those of rules, and what its correspondences gave before. A message for several recipients gets only what each of them was sent:
/// who never got the password must not see through another's.
/// </summary>
public sealed class CorrespondenceCandidates(
    Correspondences correspondences,
    ICandidateStore store,
    CandidateSeal seal,
    GuessingMeter meter,
    Func<CandidateOptions> options,
    TimeProvider time) : ICandidateSource
{
    // Tokens outlive a crash between two mails, not more.
    private static readonly TimeSpan TokensLive = TimeSpan.FromHours(1);

    /// <summary>Fixed passwords and templates of rules that hit; none without rules.</summary>
    public Func<ReceivedMessage, AuthenticationFacts, IReadOnlyList<Password>> OfRules { get; init; } = (_, _) => [];

    /// <summary>Tells correspondences.</summary>
    public Correspondences Correspondences => correspondences;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Password>> PasswordsAsync(ReceivedMessage message, AuthenticationFacts authentication, IReadOnlyList<CandidateFact> own, CancellationToken cancellation)
    {
        List<Password> passwords = [.. own.Where(candidate => candidate.Kind != "token").OrderBy(candidate => candidate.Rank).Select(candidate => new Password(candidate.Text, "message"))];
        passwords.AddRange(OfRules(message, authentication));
        passwords.AddRange(await OthersAsync(correspondences.Of(message, authentication), cancellation));
        // Last, whatever their mail: a thousand words of a long text at a costly lock would use up the time before a likely password is tried.
        passwords.AddRange(own.Where(candidate => candidate.Kind == "token").OrderBy(candidate => candidate.Rank).Select(candidate => new Password(candidate.Text, "message")));
        return [.. passwords.DistinctBy(password => password.Text)];
    }

    /// <inheritdoc/>
    public TimeSpan GuessingLeft(ReceivedMessage message, AuthenticationFacts authentication)
    {
        IReadOnlyList<Correspondence> all = correspondences.Of(message, authentication);
        return all.Count == 0 ? TimeSpan.MaxValue : all.Min(one => meter.Left(one.ToString()));
    }

    /// <inheritdoc/>
    public async Task GuessedAsync(ReceivedMessage message, AuthenticationFacts authentication, TimeSpan cpu, IReadOnlyList<Password> opened, CancellationToken cancellation)
    {
        IReadOnlyList<Correspondence> all = correspondences.Of(message, authentication);
        foreach (Correspondence one in all) meter.Charge(one.ToString(), cpu);
        // What the format opens for everybody, and what a rule gives, is known without being kept.
        List<string> kept = [.. opened.Where(password => password.Source is not ("default" or "rule")).Select(password => password.Text).Distinct()];
        if (kept.Count == 0 || !options().FromOtherMails) return;
        await store.AddAsync([.. all.Select(one => Row(one, "opened", message, kept, options().KeepFor))], cancellation);
    }

    /// <summary>Keeps what a mail gave, durably: labelled and set-apart strings, and for correspondences in which something waits every token as well.</summary>
    public async Task KeepAsync(ReceivedMessage message, AuthenticationFacts authentication, IReadOnlyList<CandidateFact> found, Func<Correspondence, bool> waits, CancellationToken cancellation)
    {
        if (!options().FromOtherMails || found.Count == 0) return;
        List<string> likely = [.. found.Where(candidate => candidate.Kind != "token").OrderBy(candidate => candidate.Rank).Take(20).Select(candidate => candidate.Text)];
        List<string> tokens = [.. found.Where(candidate => candidate.Kind == "token").OrderBy(candidate => candidate.Rank).Select(candidate => candidate.Text)];
        List<CandidateRow> rows = [];
        foreach (Correspondence one in correspondences.Of(message, authentication))
        {
            if (likely.Count > 0) rows.Add(Row(one, "mail", message, likely, options().KeepFor));
            if (tokens.Count > 0 && waits(one)) rows.Add(Row(one, "tokens", message, tokens, TokensLive));
        }

        await store.AddAsync(rows, cancellation);
    }

    /// <summary>The tokens that later mails of one correspondence gave and that were not tried yet.</summary>
    public async Task<IReadOnlyList<Password>> TokensAsync(Correspondence correspondence, CancellationToken cancellation) =>
        [.. (await store.OfAsync(correspondence.ToString(), cancellation)).Where(row => row.Kind == "tokens").SelectMany(row => seal.Open(row.Sealed, row.Correspondence, row.Kind)).Select(text => new Password(text, "other-mail")).DistinctBy(password => password.Text)];

    /// <summary>What earlier mails gave that every one of these correspondences has: what opened something first, then the newest mail's.</summary>
    public async Task<IReadOnlyList<Password>> OthersAsync(IReadOnlyList<Correspondence> all, CancellationToken cancellation)
    {
        if (!options().FromOtherMails || all.Count == 0) return [];
        IReadOnlyList<Password>? common = null;
        foreach (Correspondence one in all)
        {
            IReadOnlyList<CandidateRow> rows = await store.OfAsync(one.ToString(), cancellation);
            List<Password> its = [.. rows.Where(row => row.Kind == "opened").SelectMany(row => Texts(row, "earlier-archive")), .. rows.Where(row => row.Kind == "mail").SelectMany(row => Texts(row, "other-mail"))];
            HashSet<string> texts = [.. its.Select(password => password.Text)];
            common = common is null ? [.. its.DistinctBy(password => password.Text)] : [.. common.Where(password => texts.Contains(password.Text))];
            if (common.Count == 0) break;
        }

        return common ?? [];
    }

    private IEnumerable<Password> Texts(CandidateRow row, string source) => seal.Open(row.Sealed, row.Correspondence, row.Kind).Select(text => new Password(text, source));

    private CandidateRow Row(Correspondence correspondence, string kind, ReceivedMessage message, IReadOnlyList<string> texts, TimeSpan keep) => new()
    {
        Correspondence = correspondence.ToString(),
        Kind = kind,
        Mail = message.Id,
        Network = ClientNetwork.Of(message.Envelope),
        Expires = time.GetUtcNow() + keep,
        Sealed = seal.Close(texts, correspondence.ToString(), kind),
    };
}
