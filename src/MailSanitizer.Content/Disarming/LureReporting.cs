using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming;

/// <summary>Says of a link what is said of it wherever it stands.</summary>
internal static class LureReporting
{
    /// <summary>Look-alike hosts and redirectors.</summary>
    public static void Target(JudgedUrl url, string place, IWalkContext context)
    {
        if (LinkHosts.Lookalike(url.Host) is { } why) context.Report(MarkupFindings.Lookalike, place, why);
        string to = LinkHosts.RedirectsTo(url);
        if (to.Length > 0) context.Report(MarkupFindings.Redirector, place, $"{url.Host} to {to}");
    }

    /// <summary>A QR code of an image, or one that is drawn (<paramref name="kind"/>): where it leads is a fact of source <c>qr</c>.</summary>
    public static void Code(FindingKind kind, string link, string place, IWalkContext context)
    {
        JudgedUrl url = UrlJudge.Judge(link);
        context.Report(kind, place, url.Kind is UrlKind.Web ? $"to {url.Host}" : link[..(link.IndexOf(':', StringComparison.Ordinal) + 1)]);
        context.Link(link, "qr");
        if (url.Kind is UrlKind.Web) Target(url, place, context);
    }

    /// <summary>A code that is drawn without an image; its text is empty when it cannot be read.</summary>
    public static void Drawn(string text, string place, IWalkContext context)
    {
        if (QrReader.Link(text) is { } link) Code(QrFindings.QrDrawn, link, place, context);
        else context.Report(QrFindings.QrDrawn, place, text.Length == 0 ? "not readable" : "no link");
    }
}
