namespace MailSanitizer.Content.Passwords;

/// <summary>One line that a reader sees.</summary>
internal sealed class TextLine
{
    /// <summary>A line; labels are looked for at once.</summary>
    public TextLine(string path, int number, string text, int quoted)
    {
        (Path, Number, Text, Quoted) = (path, number, text, quoted);
        Folded = Folding.Fold(text);
        Labels = CandidateLabels.In(text, Folded);
    }

    /// <summary>The part.</summary>
    public string Path { get; }

    /// <summary>From 1 in its part.</summary>
    public int Number { get; }

    /// <summary>As written, without quote marks.</summary>
    public string Text { get; }

    /// <summary>The same length: full-width ASCII as ASCII, blanks of all kinds as a space.</summary>
    public string Folded { get; }

    /// <summary>Labels, in order.</summary>
    public IReadOnlyList<Label> Labels { get; }

    /// <summary>Levels of quotation; 1 for a forwarded or earlier mail below the text.</summary>
    public int Quoted { get; }

    /// <summary>True where a label stands.</summary>
    public bool HasLabel => Labels.Count > 0;

    /// <summary>True for the blank line.</summary>
    public bool IsBlank => Text.AsSpan().Trim(TextLines.Blanks).IsEmpty;

    /// <summary>What being quoted costs: quoted mails carry old passwords. A mail that is nothing but a quote keeps its order.</summary>
    public int Penalty => Math.Min(Quoted, 3) * 65;

    /// <summary>For a candidate's <c>where</c>.</summary>
    public string Where(string why) => Number > 0 ? $"{Path} line {Number}: {why}{(Quoted > 0 ? ", quoted" : "")}" : $"{Path}: {why}";
}

/// <summary>Cuts texts into lines and tells the quoted from the own.</summary>
internal static class TextLines
{
    /// <summary>Blanks around and between words.</summary>
    public static readonly char[] Blanks = [' ', '\t', '\r', '\n', '\u3000', '\u00A0', '\u200B', '\u200E', '\u200F', '\uFEFF', '\u2028', '\u2029'];

    // The head of a quoted or forwarded mail: what follows is somebody's earlier text.
    private static readonly string[] Heads =
    [
        "original message", "forwarded message", "転送メッセージ", "元のメッセージ", "転送されたメッセージ", "ursprüngliche nachricht", "weitergeleitete nachricht",
        "message d'origine", "message transféré", "原始邮件", "原始郵件", "转发的邮件", "원본 메시지", "전달된 메시지", "begin forwarded", "原邮件",
    ];

    private static readonly string[] FromLines = ["from:", "差出人:", "von:", "de :", "de:", "发件人:", "寄件者:", "보낸사람:", "보낸 사람:"];

    private static readonly string[] SentLines = ["sent:", "date:", "送信日時:", "日時:", "gesendet:", "datum:", "envoyé:", "envoyé :", "发送时间:", "寄件日期:", "보낸 날짜:", "to:", "宛先:", "an:", "à:", "subject:", "件名:", "betreff:"];

    /// <summary>All lines within the limits, subject first, attachment names last.</summary>
    public static List<TextLine> Of(IReadOnlyList<CandidateText> texts, IReadOnlyList<string> attachmentNames, Limits limits)
    {
        List<TextLine> lines = [];
        int left = limits.CandidateCharacters;
        foreach (CandidateText text in texts)
        {
            if (text.Path == "date" || left <= 0) continue;
            string raw = text.Text.Length > left ? text.Text[..left] : text.Text;
            left -= raw.Length;
            Split(text.Path, text.IsHtml ? HtmlText.Of(raw) : raw, lines, limits);
        }

        foreach (string name in attachmentNames.Take(64))
        {
            if (lines.Count < limits.CandidateLines && name.Length <= 256) lines.Add(new TextLine("attachment name", 0, Path.GetFileNameWithoutExtension(name), 0));
        }

        return lines;
    }

    private static void Split(string path, string text, List<TextLine> lines, Limits limits)
    {
        int number = 0;
        int below = 0;
        string before = "";
        bool own = false;
        foreach (ReadOnlySpan<char> one in text.AsSpan().EnumerateLines())
        {
            if (lines.Count >= limits.CandidateLines) return;
            ReadOnlySpan<char> line = one.Length > limits.CandidateLine ? one[..limits.CandidateLine] : one;
            number++;
            int quoted = Unquote(ref line);
            string content = line.ToString();
            string folded = Folding.Fold(content).Trim().ToLowerInvariant();
            // Only a head with own text above it makes the rest a quotation of somebody else: "forwarded as it is" is the mail itself.
            if (IsHead(folded, before)) below = own ? Math.Min(below + 1, 2) : Math.Max(below, 1);
            if (folded.Length > 0)
            {
                before = folded;
                own |= quoted == 0;
            }

            lines.Add(new TextLine(path, path is "subject" ? 0 : number, content, Math.Min(quoted + below, 4)));
        }
    }

    private static int Unquote(ref ReadOnlySpan<char> line)
    {
        int depth = 0;
        while (true)
        {
            ReadOnlySpan<char> start = line.TrimStart(" \t");
            // "<u8y7t6r5>" and ">pass" differ only in what stands in front: a quote mark is the first sign of its line.
            if (start.Length == 0 || start[0] is not ('>' or '＞' or '|') || start.StartsWith("||", StringComparison.Ordinal)) return depth;
            line = start[1..];
            if (line.Length > 0 && line[0] == ' ') line = line[1..];
            if (++depth >= 16) return depth;
        }
    }

    private static bool IsHead(string folded, string before)
    {
        if (folded.Length is 0 or > 300) return false;
        if (folded.StartsWith("--", StringComparison.Ordinal) || folded.StartsWith("__", StringComparison.Ordinal) || folded[0] is '―' or '─' or '=' or '*' or 'b')
        {
            foreach (string head in Heads)
            {
                if (folded.Contains(head, StringComparison.Ordinal)) return true;
            }
        }

        if (folded.StartsWith("on ", StringComparison.Ordinal) && folded.EndsWith("wrote:", StringComparison.Ordinal)) return true;
        if (folded.StartsWith("am ", StringComparison.Ordinal) && folded.EndsWith("schrieb:", StringComparison.Ordinal)) return true;
        if (folded.StartsWith("le ", StringComparison.Ordinal) && folded.EndsWith("écrit :", StringComparison.Ordinal)) return true;
        if (folded.EndsWith("のメッセージ:", StringComparison.Ordinal) || (folded.EndsWith("wrote:", StringComparison.Ordinal) && folded.Contains('@'))) return true;
        return StartsWithAny(folded, SentLines) && StartsWithAny(before, FromLines);
    }

    private static bool StartsWithAny(string text, string[] starts)
    {
        foreach (string start in starts)
        {
            if (text.StartsWith(start, StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
