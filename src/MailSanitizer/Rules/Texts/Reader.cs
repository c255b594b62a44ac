using System.Net;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Texts;

/// <summary>Writes what readers see, in their language.</summary>
internal static class Reader
{
    /// <summary>Japanese for a Japanese message or an address in .jp, else English.</summary>
    public static string Language(MessageIndex index, Recipient recipient) =>
        recipient.Address.EndsWith(".jp", StringComparison.OrdinalIgnoreCase) || MessageRows.Language(index) == "ja" ? "ja" : "en";

    /// <summary>The notice that stands in place of a part; null for the one that parts have where no template says otherwise (<see cref="PartNotice"/>).</summary>
    public static string? Notice(NoticeTemplates templates, string name, FactView view, PartFact part)
    {
        if (view.Direction == Direction.Outbound) name = NoticeTemplates.ForStrangers;
        if (!templates.Has("notice", name)) return null;
        return templates.Fill("notice", name, Language(view.Index, view.Recipient), field => Field(field, view, part)).ReplaceLineEndings("\r\n");
    }

    /// <summary>A banner above the bodies.</summary>
    public static Banner Banner(NoticeTemplates templates, string name, FactView view)
    {
        string text = templates.Fill("banner", name, Language(view.Index, view.Recipient), field => Field(field, view, null)).TrimEnd('\n');
        StringBuilder html = new("<div style=\"border:1px solid #888;padding:6px;margin:0 0 8px 0;background:#fff8dc;color:#000\">");
        html.AppendJoin("<br>", text.Split('\n').Select(line => WebUtility.HtmlEncode(line))).Append("</div>\n");
        return new Banner(text + "\n", html.ToString());
    }

    private static string Field(string field, FactView view, PartFact? part) => field switch
    {
        "name" => part is null ? "" : SafeText.ForNotice(part.Name.Length > 0 ? part.Name : part.Path),
        "format" => part is null ? "" : SafeText.ForNotice(part.Format),
        "size" => part is null ? "" : Size(part.Size),
        "reason" => part is null ? "" : view.Index.FindingsOf(part).Select(finding => FindingKinds.Find(finding.Kind)).FirstOrDefault(kind => kind is { Class: not FindingClass.Note })?.Title ?? "",
        "from" => SafeText.ForNotice(view.Index.Mailboxes("From") is [var first, ..] ? first.Address : ""),
        _ => view.Message.Id.ToString(),
    };

    private static string Size(long bytes) => bytes switch
    {
        < 1024 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1024 * 1024 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1024} KB"),
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / (1024 * 1024)} MB"),
    };
}
