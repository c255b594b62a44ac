using System.Collections.Frozen;
using System.Reflection;

namespace MailSanitizer.Content;

/// <summary>What a finding means for a part, and with it the floor (DESIGN.md, promise 3).</summary>
public enum FindingClass
{
    /// <summary>Something that can act. Floor: disarmed.</summary>
    Active,

    /// <summary>Bytes that were not or could not be looked into. Floor: quarantine.</summary>
    Unscannable,

    /// <summary>Two readers could see two contents. Floor: quarantine; the part never leaves as it came.</summary>
    Ambiguous,

    /// <summary>A limit was reached. Floor: quarantine; the part never leaves as it came.</summary>
    Limit,

    /// <summary>Locked by a password that nobody gave. Floor: quarantine (rules hold it).</summary>
    Locked,

    /// <summary>Worth a line in the report, and a fact for rules. Floor: none.</summary>
    Note,
}

/// <summary>What happens to a finding that no rule decides.</summary>
public enum Floor
{
    /// <summary>The part goes on.</summary>
    Keep,

    /// <summary>The active content is taken out.</summary>
    Disarm,

    /// <summary>The message goes to quarantine.</summary>
    Quarantine,
}

/// <summary>One row of the registry of findings. A room declares its rows as public static fields of <c>&lt;Room&gt;Findings</c>.</summary>
/// <param name="Id">Stable name in reports, rules and audit: lower case, hyphens. Never reused for another meaning.</param>
/// <param name="Class">What it means for the part.</param>
/// <param name="Title">One line for a reader of the report.</param>
public sealed record FindingKind(string Id, FindingClass Class, string Title)
{
    /// <summary>What happens when no rule decides it. <c>worker-died</c> and its kin set <see cref="NeverKept"/> in addition.</summary>
    public Floor Floor => Class switch
    {
        FindingClass.Active => Floor.Disarm,
        FindingClass.Note => Floor.Keep,
        _ => Floor.Quarantine,
    };

    /// <summary>True where no rule can end with that part kept (DESIGN.md, promise 3).</summary>
    public bool NeverKept { get; init; } = Class is FindingClass.Ambiguous or FindingClass.Limit;

    /// <inheritdoc/>
    public override string ToString() => Id;
}

/// <summary>One thing that was seen, with its place.</summary>
/// <param name="Kind">The registry row.</param>
/// <param name="Path">The part's path, as <see cref="Part.Path"/> has it.</param>
/// <param name="Location">The place inside the part (<c>word/settings.xml</c>, <c>object 12</c>, <c>offset 512</c>); empty when the part as a whole is meant.</param>
/// <param name="Detail">What exactly, for people; never a password, never body text beyond a short token.</param>
/// <param name="Sha256">SHA-256 (lower-case hex) of the bytes that a disarmer takes out for it; null when the finding stands for no bytes of its own.</param>
public sealed record Finding(FindingKind Kind, string Path, string Location, string Detail, string? Sha256 = null);

/// <summary>All kinds of finding of this assembly, found by the rows that the rooms declare.</summary>
public static class FindingKinds
{
    private static readonly Lazy<FrozenDictionary<string, FindingKind>> Rows = new(Collect);

    /// <summary>Every row, by id.</summary>
    public static IReadOnlyDictionary<string, FindingKind> All => Rows.Value;

    /// <summary>The row of that id, or null: an id that a worker of another build sends is a protocol fault, not a new kind.</summary>
    public static FindingKind? Find(string id) => Rows.Value.GetValueOrDefault(id);

    // A duplicate id throws here, on first use, in every test run: ids are a public contract.
    private static FrozenDictionary<string, FindingKind> Collect() =>
        typeof(FindingKinds).Assembly.GetTypes()
            .Where(type => type.IsAbstract && type.IsSealed && type.Name.EndsWith("Findings", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.FieldType == typeof(FindingKind))
            .Select(field => (FindingKind)field.GetValue(null)!)
            .ToFrozenDictionary(kind => kind.Id, StringComparer.Ordinal);
}
