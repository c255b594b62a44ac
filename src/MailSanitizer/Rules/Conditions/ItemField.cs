using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Conditions;

/// <summary>One field of a finding, a scan or a link, for conditions in braces: <c>{ kind: …, location: … }</c>.</summary>
/// <param name="Name">As rules write it.</param>
/// <param name="Type">Its type.</param>
/// <param name="Doc">For the reference page.</param>
internal sealed record ItemField(string Name, FactType Type, string Doc)
{
    public required Func<object, string?> Read { get; init; }

    public IReadOnlyList<string> Words { get; init; } = [];

    private static readonly string[] Kinds = [.. FindingKinds.All.Keys.Order(StringComparer.Ordinal)];

    private static readonly ItemField[] Finding =
    [
        new("kind", FactType.Word, "Id of the kind.") { Words = Kinds, Read = item => ((FindingFact)item).Kind },
        new("class", FactType.Word, "Class of the kind. A rule that asks the class does not name the kind: the floor stays in force beside it.")
        {
            Words = [.. Enum.GetNames<FindingClass>().Select(name => name.ToLowerInvariant())],
            Read = item => (FindingKinds.Find(((FindingFact)item).Kind)?.Class ?? FindingClass.Unscannable).ToString().ToLowerInvariant(),
        },
        new("location", FactType.Text, "The place inside the part.") { Read = item => ((FindingFact)item).Location },
        new("detail", FactType.Text, "What exactly.") { Read = item => ((FindingFact)item).Detail },
        new("sha256", FactType.Hash, "SHA-256 of the bytes it stands for.") { Read = item => ((FindingFact)item).Sha256 },
    ];

    private static readonly ItemField[] Scan =
    [
        new("engine", FactType.Text, "Name of the engine: clamd, hash-list, or a sandbox.") { Read = item => ((ScanFact)item).Engine },
        new("outcome", FactType.Word, "How it ended.")
        {
            Words = [.. Enum.GetNames<ScanOutcome>().Select(name => name.ToLowerInvariant())],
            Read = item => ((ScanFact)item).Outcome.ToString().ToLowerInvariant(),
        },
        new("name", FactType.Text, "Name of the signature; reason when not scanned.") { Read = item => ((ScanFact)item).Name },
    ];

    private static readonly ItemField[] Link =
    [
        new("url", FactType.Text, "The whole target.") { Read = item => ((LinkFact)item).Url },
        new("scheme", FactType.Text, "http, https, mailto, …; missing where the target has none.") { Read = item => LinkText.Scheme(((LinkFact)item).Url) },
        new("host", FactType.Domain, "Host of the target, in A-labels.") { Read = item => LinkText.Host(((LinkFact)item).Url) },
        new("source", FactType.Text, "Where it stands: html, text, pdf, office, qr, …") { Read = item => ((LinkFact)item).Source },
        new("text", FactType.Text, "What the reader sees.") { Read = item => ((LinkFact)item).Text },
        new("mismatch", FactType.Flag, "The reader sees an address of another host than the target's.") { Read = item => LinkText.Mismatch((LinkFact)item) ? "true" : "false" },
    ];

    /// <summary>The fields of that type of fact; empty for plain ones.</summary>
    public static IReadOnlyList<ItemField> Of(FactType type) => type switch
    {
        FactType.Finding => Finding,
        FactType.Scan => Scan,
        FactType.Link => Link,
        _ => [],
    };

    /// <summary>The field that a bare word means: <c>part.finding: vba-project</c>.</summary>
    public static ItemField Short(FactType type) => Of(type).Single(field => field.Name == type switch { FactType.Finding => "kind", FactType.Scan => "outcome", _ => "host" });
}
