using MailSanitizer.Content;

namespace MailSanitizer.Worker;

/// <summary>Jobs in, results out, until the daemon closes the pipe. Nothing of a job survives it.</summary>
internal sealed class JobLoop(WorkerFrameReader reader, WorkerFrameWriter writer, IContentJobs jobs, Scratch scratch)
{
    /// <summary>Memory after a job above which the heap is compacted before the next (bytes).</summary>
    private const long TidyAbove = 96L * 1024 * 1024;

    public void Run()
    {
        while (reader.Read() is { } frame)
        {
            // A credit frame of the job before may still have been under way when that job was done.
            if (frame.Type == WorkerFrameType.Credit) continue;
            if (frame.Type != WorkerFrameType.JobStart) throw new WorkerProtocolException($"{frame.Type} between jobs");
            Run(frame);
            reader.Clear();
            if (Environment.WorkingSet > TidyAbove) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    private void Run(in WorkerFrame first)
    {
        JobChannel channel = new(reader, writer, first.Job);
        channel.Count(first);
        JobStart start = WorkerShapes.Read(first, WorkerShapes.Default.JobStart);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        try
        {
            JobDone done = Run(channel, start);
            if (scratch.TakeFault() is { } fault) throw new HostFaultException(fault);
            done = done with
            {
                CpuMilliseconds = (long)(Environment.CpuUsage.TotalTime - before).TotalMilliseconds,
                ResidentBytes = Environment.WorkingSet,
            };
            channel.Send(WorkerFrameType.Done, done, WorkerShapes.Default.JobDone);
        }
        catch (HostFaultException failure)
        {
            writer.Write(WorkerFrameType.Fault, first.Job, WorkerShapes.Write(new WorkerFault(failure.Message), WorkerShapes.Default.WorkerFault));
            writer.Flush();
            throw;
        }

        channel.Flush();
    }

    private JobDone Run(JobChannel channel, JobStart start)
    {
        List<Password> passwords = [];
        List<Treatment> treatments = [];
        List<Banner> banners = [];
        for (int count = 0; count < start.Passwords; count++) passwords.Add(channel.Receive(WorkerFrameType.Password, WorkerShapes.Default.Password));
        for (int count = 0; count < start.Treatments; count++) treatments.Add(channel.Receive(WorkerFrameType.Treatment, WorkerShapes.Default.Treatment));
        for (int count = 0; count < start.Banners; count++) banners.Add(channel.Receive(WorkerFrameType.Banner, WorkerShapes.Default.Banner));
        using PartBytes bytes = ScratchBytes.Receive(channel, start, scratch);
        using CpuLimit limit = new(TimeSpan.FromSeconds(start.Limits.JobCpuSeconds));
        if (start.Kind == JobKind.Walk)
        {
            WalkJob walk = new() { Limits = start.Limits, Passwords = passwords, FileName = start.FileName, Send = start.Send, Candidates = start.Candidates };
            jobs.Walk(bytes, walk, new FrameWalkSink(channel), limit.Token);
            return new JobDone();
        }

        RebuildJob rebuild = new() { Limits = start.Limits, Passwords = passwords, Treatments = treatments, Banners = banners, FileName = start.FileName };
        FrameOutput output = new(channel, bytes);
        RebuildReport report = jobs.Rebuild(bytes, rebuild, output, limit.Token);
        output.Finish();
        foreach (ChangeFact change in report.Changes) channel.Send(WorkerFrameType.Change, change, WorkerShapes.Default.ChangeFact);
        foreach (DoneFact done in report.Done) channel.Send(WorkerFrameType.TakenOut, done, WorkerShapes.Default.DoneFact);
        return new JobDone { Failure = report.Failure, FileName = report.FileName };
    }
}
