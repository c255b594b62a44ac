using System.Buffers;
using System.Diagnostics;
using MailSanitizer.Content;

namespace MailSanitizer.Isolation;

/// <summary>
/// The daemon's side of one job: sends it, grants credit, hands what comes to the job's checks. <c>ownTime</c> is told the wall time that we ourselves
/// spend on our spool: what the host is slow at is not the worker's.
/// </summary>
internal sealed class JobConversation(WorkerFrameReader reader, WorkerFrameWriter writer, uint number, Action<TimeSpan> ownTime)
{
    private readonly WorkerCredit _credit = new();

    /// <summary>Runs to Done or to the worker's fault; anything else throws.</summary>
    public Attempt Run(UntrustedJob job, out JobDone? done)
    {
        done = null;
        if (!SendJob(job, out Attempt? early)) return early!;
        while (true)
        {
            WorkerFrame frame = Next();
            switch (frame.Type)
            {
                case WorkerFrameType.Credit:
                    _credit.Granted(frame);
                    break;
                case WorkerFrameType.Fault:
                    return Fault(frame);
                case WorkerFrameType.Done:
                    _ = _credit.Received(frame.Cost);
                    JobDone last = WorkerShapes.Read(frame, WorkerShapes.Default.JobDone);
                    job.Finish(last);
                    done = last;
                    return new Attempt(AttemptEnd.Done);
                default:
                    int grant = _credit.Received(frame.Cost);
                    long before = Stopwatch.GetTimestamp();
                    job.Take(frame);
                    ownTime(Stopwatch.GetElapsedTime(before));
                    if (grant > 0) writer.WriteCredit(number, grant);
                    break;
            }
        }
    }

    /// <summary>What the worker still said before its pipe broke: a fault of the host, or null.</summary>
    public Attempt? LastWords()
    {
        try
        {
            while (reader.Read() is { } frame)
            {
                if (frame.Job == number && frame.Type == WorkerFrameType.Fault) return Fault(frame);
            }
        }
        catch (IOException)
        {
            // It said nothing that can be read.
        }

        return null;
    }

    private static Attempt Fault(in WorkerFrame frame) => new(AttemptEnd.Fault, WorkerShapes.Read(frame, WorkerShapes.Default.WorkerFault).Text);

    private WorkerFrame Next()
    {
        WorkerFrame frame = reader.Read() ?? throw new WorkerProtocolException("it ended within the job");
        return frame.Job == number ? frame : throw new WorkerProtocolException("a frame of another job");
    }

    private bool SendJob(UntrustedJob job, out Attempt? early)
    {
        if (!Send(WorkerFrameType.JobStart, WorkerShapes.Write(job.Start, WorkerShapes.Default.JobStart), out early)) return false;
        foreach ((WorkerFrameType type, byte[] payload) in job.Lists())
        {
            if (!Send(type, payload, out early)) return false;
        }

        if (job.Original.TryGetMemory(out ReadOnlyMemory<byte> memory))
        {
            for (int at = 0; at < memory.Length; at += WorkerProtocol.MaximumPayload)
            {
                if (!Send(WorkerFrameType.MessageBytes, memory.Span[at..Math.Min(memory.Length, at + WorkerProtocol.MaximumPayload)], out early)) return false;
            }
        }
        else if (!SendStream(job, out early))
        {
            return false;
        }

        if (!Send(WorkerFrameType.MessageEnd, [], out early)) return false;
        writer.Flush();
        return true;
    }

    private bool SendStream(UntrustedJob job, out Attempt? early)
    {
        early = null;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(WorkerProtocol.MaximumPayload);
        try
        {
            using Stream stream = job.Original.OpenRead();
            while (true)
            {
                int got;
                long before = Stopwatch.GetTimestamp();
                try
                {
                    got = stream.Read(buffer.AsSpan(0, WorkerProtocol.MaximumPayload));
                }
                catch (IOException failure)
                {
                    throw new SpoolFailedException(failure);
                }

                ownTime(Stopwatch.GetElapsedTime(before));
                if (got == 0) return true;
                if (!Send(WorkerFrameType.MessageBytes, buffer.AsSpan(0, got), out early)) return false;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    // While the message goes in, the worker sends credit, or gives up for a fault of the host (no scratch space), and nothing else.
    private bool Send(WorkerFrameType type, ReadOnlySpan<byte> payload, out Attempt? early)
    {
        early = null;
        int cost = WorkerProtocol.HeaderLength + payload.Length;
        while (!_credit.MaySpend(cost))
        {
            writer.Flush();
            WorkerFrame frame = Next();
            if (frame.Type == WorkerFrameType.Fault)
            {
                early = Fault(frame);
                return false;
            }

            if (frame.Type != WorkerFrameType.Credit) throw new WorkerProtocolException($"{frame.Type} before the message was sent");
            _credit.Granted(frame);
        }

        _credit.Spend(cost);
        writer.Write(type, number, payload);
        return true;
    }
}
