using MailSanitizer.Mail;

namespace MailSanitizer.Reception.Commands;

/// <summary>RCPT TO with NOTIFY and ORCPT (RFC 3461).</summary>
internal sealed class RcptTo : ICommand
{
    /// <inheritdoc/>
    public ValueTask RunAsync(Session session, string arguments)
    {
        SmtpReply? refusal = Read(session, arguments, out Recipient? recipient);
        if (refusal is null)
        {
            session.Transaction!.Recipients.Add(recipient!);
            session.State = SessionState.Recipients;
        }

        session.Say(refusal ?? Replies.RecipientOk);
        return default;
    }

    private static SmtpReply? Read(Session session, string arguments, out Recipient? recipient)
    {
        recipient = null;
        ReceptionLimits limits = session.Room.Options.Limits;
        if (!arguments.StartsWith("TO:", StringComparison.OrdinalIgnoreCase)) return Replies.Syntax;
        if (!PathReader.TryRead(arguments["TO:".Length..], limits.Address, out string address, out string rest) || address.Length == 0) return Replies.BadRecipient;
        if (!ParameterReader.TryRead(rest, out List<KeyValuePair<string, string?>> parameters)) return Replies.Syntax;
        if (session.Transaction!.Recipients.Count >= limits.Recipients) return Replies.TooManyRecipients;
        string? notify = null;
        string? original = null;
        foreach ((string keyword, string? value) in parameters)
        {
            if (!session.Announced.Dsn || keyword is not ("NOTIFY" or "ORCPT")) return Replies.UnknownParameter;
            if (value is null || value.Length > limits.Value) return Replies.Syntax;
            if (keyword == "NOTIFY")
            {
                notify = value.ToUpperInvariant();
                if (!IsNotify(notify)) return Replies.Syntax;
            }
            else
            {
                original = value;
                if (!IsOriginal(value)) return Replies.Syntax;
            }
        }

        recipient = new Recipient(address, original, notify);
        return null;
    }

    /// <summary>RFC 3461 4.1: NEVER alone, or a list of the others.</summary>
    private static bool IsNotify(string value)
    {
        string[] words = value.Split(',');
        return value == "NEVER" || (words.All(word => word is "SUCCESS" or "FAILURE" or "DELAY") && words.Distinct(StringComparer.Ordinal).Count() == words.Length);
    }

    /// <summary>RFC 3461 4.2: an address type, a semicolon, xtext.</summary>
    private static bool IsOriginal(string value)
    {
        int semicolon = value.IndexOf(';', StringComparison.Ordinal);
        return semicolon > 0 && semicolon < value.Length - 1
            && value[..semicolon].All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '.')
            && Xtext.TryDecode(value.AsSpan(semicolon + 1), out _);
    }
}
