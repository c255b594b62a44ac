namespace MailSanitizer.Content.Passwords;

/// <summary>What the words around a string say of it.</summary>
internal static class Context
{
    private static readonly string[] Old =
    [
        "前回", "旧", "以前", "古い", "誤", "前の", "先日", "変更前", "では開き", "開きませんでした", "でしたが", "old", "previous", "no longer", "used to", "wrong", "i tried", "fails", "alt:", "früher", "ancien", "以前的", "旧密码", "이전",
    ];

    private static readonly string[] Fresh = ["正", "新", "今回", "今度", "same as before", "new", "correct", "neue", "nouveau", "新密码"];

    private static readonly string[] Pointers =
    [
        "下記", "以下", "次の", "次に", "次が", "下の", "下に", "別途", "別メール", "別便", "後ほど", "追って", "below", "as follows", "following", "the following", "suivant", "ci-dessous", "folgend", "wie folgt", "unten", "如下", "下面", "以下", "아래", "다음", "↓",
        "上記", "左記", "右記", "同じ", "こちら",
    ];

    private static readonly string[] Prose =
    [
        "ください", "下さい", "お願い", "いたし", "致し", "します", "ました", "ません", "おります", "ご連絡", "ご確認", "お知らせ", "送付", "送信", "通知", "ございます", "必要", "変更", "設定", "入力", "について", "場合", "とおり", "通り",
        "様", "御中", "各位", "株式会社", "有限会社", "です", "ファイル", "を", "请", "您好", "谢谢", "감사", "합니다", "하세요", "습니다", "니다", "件名", "案内", "ありがとう", "さん", "一覧",
    ];

    private static readonly string[] DecoyKeys =
    [
        "番号", "no", "no.", "id", "url", "http", "リンク", "link", "链接", "期限", "期間", "日時", "日付", "日", "電話", "tel", "fax", "ファックス", "ファクス", "携帯", "mail", "e-mail", "メール", "件名", "subject", "from", "to", "cc", "sent", "date", "宛先", "送信者", "差出人", "送信日時",
        "サイズ", "size", "〒", "住所", "金額", "内線", "iban", "ref", "réf", "ticket", "件数", "数量", "納期", "場所", "会場", "時間", "ユーザー", "user", "login", "ログイン", "sha256", "md5", "ファイル名", "ファイル", "file", "file name", "filename", "添付", "attachment", "expires", "valid until",
        "有効期限", "フリーダイヤル", "phone", "call", "expiry", "受付番号", "管理番号", "证书", "电话", "客服热线", "전화", "문의", "von", "gesendet", "an", "betreff", "telefon", "tél", "email", "mobile", "direct line", "order", "ホームページ", "web", "hp", "message id", "queue", "version", "ver", "件", "名",
        "対象ファイル", "送信id", "期间", "대상", "送信元", "お問い合わせ", "お問い合わせ番号", "お問合せ", "受取番号", "証券番号", "顧客番号", "会員番号",
    ];

    private static readonly HashSet<string> DecoySet = new(DecoyKeys, StringComparer.Ordinal);

    /// <summary>Points against (positive) a value on this line.</summary>
    public static int Doubt(TextLine line)
    {
        string folded = line.Folded.ToLowerInvariant();
        int doubt = 0;
        foreach (string word in Old)
        {
            if (Has(folded, word))
            {
                doubt = 45;
                break;
            }
        }

        foreach (string word in Fresh)
        {
            if (Has(folded, word)) return doubt == 0 ? -6 : doubt - 25;
        }

        return doubt;
    }

    /// <summary>True when the text at that place sends the reader somewhere else: "下記", "below".</summary>
    public static bool PointsBelow(TextLine line, int at)
    {
        string rest = line.Folded[at..].TrimStart().ToLowerInvariant();
        return IsPointer(rest);
    }

    /// <summary>True for a word that stands where the value should, and is none.</summary>
    public static bool IsPointer(string text)
    {
        foreach (string pointer in Pointers)
        {
            if (text.StartsWith(pointer, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    /// <summary>True for sentences and salutations in scripts without blanks.</summary>
    public static bool IsProse(string text)
    {
        bool wide = false;
        foreach (char one in text) wide |= Folding.IsWide(one);
        if (!wide) return text.AsSpan().Count(' ') >= 6;
        foreach (string word in Prose)
        {
            if (text.Contains(word, StringComparison.Ordinal)) return true;
        }

        return text.AsSpan().ContainsAny('、', '。');
    }

    /// <summary>True for a plain word of the languages that have blanks: nothing but lower-case letters, or a capital and lower-case letters.</summary>
    public static bool IsWord(string text)
    {
        for (int at = 0; at < text.Length; at++)
        {
            if (!char.IsLetter(text[at]) || text[at] > 0x250 || (at > 0 && char.IsUpper(text[at]))) return false;
        }

        return true;
    }

    /// <summary>The value of "(例：880123)", or null.</summary>
    public static string? Example(string inner)
    {
        string folded = Folding.Fold(inner);
        foreach (string word in (ReadOnlySpan<string>)["例えば", "例", "예", "e.g.", "z.b.", "p.ex.", "ex.", "如"])
        {
            if (!folded.StartsWith(word, StringComparison.OrdinalIgnoreCase)) continue;
            string value = inner[word.Length..].TrimStart(TextLines.Blanks).TrimStart(':', '：', ')', '）', ',').Trim(TextLines.Blanks);
            return value.Length >= 2 && Folding.IsGraphic(Folding.Fold(value)[0]) ? value : null;
        }

        return null;
    }

    /// <summary>True when the caption of a value says that it is something else.</summary>
    public static bool IsDecoyKey(string key)
    {
        string plain = key.Trim(TextLines.Blanks).Trim('■', '□', '・', '●', '◆', '-', '*', '[', ']', '【', '】', '(', ')', ' ', '※').ToLowerInvariant();
        if (DecoySet.Contains(plain)) return true;
        foreach (string end in (ReadOnlySpan<string>)["番号", "期限", "日時", "url", "no", "no.", "id", "電話", "tel", "fax", "日", "数", "期間", "名", "号", "编号", "热线", "번호"])
        {
            if (plain.EndsWith(end, StringComparison.Ordinal)) return !plain.EndsWith("暗証番号", StringComparison.Ordinal) && !plain.EndsWith("비밀번호", StringComparison.Ordinal);
        }

        return false;
    }

    /// <summary>True when a decoy's caption stands right before a token: "No.", "TEL".</summary>
    public static bool FollowsDecoy(TextLine line, int start)
    {
        int end = start;
        while (end > 0 && line.Folded[end - 1] is ' ' or ':' or '.' or '#' or '(') end--;
        int from = end;
        while (from > 0 && end - from < 12 && line.Folded[from - 1] is not (' ' or ':' or ',' or '、' or '。')) from--;
        return end > from && IsDecoyKey(line.Folded[from..end]);
    }

    // Latin words need borders: "old" is in "folder".
    private static bool Has(string folded, string word)
    {
        int at = folded.IndexOf(word, StringComparison.Ordinal);
        if (at < 0) return false;
        if (!char.IsAsciiLetter(word[0])) return true;
        bool left = at == 0 || !char.IsLetter(folded[at - 1]);
        bool right = at + word.Length >= folded.Length || !char.IsLetter(folded[at + word.Length]);
        return left && right;
    }
}
