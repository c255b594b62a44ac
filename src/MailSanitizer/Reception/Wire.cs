using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Reception;

/// <summary>How a read ended.</summary>
internal enum WireEnd
{
    /// <summary>What was asked for is there.</summary>
    Complete,

    /// <summary>A command line is too long; it has been read away.</summary>
    TooLong,

    /// <summary>A command line has a CR or LF that stands alone.</summary>
    BareLineEnd,

    /// <summary>The peer was too slow.</summary>
    TimedOut,

    /// <summary>We are to shut down.</summary>
    Draining,

    /// <summary>The peer is gone.</summary>
    Closed,
}

/// <summary>
/// The connection as the protocol sees it: lines and content in, replies out. Replies are gathered and leave in one flush when we would have to wait for the
/// peer (RFC 2920 3.2). One timer cancels whatever read or flush is under way, so that no wait is without an end.
/// </summary>
internal sealed class Wire : IDisposable
{
    private const int FlushAt = 4_096;
    private readonly ReceptionLimits _limits;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly byte[] _line;
    private PipeReader _reader;
    private PipeWriter _writer;
    private int _unflushed;
    private volatile bool _timedOut;
    private volatile bool _draining;

    public Wire(PipeReader reader, PipeWriter writer, ReceptionLimits limits, TimeProvider time)
    {
        _reader = reader;
        _writer = writer;
        _limits = limits;
        _time = time;
        _line = new byte[limits.CommandLine];
        _timer = time.CreateTimer(static wire => ((Wire)wire!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A flush failed: the peer is gone or takes nothing.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Shutting down: the next wait for a command ends with <see cref="WireEnd.Draining"/>. Content that is coming is still read.</summary>
    public void Drain()
    {
        _draining = true;
        _reader.CancelPendingRead();
    }

    /// <summary>Reads the next command line; the result holds it until the next read, without its CRLF.</summary>
    public async ValueTask<(WireEnd End, ReadOnlyMemory<byte> Line)> ReadLineAsync()
    {
        long started = _time.GetTimestamp();
        int length = 0;
        long thrown = 0;
        while (true)
        {
            if (_draining) return (WireEnd.Draining, default);
            if (!_reader.TryRead(out ReadResult result))
            {
                if (!await FlushAsync()) return (WireEnd.Closed, default);
                TimeSpan left = _limits.CommandTime - _time.GetElapsedTime(started);
                if (left <= TimeSpan.Zero) return (WireEnd.TimedOut, default);
                result = await ReadAsync(left);
            }

            ReadOnlySequence<byte> buffer = result.Buffer;
            SequencePosition? feed = buffer.PositionOf((byte)'\n');
            ReadOnlySequence<byte> piece = feed is null ? buffer : buffer.Slice(0, buffer.GetPosition(1, feed.Value));
            // The piece is copied and consumed at once: what lies in the pipe is bounded by its own threshold, not by a peer that never ends a line.
            if (length + piece.Length > _line.Length)
            {
                thrown += length + piece.Length;
                length = 0;
            }
            else
            {
                piece.CopyTo(_line.AsSpan(length));
                length += (int)piece.Length;
            }

            _reader.AdvanceTo(piece.End);
            if (feed is not null) return thrown > 0 ? (WireEnd.TooLong, default) : Line(length);
            if (thrown > 16L * _line.Length) return (WireEnd.Closed, default);
            if (result.IsCompleted) return (WireEnd.Closed, default);
            if (result.IsCanceled && _timedOut) return (WireEnd.TimedOut, default);
        }
    }

    /// <summary>Reads content until the reader has seen its end.</summary>
    public ValueTask<WireEnd> ReadDataAsync(DataReader reader, MessageIntake intake) =>
        ReadContentAsync(intake, long.MaxValue, (piece, _) => (reader.Read(piece, intake, out int consumed), consumed));

    /// <summary>Reads a chunk of a known length (RFC 3030).</summary>
    public ValueTask<WireEnd> ReadChunkAsync(long length, IDataSink sink) => length == 0 ? new(WireEnd.Complete) : ReadContentAsync(sink, length, (piece, left) =>
    {
        int consumed = (int)Math.Min(piece.Length, left);
        sink.Write(piece[..consumed]);
        return (consumed == left, consumed);
    });

    /// <summary>Whether the peer has sent more than we have read.</summary>
    public bool HasMore()
    {
        if (!_reader.TryRead(out ReadResult result)) return false;
        bool more = !result.Buffer.IsEmpty;
        _reader.AdvanceTo(result.Buffer.Start);
        return more;
    }

    /// <summary>Throws away what the peer has sent beyond the command (STARTTLS: RFC 3207 4.2, and the injection of plain text behind it).</summary>
    public void ThrowAwayInput()
    {
        if (_reader.TryRead(out ReadResult result)) _reader.AdvanceTo(result.Buffer.End);
    }

    /// <summary>From here on over another transport.</summary>
    public void Exchange(PipeReader reader, PipeWriter writer)
    {
        _reader = reader;
        _writer = writer;
        _unflushed = 0;
    }

    /// <summary>Puts a reply behind the ones that have not left yet.</summary>
    public void Say(SmtpReply reply)
    {
        string[] lines = ReplyText.Safe(reply.Text).Split('\n');
        StringBuilder text = new();
        for (int index = 0; index < lines.Length; index++)
        {
            text.Append(reply.Code).Append(index == lines.Length - 1 ? ' ' : '-');
            if (reply.Enhanced.Length > 0) text.Append(ReplyText.Safe(reply.Enhanced)).Append(' ');
            text.Append(lines[index]).Append("\r\n");
        }

        Span<byte> into = _writer.GetSpan(text.Length);
        int written = Encoding.ASCII.GetBytes(text.ToString(), into);
        _writer.Advance(written);
        _unflushed += written;
    }

    /// <summary>Sends what has gathered once it is a lot.</summary>
    public ValueTask<bool> FlushWhenFullAsync() => _unflushed >= FlushAt ? FlushAsync() : new(true);

    /// <summary>Sends what has gathered; false when the peer is gone or takes nothing.</summary>
    public async ValueTask<bool> FlushAsync()
    {
        if (_unflushed == 0) return true;
        _unflushed = 0;
        Arm(_limits.ReplyTime);
        try
        {
            FlushResult result = await _writer.FlushAsync();
            IsBroken = result.IsCompleted || result.IsCanceled;
        }
        catch (IOException)
        {
            // A TLS stream says it this way when the peer is gone.
            IsBroken = true;
        }
        finally
        {
            Disarm();
        }

        return !IsBroken;
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private async ValueTask<WireEnd> ReadContentAsync(IDataSink sink, long left, ReadPiece read)
    {
        _ = sink;
        long started = _time.GetTimestamp();
        long total = 0;
        while (true)
        {
            if (!_reader.TryRead(out ReadResult result))
            {
                if (!await FlushAsync()) return WireEnd.Closed;
                TimeSpan allowed = _limits.DataGrace + TimeSpan.FromSeconds(total / (double)_limits.DataRate) - _time.GetElapsedTime(started);
                if (allowed <= TimeSpan.Zero) return WireEnd.TimedOut;
                result = await ReadAsync(allowed < _limits.DataPause ? allowed : _limits.DataPause);
            }

            ReadOnlySequence<byte> buffer = result.Buffer;
            SequencePosition consumedTo = buffer.Start;
            bool ended = false;
            foreach (ReadOnlyMemory<byte> piece in buffer)
            {
                (ended, int consumed) = read(piece.Span, left);
                left -= consumed;
                total += consumed;
                consumedTo = buffer.GetPosition(consumed, consumedTo);
                if (ended) break;
            }

            _reader.AdvanceTo(consumedTo);
            if (ended) return WireEnd.Complete;
            // Twice the limit is read away for the sake of a reply; a peer that goes on does not read replies.
            if (total > 2 * _limits.MessageBytes) return WireEnd.Closed;
            if (result.IsCompleted) return WireEnd.Closed;
            if (result.IsCanceled && _timedOut) return WireEnd.TimedOut;
        }
    }

    private delegate (bool Ended, int Consumed) ReadPiece(ReadOnlySpan<byte> piece, long left);

    private async ValueTask<ReadResult> ReadAsync(TimeSpan time)
    {
        Arm(time);
        try
        {
            return await _reader.ReadAsync();
        }
        catch (Exception gone) when (gone is IOException or Microsoft.AspNetCore.Connections.ConnectionAbortedException or OperationCanceledException)
        {
            return new ReadResult(ReadOnlySequence<byte>.Empty, isCanceled: false, isCompleted: true);
        }
        finally
        {
            Disarm();
        }
    }

    private (WireEnd End, ReadOnlyMemory<byte> Line) Line(int length)
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, length - 1);
        if (line.IsEmpty || line[^1] != '\r' || line[..^1].Contains((byte)'\r')) return (WireEnd.BareLineEnd, default);
        return (WireEnd.Complete, _line.AsMemory(0, length - 2));
    }

    private void Arm(TimeSpan time)
    {
        _timedOut = false;
        _timer.Change(time, Timeout.InfiniteTimeSpan);
    }

    private void Disarm() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    private void OnTimer()
    {
        _timedOut = true;
        _reader.CancelPendingRead();
        _writer.CancelPendingFlush();
    }
}
