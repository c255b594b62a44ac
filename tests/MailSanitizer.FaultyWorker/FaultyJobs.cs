using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Worker;

namespace MailSanitizer.FaultyWorker;

/// <summary>Does what the field <c>X-Fault: what argument</c> of the message says, then walks it as the shipped worker does.</summary>
internal sealed class FaultyJobs(IContentJobs jobs, IScratch scratch) : IContentJobs
{
    private static readonly List<byte[]> Kept = [];

    public void Walk(PartBytes bytes, WalkJob job, IWalkSink sink)
    {
        (string what, long argument) = Order(bytes);
        switch (what)
        {
            case "lie-hash":
                sink.Part(Root(bytes));
                sink.Leaf("", new string('0', 64), "skeleton", bytes);
                return;
            case "lie-root":
                sink.Part(Root(bytes) with { Sha256 = new string('0', 64) });
                return;
            case "lie-kind":
                sink.Part(Root(bytes));
                sink.Finding(new FindingFact("no-such-kind", "", "", "", null));
                return;
            case "lie-part":
                sink.Part(Root(bytes));
                sink.Finding(new FindingFact("parse-error", "9/nowhere", "", "", null));
                return;
            case "parts":
                sink.Part(Root(bytes));
                for (long part = 0; part < argument; part++) sink.Part(Root(bytes) with { Path = part.ToString(CultureInfo.InvariantCulture), Parent = "", Depth = 1, Size = 0 });
                return;
            case "whoami":
                jobs.Walk(bytes, job, sink);
                sink.Link(new LinkFact("", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), "whoami", ""));
                return;
            case "prove":
                jobs.Walk(bytes, job, sink);
                foreach ((string name, string outcome) in Proof.All(scratch)) sink.Link(new LinkFact("", name, "proof", outcome));
                return;
        }

        Do(what, argument);
        jobs.Walk(bytes, job, sink);
    }

    public RebuildReport Rebuild(PartBytes bytes, RebuildJob job, IPartOutput output)
    {
        (string what, long argument) = Order(bytes);
        if (what == "rebuild-backwards")
        {
            // Behind the sink's back: the daemon must see to the order itself.
            Frame(50, 2, "{\"offset\":8,\"length\":8}"u8);
            Frame(50, 2, "{\"offset\":0,\"length\":8}"u8);
            return new RebuildReport([], []);
        }

        if (what == "whoami")
        {
            output.Copy(0, bytes.Length);
            return new RebuildReport([new ChangeFact("", bytes.Sha256, bytes.Sha256, "whoami", Environment.ProcessId.ToString(CultureInfo.InvariantCulture))], []);
        }

        if (what.StartsWith("rebuild-", StringComparison.Ordinal)) Do(what[8..], argument);
        return jobs.Rebuild(bytes, job, output);
    }

    private void Do(string what, long argument)
    {
        switch (what)
        {
            case "": break;
            case "exit": Environment.Exit((int)argument); break;
            case "abort": Environment.FailFast("ordered"); break;
            case "segfault": Marshal.WriteByte(0x10, 1); break;
            case "overflow": Console.Error.WriteLine(Deeper(1)); break;
            case "hang": new ManualResetEvent(false).WaitOne(); break;
            case "sleep": new ManualResetEvent(false).WaitOne((int)argument); break;
            case "spin": Spin(TimeSpan.FromMilliseconds(argument)); break;
            case "heap": while (true) Kept.Add(GC.AllocateArray<byte>(1024 * 1024, pinned: true));
            case "native": while (true) Touch(1024 * 1024);
            case "garbage": Garbage(argument); break;
            case "empty-frames": while (true) Frame(32, 2, "{}"u8);
            case "scratch": Fill(argument); break;
            default: throw new InvalidOperationException($"no fault {what}");
        }
    }

    private static PartFact Root(PartBytes bytes) => new() { Path = "", Format = "eml", Size = bytes.Length, Sha256 = bytes.Sha256 };

    private static (string What, long Argument) Order(PartBytes bytes)
    {
        byte[] head = new byte[2048];
        string text = Encoding.Latin1.GetString(head, 0, bytes.Read(0, head));
        foreach (string line in text.Split("\r\n").TakeWhile(line => line.Length > 0))
        {
            if (!line.StartsWith("X-Fault: ", StringComparison.Ordinal)) continue;
            string[] words = line[9..].Split(' ');
            return (words[0], words.Length > 1 ? long.Parse(words[1], CultureInfo.InvariantCulture) : 0);
        }

        return ("", 0);
    }

    private static int Deeper(int depth) => depth < 0 ? 0 : Deeper(depth + 1) + depth;

    private static void Spin(TimeSpan cpu)
    {
        TimeSpan end = Environment.CpuUsage.TotalTime + cpu;
        Stopwatch watch = new();
        while (Environment.CpuUsage.TotalTime < end) watch.Restart();
    }

    private static unsafe void Touch(nuint bytes)
    {
        byte* memory = (byte*)NativeMemory.Alloc(bytes);
        new Span<byte>(memory, (int)bytes).Fill(1);
    }

    private static void Garbage(long bytes)
    {
        using Stream output = Console.OpenStandardOutput();
        byte[] garbage = new byte[4096];
        new Random(7).NextBytes(garbage);
        for (long written = 0; written < bytes; written += garbage.Length) output.Write(garbage);
    }

    private static void Frame(byte type, uint job, ReadOnlySpan<byte> payload)
    {
        using Stream output = Console.OpenStandardOutput();
        WorkerFrameWriter writer = new(output);
        writer.Write((WorkerFrameType)type, job, payload);
        writer.Flush();
    }

    private void Fill(long megabytes)
    {
        using FileStream file = scratch.CreateUnlinked();
        byte[] block = new byte[1024 * 1024];
        for (long written = 0; written < megabytes; written++) file.Write(block);
    }
}
