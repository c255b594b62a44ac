using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Quarantine;

/// <summary>The first lines of a message's text, for a person who decides. A worker takes it out; here it is only decoded and made safe.</summary>
public static class TextPreview
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>The text, safe for a terminal; a sentence in brackets where there is none.</summary>
    public static async Task<string> OfAsync(IContentWorkers workers, IMailBytes original, CancellationToken cancellation)
    {
        using WalkOutcome walk = await workers.WalkAsync(original, new WalkOrder { Send = ["leaves"], Candidates = false }, cancellation);
        if (walk.Result is not { } result) return walk.Died ? "(the message kills its worker)" : "(it cannot be read now)";
        foreach (PartFact body in result.Parts.Where(part => part.IsBody).OrderBy(part => IsHtml(part) ? 1 : 0))
        {
            if (result.Leaves.FirstOrDefault(leaf => leaf.Path == body.Path || leaf.Sha256 == body.Sha256) is not { } leaf) continue;
            using Stream stream = leaf.Bytes.OpenRead();
            byte[] bytes = new byte[(int)Math.Min(leaf.Bytes.Length, MaxBytes)];
            stream.ReadExactly(bytes);
            string text = Decode(bytes);
            return SafeText.LinesForTerminal(IsHtml(body) ? WithoutTags(text) : text, maxLines: 60, maxColumns: 200);
        }

        return "(no text)";
    }

    /// <summary>ISO-2022-JP by its escapes, UTF-8 when it is, else the Windows code page of Japan. A preview may be wrong in a letter, never unsafe.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        // A cut may stand inside a character.
        int end = bytes.Length;
        if (bytes.IndexOf("\u001b$"u8) >= 0) return CodePagesEncodingProvider.Instance.GetEncoding(50220)!.GetString(bytes);
        for (int back = 0; back < 4 && end > 0; back++, end--)
        {
            if (System.Text.Unicode.Utf8.IsValid(bytes[..end])) return Encoding.UTF8.GetString(bytes[..end]);
        }

        return CodePagesEncodingProvider.Instance.GetEncoding(932)!.GetString(bytes);
    }

    private static bool IsHtml(PartFact part) => part.Format.Contains("html", StringComparison.OrdinalIgnoreCase) || (part.DeclaredType ?? "").Contains("html", StringComparison.OrdinalIgnoreCase);

    // For reading, not for safety: tags go, a few entities become letters, empty lines fold.
    private static string WithoutTags(string html)
    {
        StringBuilder text = new();
        bool tag = false;
        foreach (char here in html)
        {
            if (here == '<') tag = true;
            else if (here == '>' && tag) tag = false;
            else if (!tag) text.Append(here);
            if (here == '<') text.Append(' ');
        }

        IEnumerable<string> lines = System.Net.WebUtility.HtmlDecode(text.ToString()).ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);
        return string.Join('\n', lines);
    }
}
