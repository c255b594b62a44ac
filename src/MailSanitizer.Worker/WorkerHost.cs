using System.Reflection;
using MailSanitizer.Content;
using MailSanitizer.Worker.Cage;

namespace MailSanitizer.Worker;

/// <summary>The life of a worker process.</summary>
public static class WorkerHost
{
    private const int Usage = 64;
    private const int CannotStart = 78;
    private const int HostFault = 75;

    /// <summary>Runs to the end of standard input; returns the exit code. <paramref name="jobs"/> is made once, with the scratch folder open.</summary>
    public static int Run(string[] arguments, Func<IScratch, IContentJobs> jobs)
    {
        if (WorkerArguments.Parse(arguments) is not { } start)
        {
            Console.Error.WriteLine("MailSanitizer.Worker is started by mailsanitizer, not by hand.");
            return Usage;
        }

        using Stream input = Console.OpenStandardInput();
        using Stream output = Console.OpenStandardOutput();
        WorkerFrameWriter writer = new(output);
        try
        {
            if (start.Stage == 1) Confinement.EnterStage1(start);
            Scratch scratch = new(start.Scratch);
            IContentJobs content = jobs(scratch);
            WarmUp.Run(content, scratch);
            WorkerCage cage = Confinement.EnterStage2(start);
            WorkerHello hello = new(WorkerProtocol.Version, WorkerProtocol.Build, WorkerProtocol.BuildOf(Assembly.GetEntryAssembly()!), cage);
            writer.Write(WorkerFrameType.Hello, 0, WorkerShapes.Write(hello, WorkerShapes.Default.WorkerHello));
            writer.Flush();
            new JobLoop(new WorkerFrameReader(input), writer, content, scratch).Run();
            return 0;
        }
        catch (CageException failure)
        {
            // Nothing of a stranger's was read yet, so the text is ours.
            writer.Write(WorkerFrameType.Fault, 0, WorkerShapes.Write(new WorkerFault(failure.Message), WorkerShapes.Default.WorkerFault));
            writer.Flush();
            return CannotStart;
        }
        catch (HostFaultException)
        {
            return HostFault;
        }
        catch (EndOfStreamException)
        {
            return 0;
        }
    }
}
