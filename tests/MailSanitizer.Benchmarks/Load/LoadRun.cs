using System.Diagnostics;

namespace MailSanitizer.Benchmarks.Load;

/// <summary>Where mail is sent to.</summary>
/// <param name="Name">As the table has it.</param>
/// <param name="Port">On 127.0.0.1.</param>
/// <param name="Hello">EHLO or LHLO.</param>
/// <param name="Process">Whose processor time and memory are its own; 0 when nobody's.</param>
public sealed record LoadTarget(string Name, int Port, string Hello, int Process);

/// <summary>The figures of one run.</summary>
public sealed record LoadFigures(string Target, string Kind, int Sessions, int Messages, double Rate, double P50, double P99, double OwnCpu, double ClamdCpu, double Megabytes, double OtherCores);

/// <summary>One run: so many sessions, each sending the next mail as soon as the last is answered, for some seconds.</summary>
public static class LoadRun
{
    /// <summary>Sends for some seconds without measuring.</summary>
    public static Task WarmAsync(LoadTarget target, IReadOnlyList<LoadMail> mails, TimeSpan duration) => SendAsync(target, mails, 8, duration, []);

    /// <summary>Runs it. Times in milliseconds, processor time in milliseconds a message.</summary>
    public static async Task<LoadFigures> MeasureAsync(LoadTarget target, IReadOnlyList<LoadMail> mails, int sessions, TimeSpan duration, int clamd)
    {
        await SendAsync(target, mails, sessions, TimeSpan.FromSeconds(1), []);
        List<double> latencies = [];
        using CancellationTokenSource done = new();
        Task<long> watching = target.Process == 0 ? Task.FromResult(0L) : PeakAsync(target.Process, done.Token);
        Machine before = Machine.Now(target.Process, clamd);
        Stopwatch watch = Stopwatch.StartNew();
        await SendAsync(target, mails, sessions, duration, latencies);
        double seconds = watch.Elapsed.TotalSeconds;
        Machine after = Machine.Now(target.Process, clamd);
        await done.CancelAsync();
        long peak = await watching;
        latencies.Sort();
        int count = latencies.Count;
        return new LoadFigures(
            target.Name,
            mails[0].Kind,
            sessions,
            count,
            count / seconds,
            latencies[count / 2],
            latencies[Math.Min(count - 1, count * 99 / 100)],
            (after.Own - before.Own) * 1000 / count,
            (after.Clamd - before.Clamd) * 1000 / count,
            peak / 1e6,
            (after.Busy - before.Busy - (after.Own - before.Own) - (after.Clamd - before.Clamd) - (after.Load - before.Load)) / seconds);
    }

    private static Task SendAsync(LoadTarget target, IReadOnlyList<LoadMail> mails, int sessions, TimeSpan duration, List<double> latencies)
    {
        int next = -1;
        Stopwatch clock = Stopwatch.StartNew();
        return Task.WhenAll(Enumerable.Range(0, sessions).Select(_ => Task.Run(SessionAsync)));

        async Task SessionAsync()
        {
            using MailClient client = await MailClient.ConnectAsync(target.Port, target.Hello);
            do
            {
                LoadMail mail = mails[(int)((uint)Interlocked.Increment(ref next) % mails.Count)];
                long started = Stopwatch.GetTimestamp();
                string reply = await client.SendAsync("MAIL FROM:<alice@sender.example>\r\nRCPT TO:<bob@rcpt.example>\r\n", mail.Wire);
                double elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if (reply[0] != '2') throw new IOException($"{target.Name} answers {reply}");
                lock (latencies) latencies.Add(elapsed);
            }
            while (clock.Elapsed < duration);
        }
    }

    private static async Task<long> PeakAsync(int process, CancellationToken done)
    {
        long peak = 0;
        while (!done.IsCancellationRequested)
        {
            peak = Math.Max(peak, ProcessTree.Resident(process));
            await Task.Delay(100, CancellationToken.None);
        }

        return peak;
    }

    private readonly record struct Machine(double Own, double Clamd, double Load, double Busy)
    {
        public static Machine Now(int process, int clamd)
        {
            double[] cpu = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(field => double.Parse(field, System.Globalization.CultureInfo.InvariantCulture))];
            double busy = (cpu.Take(8).Sum() - cpu[3] - cpu[4]) / 100;
            return new Machine(process == 0 ? 0 : ProcessTree.Cpu(process), ProcessTree.Cpu(clamd), Environment.CpuUsage.TotalTime.TotalSeconds, busy);
        }
    }
}
