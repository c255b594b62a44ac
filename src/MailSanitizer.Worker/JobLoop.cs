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
        catch (Exception failure) when (failure is HostFaultException or ScratchFailedException)
        {
            string text = scratch.TakeFault() ?? failure.Message;
            writer.Write(WorkerFrameType.Fault, first.Job, WorkerShapes.Write(new WorkerFault(text), WorkerShapes.Default.WorkerFault));
            writer.Flush();
            throw new HostFaultException(text);
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
        if (start.Kind == JobKind.Walk)
        {
            WalkJob walk = new() { Limits = start.Limits, Passwords = passwords, FileName = start.FileName, Send = start.Send, Candidates = start.Candidates };
            jobs.Walk(bytes, walk, new FrameWalkSink(channel));
            return new JobDone();
        }

        RebuildJob rebuild = new()
        {
            Limits = start.Limits,
            Passwords = passwords,
            Treatments = treatments,
            Banners = banners,
            SubjectTags = start.SubjectTags,
            FileName = start.FileName,
            NoticeId = start.NoticeId,
        };
        FrameOutput output = new(channel, bytes);
        RebuildReport report = jobs.Rebuild(bytes, rebuild, output);
        output.Finish();
        string Cut(string text) => text.Length <= start.Limits.FactText ? text : string.Concat(text.AsSpan(0, Math.Max(0, start.Limits.FactText - 1)), "…");
        foreach (ChangeFact change in report.Changes)
            channel.Send(WorkerFrameType.Change, change with { Detail = Cut(change.Detail) }, WorkerShapes.Default.ChangeFact);
        foreach (DoneFact done in report.Done.Take(start.Limits.Findings))
            channel.Send(WorkerFrameType.TakenOut, done with { Location = Cut(done.Location), Done = Cut(done.Done) }, WorkerShapes.Default.DoneFact);
        return new JobDone { Failure = report.Failure is { } failure ? Cut(failure) : null, FileName = report.FileName is { } name ? Cut(name) : null };
    }
}
