using System.Text;
using System.Text.RegularExpressions;
using MailSanitizer.Content.Formats.Charsets;
using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming.PlainText;

/// <summary>Plain text: nothing in it acts, so nothing is ever changed. What a reader is led to by it is noted, and the links of a body are facts.</summary>
public sealed partial class TextHandler : IPartHandler
{
    // What a reader sees of a mail; a log of megabytes lures nobody.
    private const int MostBytes = 256 * 1024;
    private const int MostLinks = 500;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["txt"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (part.Format != "txt") return;
        byte[] bytes = new byte[(int)Math.Min(MostBytes, part.Bytes.Length)];
        ReadOnlySpan<byte> head = bytes.AsSpan(0, part.Bytes.Read(0, bytes));
        Encoding encoding = Charset.Find(part.Description.DeclaredCharset) ?? Charset.Utf8;
        string text = encoding.GetString(head);
        LureText lures = new(text);
        if (lures.HasInvisibleInWords) context.Report(MarkupFindings.HiddenText, "", "characters without width inside of words");
        if (lures.AsksToPaste is { } words) context.Report(MarkupFindings.PasteInstruction, "", words);
        foreach (string code in DrawnQr.InText(text)) LureReporting.Drawn(code, "", context);
        if (part.Description.IsBody) Links(text, context);
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output) => RebuildOutcome.Unchanged;

    private static void Links(string text, IWalkContext context)
    {
        HashSet<string> said = new(StringComparer.Ordinal);
        foreach (Match match in Address().Matches(text))
        {
            if (said.Count >= MostLinks) return;
            string link = match.Value.TrimEnd('.', ',', ';', ':', '!', '?', ')', ']', '\'');
            if (!said.Add(link) || UrlJudge.Judge(link) is not { Kind: UrlKind.Web } url) continue;
            context.Link(url.Text, "text");
            LureReporting.Target(url, "", context);
        }
    }

    [GeneratedRegex("https?://[^\\s<>\"「」『』（）【】、。｜\u3000]+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Address();
}
