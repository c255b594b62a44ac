using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Texts;

namespace MailSanitizer.Rules.Files;

/// <summary>Reads <c>then</c>: a word, a list of words and maps, or a map.</summary>
internal sealed class ActionReader(NoticeTemplates templates, ErrorSink errors)
{
    /// <summary>Actions that a bare word can name.</summary>
    public static readonly string[] Words = ["pass", "disarm", "replace", "strip", "hold", "quarantine", "reject"];

    /// <summary>Every key of the map.</summary>
    public static readonly string[] Keys = [.. Words, "annotate", "redirect", "copy-to", "passwords", "repack", "unseen"];

    public static readonly string[] RepackWords = ["locked", "open", "parts"];

    public static readonly string[] HoldFor = ["password", "sandbox"];

    public static readonly string[] Unlocked = ["keep", "submit"];

    public static readonly string[] AtEnd = ["quarantine", "deliver-without", "return"];

    /// <summary>Addresses of one action (count). Origin: product decision; more belong into an alias of the mail server.</summary>
    public const int AddressLimit = 20;

    private static readonly string[] Kinds = [.. FindingKinds.All.Keys.Order(StringComparer.Ordinal)];

    public RuleAction? Read(RuleNode node)
    {
        RuleAction action = new() { Words = "" };
        List<string> words = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        if (node.Kind == NodeKind.List && node.Items.Count == 0) errors.Shape(node, "then: an empty list does nothing");
        foreach (RuleNode item in node.OneOrMany())
        {
            if (item.Kind == NodeKind.Scalar)
            {
                if (errors.Word(item, "then", Words) is { } word && New(item, word)) action = Bare(action, word);
            }
            else if (item.Kind == NodeKind.Map)
            {
                if (item.Entries.Count == 0) errors.Shape(item, "then: nothing to do");
                errors.Map(item, Keys, "then");
                foreach ((RuleNode key, RuleNode value) in item.Entries)
                    if (Keys.Contains(key.Text, StringComparer.Ordinal) && New(key, key.Text)) action = Keyed(action, key, value);
            }
            else
            {
                errors.Shape(item, "then: a list in a list");
            }
        }

        if (errors.Any) return null;
        Check(node, action);
        return action with { Words = string.Join(", ", words) };

        bool New(RuleNode at, string word)
        {
            words.Add(word);
            if (seen.Add(word)) return true;
            errors.Meaning(at, $"then: '{word}' stands here twice");
            return false;
        }
    }

    private static RuleAction Bare(RuleAction action, string word) => word switch
    {
        "pass" => action with { Pass = true },
        "disarm" => action with { Treatment = Stronger(action.Treatment, TreatmentKind.Disarm) },
        "replace" => action with { Treatment = Stronger(action.Treatment, TreatmentKind.Replace), Notice = action.Notice ?? NoticeTemplates.Default },
        "strip" => action with { Treatment = Stronger(action.Treatment, TreatmentKind.Strip) },
        "hold" => Hold(action, new HoldOrder("password", TimeSpan.Zero, TimeSpan.Zero)),
        "quarantine" => action with { Disposition = Stronger(action.Disposition, Disposition.Quarantine) },
        _ => action with { Disposition = Stronger(action.Disposition, Disposition.Reject), Rejection = new SmtpReply(550, "5.7.1", "") },
    };

    private RuleAction Keyed(RuleAction action, RuleNode key, RuleNode value)
    {
        string what = $"then: {key.Text}";
        switch (key.Text)
        {
            case "pass" or "strip" or "quarantine":
                if (ValueReader.Flag(value) is true) return Bare(action, key.Text);
                errors.Shape(value, $"{what}: expected true");
                return action;
            case "disarm":
                if (ValueReader.Flag(value) is true) return Bare(action, "disarm");
                List<string> kinds = Several(value, what, item => errors.Word(item, what, Kinds));
                return action with { Treatment = Stronger(action.Treatment, TreatmentKind.Disarm), DisarmKinds = kinds };
            case "replace":
                return ValueReader.Flag(value) is true ? Bare(action, "replace") : Template(value, what, "notice") is { } notice ? Bare(action with { Notice = notice }, "replace") : action;
            case "hold":
                return HoldOf(action, value, what);
            case "reject":
                return Reject(action, value, what);
            case "annotate":
                return Annotate(action, value, what);
            case "redirect":
                return action with { Redirect = Addresses(value, what) };
            case "copy-to":
                return action with { CopyTo = Addresses(value, what) };
            case "passwords":
                return action with { Passwords = Passwords(value, what) };
            case "repack":
                return errors.Word(value, what, RepackWords) is { } repack ? action with { Repack = repack } : action;
            default:
                return errors.Word(value, what, ["allow"]) is null ? action : action with { AllowsUnseen = true };
        }
    }

    private void Check(RuleNode node, RuleAction action)
    {
        if (action is { AllowsUnseen: true, Pass: false }) errors.Meaning(node, "then: unseen: allow goes with pass");
        if (action.Pass && (action.Treatment is not null || action.Disposition is not null)) errors.Meaning(node, "then: pass goes with no treatment and no disposition: the stronger one would win");
        if (action.Redirect.Count > 0 && action.Disposition is not null) errors.Meaning(node, "then: redirect goes with delivery: a copy that is held, kept or refused goes nowhere");
        if (action.DisarmKinds is not null && action.Treatment != TreatmentKind.Disarm) errors.Meaning(node, "then: the kinds of disarm mean nothing beside a stronger treatment");
    }

    private List<string> Several(RuleNode value, string what, Func<RuleNode, string?> read)
    {
        List<string> texts = [];
        if (value.Kind == NodeKind.Map || (value.Kind == NodeKind.List && value.Items.Count == 0)) errors.Shape(value, $"{what}: expected one or several");
        else foreach (RuleNode item in value.OneOrMany()) if (read(item) is { } text) texts.Add(text);
        return texts;
    }

    private RuleAction HoldOf(RuleAction action, RuleNode value, string what)
    {
        if (ValueReader.Flag(value) is true) return Bare(action, "hold");
        if (value.Kind == NodeKind.Scalar) return errors.Word(value, what, HoldFor) is { } word ? Hold(action, new HoldOrder(word, TimeSpan.Zero, TimeSpan.Zero)) : action;
        if (errors.Map(value, ["for", "whole-for", "keep-for", "at-end", "unlocked"], what) is null) return action;
        string? reason = value.Get("for") is { } given ? errors.Word(given, $"{what}: for", HoldFor) : "password";
        string? end = value.Get("at-end") is { } last ? errors.Word(last, $"{what}: at-end", AtEnd) : "quarantine";
        TimeSpan whole = Time("whole-for"), keep = Time("keep-for");
        // What a password opened leaves the host only where a rule says so.
        string? unlocked = value.Get("unlocked") is { } opened ? errors.Word(opened, $"{what}: unlocked", Unlocked) : "keep";
        return reason is null || end is null || unlocked is null ? action : Hold(action, new HoldOrder(reason, whole, keep, end) { SubmitUnlocked = unlocked == "submit" });

        TimeSpan Time(string key) =>
            value.Get(key) is { } time && ValueReader.Read(time, Facts.FactType.Duration, [], $"{what}: {key}", errors) is { } span ? TimeSpan.FromSeconds(span.Number) : TimeSpan.Zero;
    }

    private static RuleAction Hold(RuleAction action, HoldOrder order) => action with { Disposition = Stronger(action.Disposition, Disposition.Hold), Hold = order };

    private RuleAction Reject(RuleAction action, RuleNode value, string what)
    {
        if (ValueReader.Flag(value) is true) return Bare(action, "reject");
        if (errors.Map(value, ["code", "enhanced", "text"], what) is null) return action;
        int code = 550;
        if (value.Get("code") is { } number && ValueReader.Read(number, Facts.FactType.Number, [], $"{what}: code", errors) is { } read)
        {
            code = (int)Math.Min(read.Number, 9999);
            if (code is not (550 or 551 or 552 or 553 or 554 or 521 or 556)) errors.Shape(number, $"{what}: code: '{code}' is none of 521, 550, 551, 552, 553, 554, 556");
        }

        string enhanced = "5.7.1";
        if (value.Get("enhanced") is { } status && errors.Text(status, $"{what}: enhanced") is { } text)
        {
            if (IsEnhanced(text)) enhanced = text;
            else errors.Shape(status, $"{what}: enhanced: '{ErrorSink.Shown(text)}' is no status: expected 5.7.1");
        }

        string words = "";
        if (value.Get("text") is { } line && errors.Text(line, $"{what}: text", 200) is { } said)
        {
            if (said.Any(one => one is < ' ' or > '~')) errors.Shape(line, $"{what}: text: expected printable ASCII on one line");
            else words = said;
        }

        return Bare(action, "reject") with { Rejection = new SmtpReply(code, enhanced, words) };
    }

    private static bool IsEnhanced(string text) =>
        text.Split('.') is ["5", { Length: >= 1 and <= 3 } subject, { Length: >= 1 and <= 3 } detail] && subject.All(char.IsAsciiDigit) && detail.All(char.IsAsciiDigit);

    private RuleAction Annotate(RuleAction action, RuleNode value, string what)
    {
        if (errors.Map(value, ["subject-tag", "header", "banner"], what) is null) return action;
        if (value.Entries.Count == 0) errors.Shape(value, $"{what}: expected subject-tag, header or banner");
        if (value.Get("subject-tag") is { } tag && errors.Text(tag, $"{what}: subject-tag", 40) is { } text)
        {
            if (text.EnumerateRunes().All(SafeText.IsPlain)) action = action with { SubjectTag = text };
            else errors.Shape(tag, $"{what}: subject-tag: control or invisible characters");
        }

        if (value.Get("header") is { } header)
        {
            List<KeyValuePair<string, string>> fields = [];
            if (header.Kind != NodeKind.Map || header.Entries.Count == 0) errors.Shape(header, $"{what}: header: expected names and values (X-Origin: outside)");
            foreach ((RuleNode name, RuleNode content) in header.Entries)
            {
                if (!IsOwnField(name.Text)) errors.Shape(name, $"{what}: header: '{ErrorSink.Shown(name.Text)}' is not for rules: expected X-…, and not X-MailSanitizer-Id, -Decision or -Scan");
                else if (errors.Text(content, $"{what}: header: {name.Text}", 500) is { } said && said.EnumerateRunes().All(SafeText.IsPlain)) fields.Add(KeyValuePair.Create(name.Text, said));
                else if (content.Kind == NodeKind.Scalar && content.Text.Length is > 0 and <= 500) errors.Shape(content, $"{what}: header: {name.Text}: control or invisible characters");
            }

            action = action with { Headers = fields };
        }

        return value.Get("banner") is { } banner && Template(banner, $"{what}: banner", "banner") is { } template ? action with { Banner = template } : action;
    }

    private string? Template(RuleNode value, string what, string kind)
    {
        if (errors.Text(value, what) is not { } name) return null;
        if (!ListFiles.IsName(name))
        {
            errors.Shape(value, $"{what}: '{ErrorSink.Shown(name)}' is no name of a template: expected lower-case letters, digits and hyphens");
            return null;
        }

        if (templates.Names(kind).Contains(name, StringComparer.Ordinal)) return name;
        errors.Meaning(value, $"{what}: there is no {kind} '{name}' (templates/{kind}-{name}.txt){Nearest.Hint(name, templates.Names(kind))}");
        return null;
    }

    private List<string> Addresses(RuleNode value, string what)
    {
        List<string> addresses = Several(value, what, item => ValueReader.Read(item, Facts.FactType.Address, [], what, errors)?.Text);
        if (addresses.Count > AddressLimit) errors.Shape(value, $"{what}: more than {AddressLimit} addresses");
        return addresses;
    }

    private List<string> Passwords(RuleNode value, string what)
    {
        if (errors.Map(value, ["fixed", "templates"], what) is null) return [];
        if (value.Entries.Count == 0) errors.Shape(value, $"{what}: expected fixed or templates");
        List<string> texts = [];
        // A brace of a fixed password is doubled, so that both kinds go one way.
        if (value.Get("fixed") is { } given) texts.AddRange(Several(given, $"{what}: fixed", item => errors.Text(item, $"{what}: fixed", 128)).Select(PasswordTemplate.Escape));
        if (value.Get("templates") is { } patterns)
        {
            foreach (RuleNode item in patterns.OneOrMany())
            {
                if (errors.Text(item, $"{what}: templates", 128) is not { } text) continue;
                if (PasswordTemplate.Error(text) is { } wrong) errors.Meaning(item, $"{what}: templates: {wrong}");
                else texts.Add(text);
            }
        }

        return texts;
    }

    private static bool IsOwnField(string name) =>
        name.Length is > 2 and <= 60 && name.StartsWith("X-", StringComparison.OrdinalIgnoreCase) && name.All(one => char.IsAsciiLetterOrDigit(one) || one == '-')
        && name.ToUpperInvariant() is not ("X-MAILSANITIZER-ID" or "X-MAILSANITIZER-DECISION" or "X-MAILSANITIZER-SCAN");

    private static T Stronger<T>(T? one, T other)
        where T : struct, Enum => one is { } given && Comparer<T>.Default.Compare(given, other) > 0 ? given : other;
}
