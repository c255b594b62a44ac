using System.Globalization;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;
using MailSanitizer.Rules.Texts;

namespace MailSanitizer.Rules.Reference;

/// <summary>The reference page of facts, operators, kinds of finding and template fields, made from the tables.</summary>
public static class ReferenceWriter
{
    /// <summary>The page, Markdown.</summary>
    public static string Write()
    {
        StringBuilder page = new();
        page.Append("# Facts and operators\n\nMade by `mailsanitizer rules schema --reference`; what stands here is what the loader takes.\n\n## Facts\n\n");
        page.Append("*Claimed*: what the sender says of himself; an exception on it needs a condition on authentication beside it. *Proof*: a result of authentication. *Early*: known before anything is opened, as `passwords` needs it.\n\n");
        page.Append("| fact | type | of | trust | early | what it is | example |\n|---|---|---|---|---|---|---|\n");
        foreach (Fact fact in FactTable.All)
        {
            string words = fact.Words.Count > 0 ? $" One of {string.Join(", ", fact.Words)}." : "";
            page.Append(CultureInfo.InvariantCulture, $"| `{fact.Name}` | {fact.Type.ToString().ToLowerInvariant()} | {fact.Scope.ToString().ToLowerInvariant()} | {(fact.Trust == FactTrust.Ours ? "" : fact.Trust.ToString().ToLowerInvariant())} | {(fact.IsEarly ? "yes" : "")} | {Cell(fact.Doc + words)} | `{Cell(fact.Example)}` |\n");
        }

        page.Append("\n## Operators\n\nA bare value means `equals`, a list means any of it, several operators in one pair of braces must all match the same value. Letter case never matters.\n\n| operator | for | what it means |\n|---|---|---|\n");
        foreach (MatchOperator one in MatchOperator.All)
            page.Append(CultureInfo.InvariantCulture, $"| `{one.Name}` | {(one.Types.Length == Enum.GetValues<FactType>().Length ? "all" : string.Join(", ", one.Types.Select(type => type.ToString().ToLowerInvariant())))} | {Cell(one.Doc)} |\n");

        page.Append("\n## Fields of findings, scans and links\n\nIn braces, all on the same one: `part.finding: { kind: vba-project, location: { prefix: word/ } }`.\n\n| of | field | type | what it is |\n|---|---|---|---|\n");
        foreach (FactType type in new[] { FactType.Finding, FactType.Scan, FactType.Link })
            foreach (ItemField field in ItemField.Of(type)) page.Append(CultureInfo.InvariantCulture, $"| {type.ToString().ToLowerInvariant()} | `{field.Name}` | {field.Type.ToString().ToLowerInvariant()} | {Cell(field.Doc)} |\n");

        page.Append("\n## Fields of templates\n\n| in | field | what it is |\n|---|---|---|\n");
        foreach ((string field, string doc) in NoticeTemplates.Fields) page.Append(CultureInfo.InvariantCulture, $"| notice, banner | `{{{field}}}` | {doc} |\n");
        foreach ((string field, string doc) in PasswordTemplate.Fields) page.Append(CultureInfo.InvariantCulture, $"| password | `{{{field}}}` | {doc} |\n");

        page.Append("\n## Kinds of finding\n\n| kind | class | without any rule | never kept | what it is |\n|---|---|---|---|---|\n");
        foreach (FindingKind kind in FindingKinds.All.Values.OrderBy(kind => kind.Id, StringComparer.Ordinal))
            page.Append(CultureInfo.InvariantCulture, $"| `{kind.Id}` | {kind.Class.ToString().ToLowerInvariant()} | {kind.Floor.ToString().ToLowerInvariant()} | {(kind.NeverKept ? "yes" : "")} | {Cell(kind.Title)} |\n");
        return page.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
