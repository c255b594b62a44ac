using MailSanitizer.Mail;

namespace MailSanitizer.Scanning;

/// <summary>Reads clamd's reply to a scan.</summary>
public static class ClamdReply
{
    /// <summary>
    /// The outcome and its name. Anything but a whole <c>OK</c> or <c>FOUND</c> line is not a scan.
    /// </summary>
    public static (ScanOutcome Outcome, string Name) Read(string reply)
    {
        string text = reply.TrimEnd('\n', '\0');
        if (text is "stream: OK") return (ScanOutcome.Clean, "");
        if (text.StartsWith("stream: ", StringComparison.Ordinal) && text.EndsWith(" FOUND", StringComparison.Ordinal))
        {
            string name = text["stream: ".Length..^" FOUND".Length];
            // clamd gave up in the middle (AlertExceedsMax): the rest was not seen. This is no virus, and no scan either.
            if (name.StartsWith("Heuristics.Limits.Exceeded", StringComparison.Ordinal)) return (ScanOutcome.TooLarge, name);
            // AlertEncrypted only repeats what our own walk says better (finding "locked"), and would forbid holding it.
            return name.StartsWith("Heuristics.Encrypted.", StringComparison.Ordinal) ? (ScanOutcome.Clean, name) : (ScanOutcome.Infected, name);
        }

        if (text.StartsWith("INSTREAM size limit exceeded", StringComparison.Ordinal)) return (ScanOutcome.TooLarge, "over clamd's StreamMaxLength");
        return (ScanOutcome.Unavailable, text.Length == 0 ? "clamd closed the connection without an answer" : $"clamd said: {Shorten(text)}");
    }

    private static string Shorten(string text) => new([.. text.Take(200).Select(letter => char.IsControl(letter) ? '?' : letter)]);
}
