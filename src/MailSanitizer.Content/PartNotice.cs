using System.Globalization;
using System.Text;
using MailSanitizer.Content.Identification;

namespace MailSanitizer.Content;

/// <summary>
/// The small text that stands in the place of a part that was taken out, in Japanese and English: the file's name, type, size and SHA-256, the reason, and the
/// message's id, which the reader quotes to the administrator.
/// </summary>
/// <remarks>
/// What the sender wrote (the name) is cut to 80 characters, without control, bidirectional and invisible characters, and broken before each dot, colon and at
/// sign, so that no mail reader makes a link of it. Nothing else in the text comes from the sender.
/// </remarks>
public static class PartNotice
{
    private const int LongestName = 80;
    private const int MostReasons = 6;

    // What a reader of Japanese is told; kinds without a row of their own share the last line.
    private static readonly Dictionary<string, string> Japanese = new(StringComparer.Ordinal)
    {
        ["program"] = "プログラム",
        ["script-file"] = "開くと実行されるスクリプト",
        ["shortcut"] = "ショートカット",
        ["disk-image"] = "ディスクイメージ",
        ["installer"] = "インストーラー",
        ["help-file"] = "スクリプトを実行できるヘルプファイル",
        ["macro-only"] = "マクロ専用の形式",
        ["onenote"] = "ファイルを埋め込める OneNote セクション",
        ["remote-config"] = "リモート接続の設定ファイル",
        ["query-file"] = "外部からデータを読み込むクエリ",
        ["settings-file"] = "システムの設定を変えるファイル",
        ["database"] = "コードを含むデータベース",
        ["infected"] = "ウイルスが見つかりました",
        ["locked"] = "パスワードで保護されていて検査できません",
        ["encrypted-message"] = "暗号化されていて検査できません",
        ["unsupported-archive"] = "検査できない形式の書庫",
        ["unknown-format"] = "不明な形式",
        ["no-disarmer"] = "無害化できない形式",
        ["mismatch"] = "内容と名前または種類が一致しません",
        ["polyglot"] = "二つの形式を兼ねるファイル",
        ["ambiguous-archive"] = "読み方によって内容が変わる書庫",
    };

    /// <summary>The text, with CRLF line ends.</summary>
    /// <param name="name">The file's name as the sender wrote it; may be empty.</param>
    /// <param name="format">Its format by content.</param>
    /// <param name="formats">Every format it is by content, name or declared type.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="sha256">Of its bytes.</param>
    /// <param name="reasons">Ids of findings; unknown ones are left out.</param>
    /// <param name="id">The message's id; null when there is none (a single file).</param>
    public static string Write(string name, string format, IEnumerable<string> formats, long size, string sha256, IEnumerable<string> reasons, string? id)
    {
        StringBuilder text = new();
        void Line(string line) => text.Append(line).Append("\r\n");

        Line("この添付ファイルは、安全のために取り除かれました。");
        Line("This attachment was taken out for safety.");
        Line("");
        Line("ファイル名 / File name: " + (Shown(name) is { Length: > 0 } shown ? shown : "(なし / none)"));
        Line("種類 / Type: " + Kind(format, formats));
        Line("サイズ / Size: " + size.ToString("N0", CultureInfo.InvariantCulture) + " bytes");
        Line("SHA-256: " + sha256);
        FindingKind[] kinds = [.. reasons.Select(FindingKinds.Find).OfType<FindingKind>().Distinct().Take(MostReasons)];
        Line("理由 / Reason: " + (kinds.Length == 0 ? "安全な形にできません / It could not be made safe" : string.Join("; ", kinds.Select(kind => Japanese.TryGetValue(kind.Id, out string? japanese) ? $"{japanese} / {kind.Title}" : kind.Title))));
        if (id is not null) Line("ID: " + Clean(id));
        Line("");
        Line("必要な場合は、" + (id is null ? "" : "この ID を添えて") + "管理者にお問い合わせください。");
        Line("If you need it, ask your administrator" + (id is null ? "." : " and quote this ID."));
        return text.ToString();
    }

    /// <summary>A name for the notice itself: the file's own, safe, and a text by every reading of it.</summary>
    internal static string FileName(string name, int longest)
    {
        // A colon would be cut by readers of alternate streams: what stood before it would be the name again.
        string safe = PartWalkPaths.Safe(name, longest).Replace(':', '_').Trim();
        return safe.Length == 0 ? "removed.txt" : safe + ".txt";
    }

    private static string Kind(string format, IEnumerable<string> formats)
    {
        string[] others = [.. formats.Where(other => other != format && other != PartFormats.Unknown && FormatTable.Find(other) is not null).Order(StringComparer.Ordinal).Take(4)];
        string family = FormatTable.Find(format) is { } row ? $"{row.Id} ({row.Family})" : "不明 / unknown";
        return others.Length == 0 ? family : $"{family}, {string.Join(", ", others)}";
    }

    // "evil.example" alone is a link to many readers; with a blank before the dot it is none to any.
    private static string Shown(string name) => Clean(name).Replace(".", " .", StringComparison.Ordinal).Replace(":", " :", StringComparison.Ordinal).Replace("@", " @ ", StringComparison.Ordinal);

    private static string Clean(string text) => PartWalkPaths.Safe(text, LongestName);
}
