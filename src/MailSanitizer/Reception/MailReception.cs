using System.Net;
using MailSanitizer.Mail;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace MailSanitizer.Reception;

/// <summary>The room: serves connections of Kestrel, one session each. Enters: connections of trusted peers. Leaves: messages to the <see cref="IMessageReceiver"/>.</summary>
/// <param name="options">Configuration.</param>
/// <param name="receiver">Takes the messages.</param>
/// <param name="spool">Takes the bytes.</param>
/// <param name="nextHop">What it announced last is what we announce.</param>
/// <param name="time">Clock and timers.</param>
/// <param name="logger">Log.</param>
/// <param name="freeDisk">Free bytes where the spool lies.</param>
public sealed class MailReception(
    ReceptionOptions options, IMessageReceiver receiver, ISpool spool, INextHop nextHop, TimeProvider time, ILogger<MailReception> logger, Func<long> freeDisk)
{
    private int _connections;

    /// <summary>Configuration.</summary>
    public ReceptionOptions Options => options;

    /// <summary>Connections now.</summary>
    public int Connections => _connections;

    internal IMessageReceiver Receiver => receiver;

    internal ISpool Spool => spool;

    internal INextHop NextHop => nextHop;

    internal TimeProvider Time => time;

    internal ILogger Logger => logger;

    /// <summary>Whether the disk takes a message of this size: twice its bytes must be free (DESIGN.md, promise 12).</summary>
    internal bool HasRoomFor(long announced) => freeDisk() >= Math.Max(options.Limits.FreeDisk, announced > long.MaxValue / 2 ? long.MaxValue : 2 * announced);

    /// <summary>Serves one connection until it ends.</summary>
    public async Task ServeAsync(ConnectionContext connection, ListenerOptions listener)
    {
        using Wire wire = new(connection.Transport.Input, connection.Transport.Output, options.Limits, time);
        Session session = new(this, connection, listener, wire);
        CancellationToken closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        await using CancellationTokenRegistration drain = closing.UnsafeRegister(static held => ((Wire)held!).Drain(), wire);
        int count = Interlocked.Increment(ref _connections);
        try
        {
            if (Refusal(connection, count) is { } refusal)
            {
                logger.LogWarning("{Listener}: {Peer} is refused: {Code} {Text}", listener.Facts.Name, session.PeerAddress, refusal.Code, refusal.Text);
                wire.Say(refusal);
                await wire.FlushAsync();
                return;
            }

            await session.RunAsync();
        }
        catch (ConnectionAbortedException)
        {
            logger.LogDebug("{Listener}: {Peer} broke the connection", listener.Facts.Name, session.PeerAddress);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
            CloseInTime(connection, wire.IsBroken);
        }
    }

    /// <summary>Kestrel sends what is left before it closes, and waits for the peer to take it: not for ever.</summary>
    private void CloseInTime(ConnectionContext connection, bool now)
    {
        if (now)
        {
            connection.Abort();
            return;
        }

        ITimer abort = time.CreateTimer(static held => ((ConnectionContext)held!).Abort(), connection, options.Limits.ReplyTime, Timeout.InfiniteTimeSpan);
        connection.ConnectionClosed.UnsafeRegister(static held => ((ITimer)held!).Dispose(), abort);
    }

    private SmtpReply? Refusal(ConnectionContext connection, int count)
    {
        if (connection.RemoteEndPoint is IPEndPoint peer)
        {
            IPAddress address = peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address;
            if (!options.TrustedPeers.Any(network => network.Contains(address))) return Replies.NotTrusted;
        }

        if (count > options.Limits.Connections) return Replies.TooManyConnections;
        // Without it we would announce neither 8BITMIME nor SMTPUTF8, and the peer would convert or bounce what the next hop can take.
        return nextHop.IsKnown ? null : Replies.NextHopUnknown;
    }
}
