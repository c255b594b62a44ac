using System.Globalization;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;

namespace MailSanitizer.Rules.Facts;

/// <summary>Facts of the message as a whole.</summary>
internal static class MessageRows
{
    private static readonly string[] Languages = ["ja", "ko", "zh", "other"];

    public static IReadOnlyList<Fact> All { get; } =
    [
        new("message.size", FactType.Size, FactScope.Message, "Bytes of the message as it arrived.")
        {
            IsEarly = true,
            Example = "message.size: { over: 25MB }",
            Read = (view, _) => Values.One(view.Message.Size),
        },
        new("message.sha256", FactType.Hash, FactScope.Message, "SHA-256 of the message as it arrived.")
        {
            IsEarly = true,
            Example = "message.sha256: { list: known-bad-mails }",
            Read = (view, _) => Values.One(view.Message.Sha256),
        },
        new("message.charset", FactType.Text, FactScope.Message, "Charset of each text body, lower case.")
        {
            Trust = FactTrust.Claimed,
            Example = "message.charset: [iso-2022-jp, shift_jis]",
            Read = (view, _) => Values.Many(Charsets(view.Message)),
        },
        new("message.language", FactType.Word, FactScope.Message, "Language of the message as far as its charsets and the letters of its subject tell: Japanese, Korean, Chinese, or anything else.")
        {
            Words = Languages,
            Trust = FactTrust.Claimed,
            Example = "message.language: ja",
            Read = (view, _) => Values.One(Language(view.Index)),
        },
        new("message.date-ahead", FactType.Duration, FactScope.Message, "How far the Date field lies in the future; missing when it does not, unclear when it cannot be read.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "message.date-ahead: { over: 1d }",
            Read = (view, _) => Skew(view, ahead: true),
        },
        new("message.date-behind", FactType.Duration, FactScope.Message, "How far the Date field lies in the past; missing when it does not, unclear when it cannot be read.")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "message.date-behind: { over: 7d }",
            Read = (view, _) => Skew(view, ahead: false),
        },
        new("message.parts", FactType.Number, FactScope.Message, "Parts on all levels, the message itself not counted.")
        {
            Example = "message.parts: { over: 500 }",
            Read = (view, _) => Values.One(Math.Max(0, view.Message.Parts.Count - 1)),
        },
        new("message.attachments", FactType.Number, FactScope.Message, "Parts that the message carries itself and that are no body.")
        {
            Example = "message.attachments: { at-least: 1 }",
            Read = (view, _) => Values.One(view.Message.Parts.Count(part => PartRows.IsAttachment(view.Index, part))),
        },
        new("message.received-count", FactType.Number, FactScope.Message, "Received fields.")
        {
            IsEarly = true,
            Example = "message.received-count: { over: 20 }",
            Read = (view, _) => Values.One(view.Index.Headers("Received").Count),
        },
        new("message.is-list", FactType.Flag, FactScope.Message, "It says that it comes from a mailing list (List-Id, List-Post, or Precedence: list or bulk).")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "message.is-list: false",
            Read = (view, _) => Values.One(view.Index.Headers("List-Id").Count > 0 || view.Index.Headers("List-Post").Count > 0 || Says(view, "Precedence", "list") || Says(view, "Precedence", "bulk")),
        },
        new("message.is-automatic", FactType.Flag, FactScope.Message, "It says that a program sent it (Auto-Submitted other than no).")
        {
            IsEarly = true,
            Trust = FactTrust.Claimed,
            Example = "message.is-automatic: false",
            Read = (view, _) => Values.One(view.Index.Headers("Auto-Submitted").Any(header => !header.Value.Trim().StartsWith("no", StringComparison.OrdinalIgnoreCase))),
        },
        new("message.finding", FactType.Finding, FactScope.Message, "Every finding of the message, on whatever part. A rule that is to decide what becomes of a part asks part.finding instead.")
        {
            Example = "message.finding: { kind: dkim-partly-signed }",
            Read = (view, _) => [.. view.Message.Findings.Select(PartRows.Finding)],
        },
        new("message.link", FactType.Link, FactScope.Message, "Every link that a reader of the message can follow.")
        {
            Trust = FactTrust.Claimed,
            Example = "message.link: { host: { list: bad-hosts } }",
            Read = (view, _) => [.. view.Message.Links.Select(PartRows.Link)],
        },
        new("message.scan", FactType.Scan, FactScope.Message, "Every engine's word on any content of the message.")
        {
            Example = "message.scan: { outcome: unavailable }",
            Read = (view, _) => [.. view.Message.Scans.Select(PartRows.Scan)],
        },
    ];

    /// <summary>What language a reader of this message most likely reads.</summary>
    public static string Language(MessageIndex index)
    {
        foreach (string charset in Charsets(index.Facts))
        {
            if (charset.StartsWith("iso-2022-jp", StringComparison.Ordinal) || charset is "shift_jis" or "shift-jis" or "sjis" or "euc-jp" or "windows-31j" or "cp932") return "ja";
            if (charset is "euc-kr" or "ks_c_5601-1987" or "iso-2022-kr" or "cp949") return "ko";
            if (charset.StartsWith("gb", StringComparison.Ordinal) || charset.StartsWith("big5", StringComparison.Ordinal)) return "zh";
        }

        StringBuilder text = new();
        foreach (HeaderFact header in index.Headers("Subject").Concat(index.Headers("From"))) text.Append(header.Value.AsSpan(0, Math.Min(1000, header.Value.Length)));
        bool han = false;
        foreach (char one in text.ToString())
        {
            // Kana are Japanese alone; Han alone may be either, and is more often Chinese.
            if (one is >= 'ぁ' and <= 'ヿ' or >= 'ｦ' and <= 'ﾟ') return "ja";
            if (one is >= '가' and <= '힣') return "ko";
            han |= one is >= '一' and <= '鿿';
        }

        return han ? "zh" : "other";
    }

    private static IReadOnlyList<string> Charsets(MessageFacts message)
    {
        if (message.Charsets.Count > 0) return message.Charsets;
        HeaderFact? type = message.Headers.FirstOrDefault(header => header.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase));
        string? charset = type is null ? null : ParameterField.Read(Encoding.Latin1.GetBytes(type.RawValue), Limits.Default).Get("charset");
        return charset is { Length: > 0 and < 100 } ? [charset.ToLowerInvariant()] : [];
    }

    private static bool Says(FactView view, string name, string word) =>
        view.Index.Headers(name).Any(header => header.Value.Trim().Equals(word, StringComparison.OrdinalIgnoreCase));

    private static IReadOnlyList<FactValue> Skew(FactView view, bool ahead)
    {
        IReadOnlyList<HeaderFact> fields = view.Index.Headers("Date");
        if (fields.Count == 0) return Values.None;
        if (fields.Count > 1 || MailDate.Parse(fields[0].Value) is not { } date) return [new FactValue(fields[0].Value.Length > 100 ? fields[0].Value[..100] : fields[0].Value) { IsUnclear = true }];
        double seconds = (date - view.Message.ReceivedAt).TotalSeconds;
        if (!ahead) seconds = -seconds;
        return seconds > 0 ? [FactValue.Of(seconds, string.Create(CultureInfo.InvariantCulture, $"{seconds:F0}s"))] : Values.None;
    }
}
