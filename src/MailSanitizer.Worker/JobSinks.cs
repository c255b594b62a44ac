using MailSanitizer.Content;

namespace MailSanitizer.Worker;

/// <summary>Writes what a walk finds as frames. Equal bytes cross once.</summary>
internal sealed class FrameWalkSink(JobChannel channel) : IWalkSink
{
    private readonly HashSet<(string Sha256, long Length)> _sent = [];

    // A part has a handful of names; thousands of them would not fit a frame.
    public void Part(PartFact fact) => channel.Send(WorkerFrameType.Part,
        fact.Names.Count > WorkerProtocol.MaximumNames ? fact with { Names = [.. fact.Names.Take(WorkerProtocol.MaximumNames)] } : fact, WorkerShapes.Default.PartFact);

    public void Finding(FindingFact fact) => channel.Send(WorkerFrameType.Finding, fact, WorkerShapes.Default.FindingFact);

    public void Candidate(CandidateFact fact) => channel.Send(WorkerFrameType.Candidate, fact, WorkerShapes.Default.CandidateFact);

    public void Link(LinkFact fact) => channel.Send(WorkerFrameType.Link, fact, WorkerShapes.Default.LinkFact);

    public void Leaf(string path, string sha256, string view, PartBytes bytes)
    {
        bool again = !_sent.Add((sha256, bytes.Length));
        channel.Send(WorkerFrameType.LeafStart, new LeafStart(path, sha256, view, bytes.Length, again), WorkerShapes.Default.LeafStart);
        if (again) return;
        Bytes.Send(channel, WorkerFrameType.LeafBytes, bytes, 0, bytes.Length);
        channel.Send(WorkerFrameType.LeafEnd, []);
    }
}

/// <summary>Writes a rebuilt message as frames. Ranges that go forward stay ranges; one that goes back is sent as bytes, for the daemon takes ascending ranges only.</summary>
internal sealed class FrameOutput(JobChannel channel, PartBytes original) : IPartOutput
{
    private long _offset;
    private long _length;
    private long _behind;

    public void Copy(long offset, long length)
    {
        if (offset < 0 || length < 0 || length > original.Length - offset) throw new ArgumentOutOfRangeException(nameof(offset));
        if (length == 0) return;
        if (_length > 0 && offset == _offset + _length)
        {
            _length += length;
            return;
        }

        Finish();
        if (offset < _behind)
        {
            Bytes.Send(channel, WorkerFrameType.NewBytes, original, offset, length);
            return;
        }

        (_offset, _length) = (offset, length);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Finish();
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> now = bytes[..Math.Min(bytes.Length, WorkerProtocol.MaximumPayload)];
            channel.Send(WorkerFrameType.NewBytes, now);
            bytes = bytes[now.Length..];
        }
    }

    /// <summary>Sends the range that is still open.</summary>
    public void Finish()
    {
        if (_length == 0) return;
        channel.Send(WorkerFrameType.Copy, new OutputCopy(_offset, _length), WorkerShapes.Default.OutputCopy);
        _behind = _offset + _length;
        _length = 0;
    }
}

/// <summary>Sends ranges of part bytes in frames.</summary>
internal static class Bytes
{
    public static void Send(JobChannel channel, WorkerFrameType type, PartBytes bytes, long offset, long length)
    {
        if (bytes.TryGetMemory(out ReadOnlyMemory<byte> memory))
        {
            for (long sent = 0; sent < length;)
            {
                int now = (int)Math.Min(length - sent, WorkerProtocol.MaximumPayload);
                channel.Send(type, memory.Span.Slice((int)(offset + sent), now));
                sent += now;
            }

            return;
        }

        byte[] buffer = new byte[(int)Math.Min(length, WorkerProtocol.MaximumPayload)];
        for (long sent = 0; sent < length;)
        {
            int got = bytes.Read(offset + sent, buffer.AsSpan(0, (int)Math.Min(length - sent, buffer.Length)));
            if (got <= 0) throw new EndOfStreamException("part bytes end early");
            channel.Send(type, buffer.AsSpan(0, got));
            sent += got;
        }
    }
}
