using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Reinjection;

/// <summary>One message over one connection: XFORWARD, MAIL, RCPT in one group where the next hop can, then the content, then its replies, mapped to the recipients.</summary>
internal sealed class HopTransaction(HopConnection connection, NextHopOptions options, Envelope envelope, OutgoingMessage message, ILogger logger)
{
    private const int Piece = 16_384;
    private static readonly SmtpReply Lost = new(451, "4.4.2", "Connection to the next hop lost");
    private static readonly SmtpReply LateReply = new(451, "4.4.2", "The next hop does not answer in time");
    private static readonly SmtpReply Unsafe = new(554, "5.6.0", "Line ends in the message cannot be conveyed safely");
    private readonly NextHopLimits _limits = options.Limits;
    private readonly SmtpReply?[] _replies = new SmtpReply?[envelope.Recipients.Count];
    private List<int> _accepted = [];

    /// <summary>Content has been begun: another try could double the mail.</summary>
    public bool HasBegunContent { get; private set; }

    /// <summary>The connection can take another transaction.</summary>
    public bool IsClean { get; private set; }

    /// <summary>The next hop said 421 before the content: it closes.</summary>
    public bool IsShuttingDown { get; private set; }

    /// <summary>The replies when it broke off: what was said stays said.</summary>
    public IReadOnlyList<SmtpReply> BrokenOff(Exception why)
    {
        SmtpReply rest = why switch
        {
            HopRefusedException refused => refused.Reply,
            TimeoutException => LateReply,
            _ => Lost,
        };
        return [.. _replies.Select(reply => reply ?? rest)];
    }

    /// <summary>Runs it. Throws what the connection throws.</summary>
    public async Task<IReadOnlyList<SmtpReply>> RunAsync(CancellationToken cancellation)
    {
        HopExtensions extensions = connection.Extensions;
        Conveyance.Judge(envelope, message, extensions, out bool utf8).CopyTo(_replies, 0);
        List<int> open = [.. Enumerable.Range(0, _replies.Length).Where(index => _replies[index] is null)];
        if (open.Count == 0)
        {
            IsClean = true;
            return Replies();
        }

        bool data = await EnvelopeAsync(extensions, open, utf8, cancellation);
        if (IsShuttingDown) return Replies();
        if (_accepted.Count == 0)
        {
            // With a 354 the next hop waits for content that we do not have: closing is the only end that cannot be taken for a message.
            IsClean = !data && await ResetAsync(cancellation);
            return Replies();
        }

        if (!extensions.Chunking && !data) return Replies();
        if (!await ContentAsync(extensions, cancellation)) return Replies();
        await FinalAsync(cancellation);
        return Replies();
    }

    private IReadOnlyList<SmtpReply> Replies() => [.. _replies.Select(reply => reply ?? Lost)];

    /// <summary>Says the envelope; true when DATA was answered with 354.</summary>
    private async Task<bool> EnvelopeAsync(HopExtensions extensions, List<int> open, bool utf8, CancellationToken cancellation)
    {
        IReadOnlyList<string> forward = HopCommands.Forward(envelope.Client, extensions);
        List<string> lines = [.. forward, HopCommands.Mail(envelope, message.Length, utf8, extensions)];
        lines.AddRange(open.Select(index => HopCommands.Recipient(envelope.Recipients[index], extensions)));
        if (!extensions.Chunking) lines.Add("DATA");
        if (extensions.Pipelining)
        {
            // Sent and read at once: a group of a thousand RCPT would otherwise fill both directions and stop (RFC 2920 3.1).
            Task sending = connection.SendAsync(Encoding.UTF8.GetBytes(string.Join("\r\n", lines) + "\r\n"), cancellation);
            try
            {
                return await RepliesToEnvelopeAsync(forward.Count, open, !extensions.Chunking, null, cancellation);
            }
            finally
            {
                // A failed send shows as a failed read as well; here it only must not go unobserved.
                await sending.ContinueWith(static done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }

        return await RepliesToEnvelopeAsync(forward.Count, open, !extensions.Chunking, lines, cancellation);
    }

    /// <summary>Reads the replies in the order of the commands; with <paramref name="lines"/> each is sent only when the one before was answered.</summary>
    private async Task<bool> RepliesToEnvelopeAsync(int forwards, List<int> open, bool withData, List<string>? lines, CancellationToken cancellation)
    {
        int next = 0;
        for (int index = 0; index < forwards; index++)
        {
            SmtpReply forwarded = await NextAsync();
            if (Closes(forwarded, open)) return false;
            // The mail goes on without it, as Postfix does; only its log at the next hop is poorer.
            if (!forwarded.IsPositive) logger.LogWarning("The next hop refuses XFORWARD: {Code} {Text}", forwarded.Code, forwarded.Text);
        }

        SmtpReply mail = await NextAsync();
        if (Closes(mail, open)) return false;
        if (!mail.IsPositive)
        {
            foreach (int index in open) _replies[index] = Refusal(mail);
            if (lines is not null) return false;
        }

        foreach (int index in open)
        {
            SmtpReply recipient = await NextAsync();
            if (Closes(recipient, open)) return false;
            if (!mail.IsPositive) continue;
            if (recipient.IsPositive) _accepted.Add(index);
            else _replies[index] = Refusal(recipient);
        }

        if (!withData || (lines is not null && _accepted.Count == 0)) return false;
        SmtpReply data = await NextAsync();
        if (Closes(data, open)) return false;
        if (data.Code == 354) return true;
        foreach (int index in _accepted) _replies[index] = Refusal(data);
        _accepted = [];
        return false;

        async Task<SmtpReply> NextAsync()
        {
            if (lines is not null) await connection.SendLineAsync(lines[next++], cancellation);
            return await connection.ReplyAsync(_limits.CommandTime, cancellation);
        }
    }

    private bool Closes(SmtpReply reply, List<int> open)
    {
        if (reply.Code != 421) return false;
        IsShuttingDown = true;
        _accepted = [];
        foreach (int index in open) _replies[index] ??= Refusal(reply);
        return true;
    }

    /// <summary>Sends the content; false when that ended the transaction.</summary>
    private async Task<bool> ContentAsync(HopExtensions extensions, CancellationToken cancellation)
    {
        HasBegunContent = true;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(4 * Piece);
        try
        {
            bool sent = extensions.Chunking ? await ChunkAsync(buffer, cancellation) : await DataAsync(buffer, cancellation);
            if (sent) return true;
            foreach (int index in _accepted) _replies[index] = Unsafe;
            return false;
        }
        catch (Exception broken) when (broken is SocketException or IOException and not HopRefusedException)
        {
            // The next hop may have said why before it closed: 552 is worth more than "lost".
            SmtpReply last = await connection.ReplyAsync(_limits.LastWordsTime, cancellation);
            if (last.IsPositive) throw;
            foreach (int index in _accepted) _replies[index] = Refusal(last);
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> ChunkAsync(byte[] buffer, CancellationToken cancellation)
    {
        int used = Encoding.ASCII.GetBytes($"BDAT {message.Length.ToString(CultureInfo.InvariantCulture)} LAST\r\n", buffer);
        await foreach (ReadOnlyMemory<byte> piece in PiecesAsync(cancellation))
        {
            if (used + piece.Length > buffer.Length)
            {
                await connection.SendAsync(buffer.AsMemory(0, used), cancellation);
                used = 0;
            }

            piece.CopyTo(buffer.AsMemory(used));
            used += piece.Length;
        }

        await connection.SendAsync(buffer.AsMemory(0, used), cancellation);
        return true;
    }

    private async Task<bool> DataAsync(byte[] buffer, CancellationToken cancellation)
    {
        DotStuffer stuffer = new();
        int used = 0;
        await foreach (ReadOnlyMemory<byte> piece in PiecesAsync(cancellation))
        {
            if (used + (2 * piece.Length) > buffer.Length)
            {
                await connection.SendAsync(buffer.AsMemory(0, used), cancellation);
                used = 0;
            }

            used += stuffer.Write(piece.Span, buffer.AsSpan(used));
            if (stuffer.WouldEndEarly) return false;
        }

        // Found before what is still in the buffer, and the end itself, have left.
        ReadOnlyMemory<byte> end = stuffer.Finish().ToArray();
        if (stuffer.WouldEndEarly) return false;
        if (used + end.Length > buffer.Length)
        {
            await connection.SendAsync(buffer.AsMemory(0, used), cancellation);
            used = 0;
        }

        end.CopyTo(buffer.AsMemory(used));
        await connection.SendAsync(buffer.AsMemory(0, used + end.Length), cancellation);
        return true;
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        for (int at = 0; at < message.Prepended.Length; at += Piece) yield return message.Prepended.Slice(at, Math.Min(Piece, message.Prepended.Length - at));
        await using Stream content = message.Content.OpenRead();
        byte[] piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (int got; (got = await content.ReadAsync(piece.AsMemory(0, Piece), cancellation)) > 0;) yield return piece.AsMemory(0, got);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>Reads one reply for all over SMTP, one for each accepted recipient over LMTP (RFC 2033 4.2).</summary>
    private async Task FinalAsync(CancellationToken cancellation)
    {
        bool closes = false;
        if (options.Endpoint.Protocol == MailProtocol.Smtp)
        {
            SmtpReply reply = await connection.ReplyAsync(_limits.FinalTime, cancellation);
            closes = reply.Code == 421;
            foreach (int index in _accepted) _replies[index] = reply.IsPositive ? reply : Refusal(reply);
        }
        else
        {
            foreach (int index in _accepted)
            {
                SmtpReply reply = await connection.ReplyAsync(_limits.FinalTime, cancellation);
                closes |= reply.Code == 421;
                _replies[index] = reply.IsPositive ? reply : Refusal(reply);
                if (closes) break;
            }
        }

        IsClean = !closes;
    }

    private async Task<bool> ResetAsync(CancellationToken cancellation)
    {
        await connection.SendLineAsync("RSET", cancellation);
        return (await connection.ReplyAsync(_limits.CommandTime, cancellation)).IsPositive;
    }

    // 421 means "I close" on that connection, not on ours; and 3xx is no end of a transaction.
    private static SmtpReply Refusal(SmtpReply reply)
    {
        int code = reply.Code == 421 || (!reply.IsTransient && !reply.IsPermanent) ? 451 : reply.Code;
        return reply with { Code = code, Enhanced = reply.Enhanced.Length > 0 && reply.Enhanced[0] == '0' + (code / 100) ? reply.Enhanced : code < 500 ? "4.0.0" : "5.0.0" };
    }
}
