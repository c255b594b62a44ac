using System.Net;
using System.Net.Security;
using MailSanitizer.Mail;
using Microsoft.AspNetCore.Connections;

namespace MailSanitizer.Reception;

/// <summary>One connection: reads commands, asks the state table, keeps what has been said. Enters: a peer. Leaves: received messages, through the room.</summary>
internal sealed class Session(MailReception room, ConnectionContext connection, ListenerOptions listener, Wire wire)
{
    private int _errors;
    private int _idleCommands;
    private int _messages;

    /// <summary>What Reception was given.</summary>
    public MailReception Room => room;

    /// <summary>The connection, for STARTTLS.</summary>
    public ConnectionContext Connection => connection;

    /// <summary>The listener.</summary>
    public ListenerOptions Listener => listener;

    /// <summary>Lines and replies.</summary>
    public Wire Wire => wire;

    /// <summary>Where the session stands.</summary>
    public SessionState State { get; set; } = SessionState.Connected;

    /// <summary>LMTP; known after the greeting.</summary>
    public bool IsLmtp { get; set; }

    /// <summary>The name in the greeting.</summary>
    public string PeerHelo { get; set; } = "";

    /// <summary>The peer's address, or <c>unix</c>.</summary>
    public string PeerAddress { get; } = connection.RemoteEndPoint is IPEndPoint peer ? (peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address).ToString() : "unix";

    /// <summary>TLS, once it is on.</summary>
    public SslStream? Tls { get; set; }

    /// <summary>TLS is on.</summary>
    public bool IsTls => Tls is not null;

    /// <summary>What we announced; empty after HELO.</summary>
    public AnnouncedExtensions Announced { get; set; } = AnnouncedExtensions.None;

    /// <summary>What XFORWARD said for the next transaction.</summary>
    public ForwardedClient Client { get; set; } = ForwardedClient.Unknown;

    /// <summary>The transaction, or null.</summary>
    public Transaction? Transaction { get; set; }

    /// <summary>The connection is to be closed once the replies are out.</summary>
    public bool Closing { get; set; }

    /// <summary>Says a reply; a refusal is counted.</summary>
    public void Say(SmtpReply reply)
    {
        wire.Say(reply);
        if (reply.IsPermanent) _errors++;
    }

    /// <summary>Says a last reply and closes.</summary>
    public void Close(SmtpReply reply)
    {
        wire.Say(reply);
        Closing = true;
    }

    /// <summary>Ends the transaction; XFORWARD holds for one (XFORWARD_README).</summary>
    public void Reset()
    {
        Transaction?.Dispose();
        Transaction = null;
        Client = ForwardedClient.Unknown;
        if (State != SessionState.Connected) State = SessionState.Ready;
    }

    /// <summary>A message has gone through: idle commands count anew.</summary>
    public void CountMessage()
    {
        _messages++;
        _idleCommands = 0;
    }

    /// <summary>Whether this session has had its share of messages.</summary>
    public bool HasHadEnough => _messages >= room.Options.Limits.Messages;

    /// <summary>A command that moves no mail.</summary>
    public void CountIdleCommand()
    {
        if (++_idleCommands > room.Options.Limits.IdleCommands) Close(Replies.TooManyIdleCommands);
    }

    /// <summary>The peer was too slow, is gone, or we are to shut down: says so where it can be said.</summary>
    public void End(WireEnd end)
    {
        Closing = true;
        if (end == WireEnd.TimedOut) wire.Say(Replies.TimedOut);
        else if (end == WireEnd.Draining) wire.Say(Replies.Draining);
    }

    /// <summary>Runs until the peer or we are done.</summary>
    public async Task RunAsync()
    {
        try
        {
            wire.Say(new SmtpReply(220, "", $"{room.Options.HostName} ESMTP LMTP MailSanitizer"));
            while (!Closing)
            {
                await OneCommandAsync();
                if (!Closing && _errors > room.Options.Limits.Errors) Close(Replies.TooManyErrors);
                if (!await wire.FlushWhenFullAsync()) return;
            }

            await wire.FlushAsync();
        }
        finally
        {
            Transaction?.Dispose();
            if (Tls is not null) await Tls.DisposeAsync();
        }
    }

    private async ValueTask OneCommandAsync()
    {
        (WireEnd end, ReadOnlyMemory<byte> line) = await wire.ReadLineAsync();
        switch (end)
        {
            case WireEnd.Complete:
                break;
            case WireEnd.TooLong:
                Say(Replies.LineTooLong);
                return;
            case WireEnd.BareLineEnd:
                // Closed, not only refused: what lies behind it may be a second message dressed as commands.
                Close(Replies.BareLineEnd);
                return;
            default:
                End(end);
                return;
        }

        if (!CommandText.TryRead(line.Span, out string verb, out string arguments))
        {
            Say(Replies.NotText);
            return;
        }

        // A browser that was lured here speaks no mail (Postfix smtpd_forbidden_commands).
        if (verb is "GET" or "POST" or "CONNECT" or "HOST:")
        {
            Close(Replies.Unknown);
            return;
        }

        ICommand? command = StateTable.Find(verb, State, out SmtpReply refusal);
        if (command is not null)
        {
            await command.RunAsync(this, arguments);
            return;
        }

        Say(refusal);
        // Content that was sent along with a refused DATA must not be read as commands.
        if (verb == "DATA" && wire.HasMore()) Closing = true;
    }
}
