using System.Globalization;
using System.Net;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Holding;

/// <summary>The words of a hold, Japanese and English. A stranger's text in them is short and inert (<see cref="SafeText.ForNotice"/>). Pure.</summary>
public static class HoldText
{
    /// <summary>What stands in place of a locked part.</summary>
    public static string InPlace(string name, Guid id, DateTimeOffset until)
    {
        string shown = Name(name);
        return $"""
            添付ファイル「{shown}」はパスワードで保護されており、安全を確認できないため、お届けを保留しています。
            パスワードのメールが届くと、確認のうえ、添付ファイルを別のメールで自動的にお届けします。
            パスワードをご存じの場合は、別途お送りしたお知らせのメールに返信してください。
            期限: {Day(until)}　　受付番号: {id:D}

            The attachment "{shown}" is locked with a password and could not be checked. It is being held.
            When the mail with its password arrives, it is checked and follows by itself in another mail.
            If you know the password, reply to the notice that was sent to you separately.
            Held until: {Day(until)}    Id: {id:D}

            """.ReplaceLineEndings("\r\n");
    }

    /// <summary>The same on top of the bodies, so that a reader sees it before the attachments.</summary>
    public static Banner Banner(IReadOnlyList<WaitingPart> parts, Guid id, DateTimeOffset until)
    {
        string names = string.Join(", ", parts.Take(5).Select(part => Name(part.Name))) + (parts.Count > 5 ? " …" : "");
        string[] lines =
        [
            $"[MailSanitizer] パスワード付きの添付ファイルを保留しています: {names}（パスワードが届きしだい、別のメールでお届けします。期限: {Day(until)}、受付番号: {id:D}）",
            $"[MailSanitizer] A locked attachment is being held: {names} (it follows in another mail when its password arrives; held until {Day(until)}, id {id:D})",
        ];
        return new Banner(
            string.Join("\r\n", lines) + "\r\n",
            $"<div style=\"border:1px solid #888;padding:4px\">{string.Concat(lines.Select(line => $"<p>{WebUtility.HtmlEncode(line)}</p>"))}</div>");
    }

    /// <summary>Text of the mail that brings what was held; plain, LF line ends.</summary>
    public static string FollowUp(string from, string verdict, string subject, DateTimeOffset receivedAt, Guid id, IReadOnlyList<string> names) => new StringBuilder()
        .Append("先のメールで保留していた添付ファイルを、確認のうえお届けします。\n")
        .Append("The attachment that was held back from an earlier message was unlocked and checked. Here it is.\n\n")
        .Append(CultureInfo.InvariantCulture, $"差出人 / From: {SafeText.ForNotice(from)} ({verdict})\n")
        .Append(CultureInfo.InvariantCulture, $"件名 / Subject: {SafeText.ForNotice(subject)}\n")
        .Append(CultureInfo.InvariantCulture, $"受信日時 / Received: {receivedAt.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)}\n")
        .Append(string.Concat(names.Take(20).Select(name => $"・{Name(name)}\n")))
        .Append(CultureInfo.InvariantCulture, $"受付番号 / Id: {id:D}\n")
        .ToString();

    /// <summary>Plain lines as HTML without a link, an image or a style that loads.</summary>
    public static string Html(string plain) =>
        $"<!DOCTYPE html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\"><title>MailSanitizer</title></head><body>\n{string.Concat(plain.Split('\n').Where(line => line.Length > 0).Select(line => $"<p>{WebUtility.HtmlEncode(line)}</p>\n"))}</body></html>\n";

    private static string Name(string name) => SafeText.ForNotice(name) is { Length: > 0 } shown ? shown : "（名前なし / unnamed）";

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);
}
