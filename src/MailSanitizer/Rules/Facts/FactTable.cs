using System.Collections.Frozen;

namespace MailSanitizer.Rules.Facts;

/// <summary>Every fact that a rule can ask: name, type, scope, reader, documentation. Nothing else knows the facts' names.</summary>
internal static class FactTable
{
    /// <summary>The rows in the order of the reference page.</summary>
    public static IReadOnlyList<Fact> All { get; } =
        [.. EnvelopeFacts.All.Concat(HeaderFieldFacts.All).Concat(AuthenticationRows.All).Concat(MessageRows.All).Concat(PartRows.All).Select((fact, number) => fact with { Number = number })];

    private static readonly FrozenDictionary<string, Fact> ByName = All.ToFrozenDictionary(fact => fact.Name, StringComparer.Ordinal);

    private static readonly Fact[] Open = [.. All.Where(fact => fact.IsOpen)];

    /// <summary>The fact of that name, or null.</summary>
    public static FactReference? Find(string name)
    {
        if (ByName.TryGetValue(name, out Fact? fact) && !fact.IsOpen) return new FactReference(fact, name, "");
        foreach (Fact row in Open)
        {
            int stem = row.Name.Length - 1;
            if (name.Length <= stem || !name.StartsWith(row.Name.AsSpan(0, stem), StringComparison.Ordinal)) continue;
            string argument = name[stem..].ToLowerInvariant();
            if (IsFieldName(argument)) return new FactReference(row, name, argument);
        }

        return null;
    }

    /// <summary>Names for "did you mean".</summary>
    public static IEnumerable<string> Names => All.Where(fact => !fact.IsOpen).Select(fact => fact.Name);

    // RFC 5322 3.6.8, bounded.
    private static bool IsFieldName(string text) => text.Length <= 100 && text.All(one => one is > ' ' and < (char)0x7F and not ':');
}

/// <summary>Short ways to build rows.</summary>
internal static class Values
{
    public static readonly IReadOnlyList<FactValue> None = [];

    public static IReadOnlyList<FactValue> One(string? text) => text is null ? None : [FactValue.Of(text)];

    public static IReadOnlyList<FactValue> One(bool flag) => [FactValue.Of(flag)];

    public static IReadOnlyList<FactValue> One(double number) => [FactValue.Of(number)];

    public static IReadOnlyList<FactValue> Many(IEnumerable<string> texts) => [.. texts.Select(FactValue.Of)];

    public static string DomainOf(string address) => address.LastIndexOf('@') is var at and >= 0 ? Domain(address[(at + 1)..]) : "";

    /// <summary>A-labels, lower case; a name that is none stays as it is written, in lower case.</summary>
    public static string Domain(string name) => Mail.Signatures.DomainName.ToAscii(name) ?? name.ToLowerInvariant();

    public static FactValue DomainValue(string name, bool unclear) =>
        new(Domain(name)) { IsUnclear = unclear || Mail.Signatures.DomainName.ToAscii(name) is null };
}
