using System.Globalization;
using System.Net;
using MailSanitizer.Mail;

namespace MailSanitizer.Reception.Commands;

/// <summary>XFORWARD (Postfix XFORWARD_README): what the peer knows of the first client. Only trusted peers get as far as this.</summary>
internal sealed class XForward : ICommand
{
    /// <inheritdoc/>
    public ValueTask RunAsync(Session session, string arguments)
    {
        if (TryRead(arguments, session.Room.Options.Limits.Value, session.Client, out ForwardedClient client))
        {
            session.Client = client;
            session.Say(Replies.Ok);
        }
        else
        {
            session.Say(Replies.Syntax);
        }

        return default;
    }

    /// <summary>Reads the attributes on top of earlier ones; one bad value spoils the whole command.</summary>
    internal static bool TryRead(string arguments, int longest, ForwardedClient known, out ForwardedClient client)
    {
        client = known;
        string[] words = arguments.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) return false;
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || word.Length > longest || !Xtext.TryDecode(word.AsSpan(equals + 1), out string value)) return false;
            if (value.Any(char.IsControl) || value.Length == 0) return false;
            string? given = value.ToUpperInvariant() is "[UNAVAILABLE]" or "[TEMPUNAVAIL]" ? null : value;
            ForwardedClient? next = Apply(word[..equals].ToUpperInvariant(), given, client);
            if (next is null) return false;
            client = next;
        }

        return true;
    }

    private static ForwardedClient? Apply(string name, string? value, ForwardedClient client)
    {
        switch (name)
        {
            case "NAME":
                return client with { Name = value };
            case "ADDR":
                if (value is null) return client with { Address = null };
                bool six = value.StartsWith("IPV6:", StringComparison.OrdinalIgnoreCase);
                if (!IPAddress.TryParse(six ? value[5..] : value, out IPAddress? address)) return null;
                // "1" and "0x7f.1" are addresses to IPAddress, and to nobody who reads the audit.
                if (!six && address.ToString() != value && !value.Contains(':', StringComparison.Ordinal)) return null;
                return client with { Address = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() };
            case "PORT":
                if (value is null) return client with { Port = null };
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535 ? client with { Port = port } : null;
            case "PROTO":
                return client with { Protocol = value };
            case "HELO":
                return client with { Helo = value };
            case "IDENT":
                return client with { Ident = value };
            case "SOURCE":
                return value is null or "LOCAL" or "REMOTE" ? client with { Source = value } : null;
            default:
                return null;
        }
    }
}
