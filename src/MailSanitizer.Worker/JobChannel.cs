using System.Text.Json.Serialization.Metadata;
using MailSanitizer.Content;

namespace MailSanitizer.Worker;

/// <summary>One job's two directions, within their credit.</summary>
internal sealed class JobChannel(WorkerFrameReader reader, WorkerFrameWriter writer, uint job)
{
    private readonly WorkerCredit _credit = new();

    /// <summary>The next frame of this job that is not credit.</summary>
    public WorkerFrame Receive()
    {
        while (true)
        {
            WorkerFrame frame = reader.Read() ?? throw new EndOfStreamException("the daemon is gone");
            if (frame.Job != job) throw new WorkerProtocolException("a frame of another job");
            if (frame.Type == WorkerFrameType.Credit)
            {
                _credit.Granted(frame);
                continue;
            }

            int grant = _credit.Received(frame.Cost);
            if (grant > 0) writer.WriteCredit(job, grant);
            return frame;
        }
    }

    /// <summary>The next frame, which must be of that type and shape.</summary>
    public T Receive<T>(WorkerFrameType type, JsonTypeInfo<T> shape)
        where T : class
    {
        WorkerFrame frame = Receive();
        return frame.Type == type ? WorkerShapes.Read(frame, shape) : throw new WorkerProtocolException($"{frame.Type} instead of {type}");
    }

    /// <summary>Counts the first frame of the job, which was read before the channel was there.</summary>
    public void Count(in WorkerFrame first) => _ = _credit.Received(first.Cost);

    /// <summary>Sends a frame; waits for credit when there is none.</summary>
    public void Send(WorkerFrameType type, ReadOnlySpan<byte> payload)
    {
        int cost = WorkerProtocol.HeaderLength + payload.Length;
        while (!_credit.MaySpend(cost))
        {
            writer.Flush();
            WorkerFrame frame = reader.Read() ?? throw new EndOfStreamException("the daemon is gone");
            if (frame.Job != job || frame.Type != WorkerFrameType.Credit) throw new WorkerProtocolException($"{frame.Type} instead of credit");
            _credit.Granted(frame);
        }

        _credit.Spend(cost);
        writer.Write(type, job, payload);
    }

    /// <summary>Sends an object.</summary>
    public void Send<T>(WorkerFrameType type, T value, JsonTypeInfo<T> shape) => Send(type, WorkerShapes.Write(value, shape));

    /// <summary>Sends what was gathered.</summary>
    public void Flush() => writer.Flush();
}
