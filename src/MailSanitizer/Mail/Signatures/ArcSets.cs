using System.Globalization;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Mail.Signatures;

/// <summary>One ARC set (RFC 8617 4.2).</summary>
/// <param name="Instance">i=.</param>
/// <param name="Results">ARC-Authentication-Results.</param>
/// <param name="Message">ARC-Message-Signature.</param>
/// <param name="Seal">ARC-Seal.</param>
public sealed record ArcSet(int Instance, HeaderField Results, HeaderField Message, HeaderField Seal);

/// <summary>The ARC sets of a message, in their order.</summary>
/// <param name="Sets">From instance 1 on; empty when there is none or <paramref name="Problem"/> says why they cannot be put together.</param>
/// <param name="Problem">Why the structure is invalid, or null.</param>
/// <param name="Highest">The highest instance that was seen, 0 for none.</param>
public sealed record ArcSets(IReadOnlyList<ArcSet> Sets, string? Problem, int Highest)
{
    /// <summary>Sets that a chain may have (RFC 8617 4.2.1).</summary>
    public const int Maximum = 50;

    /// <summary>Whether any ARC field is there.</summary>
    public bool Any => Sets.Count > 0 || Problem is not null;

    /// <summary>Collects them. A set has each of the three fields exactly once, and no instance is missing (RFC 8617 5.2).</summary>
    public static ArcSets Read(MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        HeaderField?[,] found = new HeaderField?[Maximum + 1, 3];
        string? problem = null;
        int highest = 0;
        foreach (HeaderField field in header.Fields)
        {
            int kind = field.Is("ARC-Authentication-Results") ? 0 : field.Is("ARC-Message-Signature") ? 1 : field.Is("ARC-Seal") ? 2 : -1;
            if (kind < 0) continue;
            if (Instance(field, kind) is not { } instance)
            {
                problem ??= "instance of an ARC field cannot be read";
                continue;
            }

            if (instance is < 1 or > Maximum)
            {
                problem ??= "instance of an ARC field is out of range";
                continue;
            }

            highest = Math.Max(highest, instance);
            if (found[instance, kind] is not null) problem ??= "an ARC field stands twice";
            found[instance, kind] ??= field;
        }

        List<ArcSet> sets = [];
        for (int instance = 1; instance <= highest && problem is null; instance++)
        {
            if (found[instance, 0] is { } results && found[instance, 1] is { } message && found[instance, 2] is { } seal) sets.Add(new(instance, results, message, seal));
            else problem = "an ARC set is not complete";
        }

        return new(problem is null ? sets : [], problem, highest);
    }

    private static int? Instance(HeaderField field, int kind)
    {
        string? text;
        if (kind == 0)
        {
            // "i=1; authserv-id; ...": what follows is no tag list (RFC 8617 4.1.1).
            string value = field.Value;
            int semicolon = value.IndexOf(';', StringComparison.Ordinal);
            string[] tag = (semicolon < 0 ? value : value[..semicolon]).Split('=', 2);
            text = tag.Length == 2 && tag[0].Trim() == "i" ? tag[1].Trim() : null;
        }
        else
        {
            text = TagList.Read(field.RawValue.Span)?["i"];
        }

        return text is { Length: > 0 and <= 4 } && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int instance) ? instance : null;
    }
}
