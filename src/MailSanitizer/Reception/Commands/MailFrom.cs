using System.Globalization;
using MailSanitizer.Mail;

namespace MailSanitizer.Reception.Commands;

/// <summary>MAIL FROM with SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET and ENVID (RFC 3461).</summary>
internal sealed class MailFrom : ICommand
{
    /// <inheritdoc/>
    public ValueTask RunAsync(Session session, string arguments)
    {
        if (session.HasHadEnough)
        {
            session.Close(Replies.TooManyMessages);
            return default;
        }

        SmtpReply? refusal = Read(session, arguments, out Envelope? envelope);
        if (refusal is null && !session.Room.HasRoomFor(envelope!.AnnouncedSize ?? 0)) refusal = Replies.NoRoom;
        if (refusal is null)
        {
            session.Transaction = new Transaction { Envelope = envelope! };
            session.State = SessionState.Sender;
        }

        session.Say(refusal ?? Replies.SenderOk);
        return default;
    }

    private static SmtpReply? Read(Session session, string arguments, out Envelope? envelope)
    {
        envelope = null;
        int longest = session.Room.Options.Limits.Address;
        if (!arguments.StartsWith("FROM:", StringComparison.OrdinalIgnoreCase)) return Replies.Syntax;
        if (!PathReader.TryRead(arguments["FROM:".Length..], longest, out string address, out string rest)) return Replies.BadSender;
        if (!ParameterReader.TryRead(rest, out List<KeyValuePair<string, string?>> parameters)) return Replies.Syntax;
        Envelope read = new()
        {
            MailFrom = address,
            Recipients = [],
            Client = session.Client,
            PeerHelo = session.PeerHelo,
            PeerAddress = session.PeerAddress,
            IsLmtp = session.IsLmtp,
        };
        foreach ((string keyword, string? value) in parameters)
        {
            SmtpReply? refusal = Apply(session, keyword, value, ref read);
            if (refusal is not null) return refusal;
        }

        envelope = read;
        return null;
    }

    private static SmtpReply? Apply(Session session, string keyword, string? value, ref Envelope envelope)
    {
        AnnouncedExtensions announced = session.Announced;
        switch (keyword)
        {
            case "SIZE" when announced.Size:
                // RFC 1870 4: up to 20 digits, more than a long can say.
                if (value is null || value.Length > 20 || !value.All(char.IsAsciiDigit)) return Replies.Syntax;
                if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long size) || size > announced.MaximumSize) return Replies.TooLarge;
                envelope = envelope with { AnnouncedSize = size };
                return null;
            case "BODY" when announced.EightBit:
                string? body = value?.ToUpperInvariant();
                if (body is not ("7BIT" or "8BITMIME")) return Replies.Syntax;
                envelope = envelope with { Body = body };
                return null;
            case "SMTPUTF8" when announced.Utf8:
                if (value is not null) return Replies.Syntax;
                envelope = envelope with { SmtpUtf8 = true };
                return null;
            case "RET" when announced.Dsn:
                string? ret = value?.ToUpperInvariant();
                if (ret is not ("FULL" or "HDRS")) return Replies.Syntax;
                envelope = envelope with { Ret = ret };
                return null;
            case "ENVID" when announced.Dsn:
                if (value is null || value.Length > session.Room.Options.Limits.Value || !Xtext.TryDecode(value, out _)) return Replies.Syntax;
                envelope = envelope with { EnvelopeId = value };
                return null;
            default:
                return Replies.UnknownParameter;
        }
    }
}
