using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;

namespace MailSanitizer.Benchmarks.Load;

/// <summary>
/// <c>load</c>: the whole system beside the bare receiving server, beside a relay that only scans and forwards, and beside amavisd-new, in one run on one machine
/// with one clamd (its result cache off). Prints the table of the README and the ratios that the project aims at.
/// </summary>
public static class LoadCommand
{
    /// <summary>0 when it could measure; ratios are printed, not judged: machines differ.</summary>
    public static async Task<int> RunAsync(RunPlace place)
    {
        await place.ReadyAsync();
        int clamd = place.Clamd;
        List<LoadTarget> targets = [new("bare server", place.NextHop, "EHLO", 0), new("bare relay", place.Relay, "EHLO", place.RelayProcess), new("MailSanitizer", place.Lmtp, "LHLO", place.Daemon)];
        if (place.Has("amavis")) targets.Add(new LoadTarget("amavisd-new", place.Amavis, "EHLO", place.AmavisProcess));
        IReadOnlyList<string> chosen = place.Words("through", [.. targets.Select(target => target.Name)]);
        targets.RemoveAll(target => !chosen.Contains(target.Name));
        TimeSpan duration = TimeSpan.FromSeconds(place.Numbers("seconds", 5)[0]);
        List<LoadFigures> all = [];
        // Just-in-time compilers and forking servers alike are slower at first; what is asked for is how they run.
        foreach (LoadTarget target in targets)
        {
            foreach (string kind in LoadMail.Kinds.Take(3)) await LoadRun.WarmAsync(target, LoadMail.Of(kind), TimeSpan.FromSeconds(place.Numbers("warm", 5)[0]));
        }

        Console.WriteLine("| mail | sessions | through | messages/s | p50 ms | p99 ms | own CPU ms | clamd CPU ms | RSS MB | other cores |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (string kind in place.Words("mails", LoadMail.Kinds))
        {
            IReadOnlyList<LoadMail> mails = LoadMail.Of(kind);
            foreach (int sessions in place.Numbers("sessions", 1, 8, 32))
            {
                foreach (LoadTarget target in targets)
                {
                    LoadFigures figures = await LoadRun.MeasureAsync(target, mails, sessions, duration, clamd);
                    all.Add(figures);
                    Console.WriteLine(Line(figures));
                }
            }
        }

        IReadOnlyDictionary<string, long> decisions = await place.DecisionsAsync();
        Console.WriteLine($"\nMailSanitizer decided: {string.Join(", ", decisions.Select(pair => $"{pair.Key} {pair.Value}"))}");
        Ratios(all);
        // What was kept was not handed on: its figures stand beside nothing.
        if (decisions.Any(pair => pair.Key != "unchanged" && pair.Value > 0)) Console.WriteLine("NOT COMPARABLE: every mail of the load should have gone on unchanged.");
        return 0;
    }

    private static string Line(LoadFigures f) => string.Create(
        CultureInfo.InvariantCulture, $"| {f.Kind} | {f.Sessions} | {f.Target} | {f.Rate:F1} | {f.P50:F1} | {f.P99:F1} | {f.OwnCpu:F2} | {f.ClamdCpu:F2} | {f.Megabytes:F0} | {f.OtherCores:F2} |");

    private static void Ratios(List<LoadFigures> all)
    {
        Console.WriteLine();
        foreach (LoadFigures ours in all.Where(figures => figures.Target == "MailSanitizer"))
        {
            LoadFigures? Beside(string name) => all.Find(other => other.Target == name && other.Kind == ours.Kind && other.Sessions == ours.Sessions);
            List<string> said = [];
            if (Beside("amavisd-new") is { } amavis) said.Add(string.Create(CultureInfo.InvariantCulture, $"{ours.Rate / amavis.Rate:F1} times amavisd-new's rate, {amavis.OwnCpu / ours.OwnCpu:F1} times less own CPU"));
            if (Beside("bare relay") is { } relay) said.Add(string.Create(CultureInfo.InvariantCulture, $"{ours.Rate / relay.Rate:P0} of the bare relay"));
            Console.WriteLine($"{ours.Kind}, {ours.Sessions} sessions: {string.Join("; ", said)}");
        }

        foreach (string kind in all.Select(figures => figures.Kind).Distinct().Where(kind => kind.EndsWith("MB", StringComparison.Ordinal)))
        {
            double floor = Floor(LoadMail.Of(kind)[0]);
            foreach (LoadFigures ours in all.Where(figures => figures.Target == "MailSanitizer" && figures.Kind == kind))
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}, {ours.Sessions} sessions: own CPU is {ours.OwnCpu / floor:F2} times base64, inflate and one SHA-256 a byte ({floor:F2} ms)"));
        }
    }

    /// <summary>Milliseconds of processor time for what no filter can leave out: base64, inflate, one SHA-256 of what comes out.</summary>
    private static double Floor(LoadMail mail)
    {
        byte[] decoded = new byte[mail.Packed.Length];
        byte[] buffer = new byte[64 * 1024];
        const int Rounds = 20;
        TimeSpan before = Environment.CpuUsage.TotalTime;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] lines = mail.Packed;
            Base64.DecodeFromUtf8(lines.AsSpan(), decoded, out _, out _);
            foreach (byte[] deflated in mail.Deflated)
            {
                using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                using DeflateStream inflate = new(new MemoryStream(deflated), CompressionMode.Decompress);
                for (int got; (got = inflate.Read(buffer)) > 0;) hash.AppendData(buffer.AsSpan(0, got));
                hash.GetHashAndReset();
            }
        }

        Debug.Assert(decoded.Length > 0, "the loop is not optimised away");
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / Rounds;
    }
}
