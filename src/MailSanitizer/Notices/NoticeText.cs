using System.Globalization;
using System.Net;
using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Notices;

/// <summary>A notice before it is mail: subject and two bodies.</summary>
/// <param name="Subject">In our own words only.</param>
/// <param name="Plain">Plain text, LF line ends.</param>
/// <param name="Html">The same, escaped; no link, no image, no style that loads.</param>
public sealed record NoticeBody(string Subject, string Plain, string Html);

/// <summary>The words of notices, Japanese and English. Sender text goes through <see cref="SafeText.ForNotice"/>: short, inert, no link. Pure.</summary>
public static class NoticeText
{
    private static readonly Dictionary<string, (string Japanese, string English)> Kinds = new(StringComparer.Ordinal)
    {
        ["quarantined"] = ("メールを隔離しました。配送していません。", "A message for you was quarantined. It was not delivered."),
        ["held"] = ("メールを一時的に保留しています。", "A message for you is being held for a while."),
        ["held-part"] = ("メールの添付ファイルを保留しています。本文はお届けしました。", "An attachment is being held. The message itself was delivered."),
        ["changed"] = ("メールから危険な内容を取り除いてお届けしました。", "Something that can act was taken out of a message before it was delivered."),
        ["expired"] = ("保留していた添付ファイルは期限が切れたため、隔離しました。", "What was held was not unlocked in time and is now in quarantine."),
        ["undeliverable"] = ("メールを配送できませんでした。", "A message could not be delivered."),
    };

    private static readonly Dictionary<string, (string Japanese, string English)> Reasons = new(StringComparer.Ordinal)
    {
        ["infected"] = ("ウイルスを検出しました", "a virus was found"),
        ["active-content"] = ("マクロやスクリプトなど、動作する内容が含まれていました", "it holds macros, scripts or other content that acts"),
        ["locked"] = ("パスワードで保護されており、確認できません", "it is locked with a password and cannot be checked"),
        ["program"] = ("実行できるファイルです", "it is a program"),
        ["not-checked"] = ("内容を確認できませんでした", "it could not be checked"),
        ["ambiguous"] = ("読み方が一つに定まらないファイルです", "it can be read in more than one way"),
        ["rule"] = ("この組織の規則によります", "a rule of this organisation"),
    };

    private static readonly Dictionary<string, (string Japanese, string English)> Deeds = new(StringComparer.Ordinal)
    {
        ["kept-back"] = ("保留", "kept back"),
        ["replaced"] = ("お知らせに置き換え", "replaced by a notice"),
        ["disarmed"] = ("無害化", "disarmed"),
        ["removed"] = ("削除", "removed"),
    };

    /// <summary>Kinds that a recipient can be told of.</summary>
    public static IEnumerable<string> RecipientKinds => Kinds.Keys;

    /// <summary>One message to its reader.</summary>
    public static NoticeBody ForReader(RecipientNotice notice, string ask)
    {
        (string japanese, string english) = Of(Kinds, notice.Kind);
        Page page = new();
        page.Line(japanese).Line(english).Gap();
        About(page, notice);
        page.Gap();
        Ask(page, ask, canReply: notice.ReplyTo.Count > 0);
        return page.Body($"[MailSanitizer] {japanese.TrimEnd('。')} / {english.TrimEnd('.')}");
    }

    /// <summary>A day's messages to their reader.</summary>
    public static NoticeBody Digest(IReadOnlyList<RecipientNotice> notices, int omitted, string ask)
    {
        Page page = new();
        page.Line($"お届けしなかった、または内容を変更したメールの一覧です（{notices.Count + omitted} 件）。");
        page.Line($"Messages that were kept back or changed: {notices.Count + omitted}.").Gap();
        foreach (RecipientNotice notice in notices)
        {
            (string japanese, string english) = Of(Kinds, notice.Kind);
            page.Line($"{japanese} {english}");
            About(page, notice);
            page.Gap();
        }

        if (omitted > 0) page.Line($"ほか {omitted} 件 / and {omitted} more").Gap();
        Ask(page, ask, canReply: false);
        return page.Body("[MailSanitizer] 保留・変更したメールの一覧 / Messages kept back or changed");
    }

    /// <summary>One event to the operators.</summary>
    public static NoticeBody ForOperators(OperatorNotice notice)
    {
        Page page = new();
        page.Line(notice.Text).Gap();
        if (notice.MessageId is { } id) page.Line($"id: {id:D}");
        foreach ((string name, string value) in notice.Details.Take(40)) page.Line($"{SafeText.ForNotice(name)}: {SafeText.ForNotice(value, 200)}");
        return page.Body($"[MailSanitizer] {OperatorSubject(notice.Kind)}");
    }

    /// <summary>Events above the day's limit, to the operators.</summary>
    public static NoticeBody OperatorDigest(IReadOnlyList<OperatorNotice> notices, int omitted)
    {
        Page page = new();
        foreach (IGrouping<string, OperatorNotice> group in notices.GroupBy(notice => notice.Kind))
        {
            page.Line($"{OperatorSubject(group.Key)}: {group.Count()}");
            foreach (OperatorNotice notice in group.Take(20)) page.Line($"  {(notice.MessageId is { } id ? id.ToString("D") : "")} {notice.Text}");
        }

        if (omitted > 0) page.Line($"and {omitted} more");
        return page.Body("[MailSanitizer] events above the day's limit");
    }

    private static void About(Page page, RecipientNotice notice)
    {
        page.Line($"差出人 / From: {SafeText.ForNotice(notice.From.Length > 0 ? notice.From : notice.Envelope.MailFrom)}");
        page.Line($"件名 / Subject: {SafeText.ForNotice(notice.Subject)}");
        page.Line($"受信日時 / Received: {notice.ReceivedAt.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)}");
        foreach (NoticeItem item in notice.Items.Take(20))
        {
            (string reason, string why) = Of(Reasons, item.Reason);
            (string did, string done) = Of(Deeds, item.Did);
            page.Line($"・{SafeText.ForNotice(item.Name)}: {did}（{reason}） / {done} ({why})");
        }

        if (notice.Items.Count > 20) page.Line($"・ほか {notice.Items.Count - 20} / and {notice.Items.Count - 20} more");
        if (notice.KeptUntil is { } until) page.Line($"保管期限 / Kept until: {until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}");
        page.Line($"受付番号 / Id: {notice.MessageId:D}");
    }

    private static void Ask(Page page, string ask, bool canReply)
    {
        if (canReply)
        {
            page.Line("パスワードをご存じの場合は、このメールに返信してパスワードだけをお知らせください。");
            page.Line("If you know the password, reply to this message with the password.");
        }

        page.Line("必要なメールの場合は、受付番号を添えて管理者へお問い合わせください。");
        page.Line("If you need it, ask your administrator and give the id.");
        if (ask.Length > 0) page.Line(ask);
    }

    private static string OperatorSubject(string kind) => kind switch
    {
        "infected" => "infected mail",
        "worker-died" => "workers die",
        "audit-chain" => "trouble with the audit chain",
        "store-filling" => "the store is filling",
        "store-full" => "the store is full",
        "undeliverable" => "undeliverable mail in quarantine",
        "loop" => "a mail loop",
        "release-stopped" => "a release was stopped",
        _ => "event",
    };

    // A word that is not in the table is a newer room's: it is told in general words, never shown raw.
    private static (string Japanese, string English) Of(Dictionary<string, (string Japanese, string English)> table, string word) =>
        table.TryGetValue(word, out (string Japanese, string English) found) ? found : ("規則により処理しました", "handled by a rule");

    private sealed class Page
    {
        private readonly StringBuilder _plain = new();
        private readonly StringBuilder _html = new("<!DOCTYPE html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\"><title>MailSanitizer</title></head><body>\n");

        public Page Line(string text)
        {
            _plain.Append(text).Append('\n');
            _html.Append("<p>").Append(WebUtility.HtmlEncode(text)).Append("</p>\n");
            return this;
        }

        public Page Gap()
        {
            _plain.Append('\n');
            _html.Append("<hr>\n");
            return this;
        }

        public NoticeBody Body(string subject) => new(subject, _plain.ToString(), _html.ToString() + "</body></html>\n");
    }
}
