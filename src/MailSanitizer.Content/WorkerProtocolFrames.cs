using System.Buffers.Binary;

namespace MailSanitizer.Content;

/// <summary>One frame. The payload lies in the reader's buffer and is valid until the next read.</summary>
/// <param name="Type">What it is; may be a number that the enumeration does not know.</param>
/// <param name="Job">The job it belongs to; 0 for the connection.</param>
/// <param name="Payload">Raw bytes or a JSON object.</param>
public readonly record struct WorkerFrame(WorkerFrameType Type, uint Job, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Header and payload (bytes): what the frame costs of the sender's credit.</summary>
    public int Cost => WorkerProtocol.HeaderLength + Payload.Length;
}

/// <summary>Reads frames from a stream, through one buffer that holds a frame of the largest size. Not for two threads at once.</summary>
public sealed class WorkerFrameReader(Stream stream)
{
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(WorkerProtocol.HeaderLength + WorkerProtocol.MaximumPayload);
    private int _start;
    private int _end;

    /// <summary>True once the stream has ended, between frames or within one.</summary>
    public bool Ended { get; private set; }

    /// <summary>The next frame, or null at the end of the stream between two frames. An end within a frame or a length above the maximum is a <see cref="WorkerProtocolException"/>.</summary>
    public WorkerFrame? Read()
    {
        if (!Fill(WorkerProtocol.HeaderLength, mayEnd: true)) return null;
        ReadOnlySpan<byte> header = _buffer.AsSpan(_start, WorkerProtocol.HeaderLength);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (length > WorkerProtocol.MaximumPayload) throw new WorkerProtocolException($"frame of {length} bytes");
        WorkerFrameType type = (WorkerFrameType)header[4];
        uint job = BinaryPrimitives.ReadUInt32BigEndian(header[5..]);
        int whole = WorkerProtocol.HeaderLength + (int)length;
        _ = Fill(whole, mayEnd: false);
        ReadOnlyMemory<byte> payload = _buffer.AsMemory(_start + WorkerProtocol.HeaderLength, (int)length);
        _start += whole;
        return new WorkerFrame(type, job, payload);
    }

    /// <summary>Forgets bytes that lie in the buffer: a job's message must not stay in memory behind it.</summary>
    public void Clear() => Array.Clear(_buffer);

    private bool Fill(int count, bool mayEnd)
    {
        if (_end - _start >= count) return true;
        if (_start > 0 && _start + count > _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        else if (_start == _end)
        {
            _start = _end = 0;
        }

        while (_end - _start < count)
        {
            int got = stream.Read(_buffer.AsSpan(_end));
            if (got == 0)
            {
                Ended = true;
                if (mayEnd && _start == _end) return false;
                throw new WorkerProtocolException("end within a frame");
            }

            _end += got;
        }

        return true;
    }
}

/// <summary>Writes frames. Small ones are gathered until <see cref="Flush"/> or until the buffer is full. Not for two threads at once.</summary>
public sealed class WorkerFrameWriter(Stream stream)
{
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024);
    private int _used;

    /// <summary>Writes one frame; a payload above the maximum is an <see cref="ArgumentException"/>, for the caller has to split or to cut.</summary>
    public void Write(WorkerFrameType type, uint job, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > WorkerProtocol.MaximumPayload) throw new ArgumentException($"payload of {payload.Length} bytes", nameof(payload));
        if (_buffer.Length - _used < WorkerProtocol.HeaderLength) Drain();
        Span<byte> header = _buffer.AsSpan(_used, WorkerProtocol.HeaderLength);
        BinaryPrimitives.WriteInt32BigEndian(header, payload.Length);
        header[4] = (byte)type;
        BinaryPrimitives.WriteUInt32BigEndian(header[5..], job);
        _used += WorkerProtocol.HeaderLength;
        if (payload.Length <= _buffer.Length - _used)
        {
            payload.CopyTo(_buffer.AsSpan(_used));
            _used += payload.Length;
            return;
        }

        Drain();
        stream.Write(payload);
    }

    /// <summary>Grants credit, and flushes: the other side may be waiting for it.</summary>
    public void WriteCredit(uint job, int bytes)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        Write(WorkerFrameType.Credit, job, payload);
        Flush();
    }

    /// <summary>Sends what was gathered.</summary>
    public void Flush()
    {
        Drain();
        stream.Flush();
    }

    private void Drain()
    {
        if (_used > 0) stream.Write(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}

/// <summary>The credit of one job, both ways. <see cref="Spend"/> blocks on nothing: the caller reads credit frames while <see cref="MaySpend"/> is false.</summary>
public sealed class WorkerCredit
{
    private int _taken;

    /// <summary>Bytes that may still be sent.</summary>
    public int ToSend { get; private set; } = WorkerProtocol.Window;

    /// <summary>Bytes that the other side may still send.</summary>
    public int ToReceive { get; private set; } = WorkerProtocol.Window;

    /// <summary>True when a frame of that cost may go now.</summary>
    public bool MaySpend(int cost) => cost <= ToSend;

    /// <summary>Takes what a frame costs from the credit.</summary>
    public void Spend(int cost)
    {
        if (cost > ToSend) throw new InvalidOperationException("credit overdrawn");
        ToSend -= cost;
    }

    /// <summary>Takes a credit frame in. More than the window in all is a broken protocol.</summary>
    public void Granted(in WorkerFrame frame)
    {
        if (frame.Payload.Length != 4) throw new WorkerProtocolException("credit of a wrong length");
        int bytes = BinaryPrimitives.ReadInt32BigEndian(frame.Payload.Span);
        if (bytes <= 0 || bytes > WorkerProtocol.Window - ToSend) throw new WorkerProtocolException("credit out of range");
        ToSend += bytes;
    }

    /// <summary>Counts a frame that came; returns what is to be granted now, or 0. More than was granted is a broken protocol.</summary>
    public int Received(int cost)
    {
        if (cost > ToReceive) throw new WorkerProtocolException("more than the credit");
        ToReceive -= cost;
        _taken += cost;
        if (_taken < WorkerProtocol.CreditStep) return 0;
        int grant = _taken;
        ToReceive += grant;
        _taken = 0;
        return grant;
    }
}
