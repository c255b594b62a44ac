using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using MailSanitizer.Pipeline;

namespace MailSanitizer.Web;

/// <summary>Counters and histograms in Prometheus' text format 0.0.4; gauges are asked for when they are read.</summary>
public sealed class Metrics : IPipelineObserver
{
    // Seconds: from a small mail with everything warm to the whole budget behind the queue.
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

    private readonly ConcurrentDictionary<string, long> _messages = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Histogram> _stages = new(StringComparer.Ordinal);
    private readonly Histogram _whole = new();
    private readonly List<(string Name, string Help, string Type, Func<double> Read)> _gauges = [];
    private long _bytes;

    /// <inheritdoc/>
    public void Finished(string decision, long bytes, TimeSpan elapsed, IReadOnlyDictionary<string, double> stages)
    {
        _messages.AddOrUpdate(decision, 1, (_, count) => count + 1);
        Interlocked.Add(ref _bytes, bytes);
        _whole.Observe(elapsed.TotalSeconds);
        foreach ((string stage, double milliseconds) in stages) _stages.GetOrAdd(stage, _ => new Histogram()).Observe(milliseconds / 1000);
    }

    /// <summary>Adds a value that is read at each scrape. <paramref name="type"/>: <c>gauge</c> or <c>counter</c>.</summary>
    public void Add(string name, string help, string type, Func<double> read) => _gauges.Add((name, help, type, read));

    /// <summary>The exposition.</summary>
    public string Write()
    {
        StringBuilder text = new();
        Head(text, "mailsanitizer_messages_total", "Messages answered, by decision.", "counter");
        foreach ((string decision, long count) in _messages.OrderBy(pair => pair.Key, StringComparer.Ordinal)) Line(text, "mailsanitizer_messages_total", $"decision=\"{decision}\"", count);
        Head(text, "mailsanitizer_message_bytes_total", "Bytes of the messages answered.", "counter");
        Line(text, "mailsanitizer_message_bytes_total", "", Interlocked.Read(ref _bytes));
        Head(text, "mailsanitizer_message_seconds", "Time from the end of DATA to the answer.", "histogram");
        _whole.Write(text, "mailsanitizer_message_seconds", "");
        Head(text, "mailsanitizer_stage_seconds", "Time of each stage.", "histogram");
        foreach ((string stage, Histogram histogram) in _stages.OrderBy(pair => pair.Key, StringComparer.Ordinal)) histogram.Write(text, "mailsanitizer_stage_seconds", $"stage=\"{stage}\"");
        foreach ((string name, string help, string type, Func<double> read) in _gauges)
        {
            Head(text, name, help, type);
            Line(text, name, "", read());
        }

        return text.ToString();
    }

    private static void Head(StringBuilder text, string name, string help, string type) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Line(StringBuilder text, string name, string labels, double value) =>
        text.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');

    private sealed class Histogram
    {
        private readonly Lock _gate = new();
        private readonly long[] _counts = new long[Bounds.Length + 1];
        private double _sum;

        public void Observe(double seconds)
        {
            int slot = Array.FindIndex(Bounds, bound => seconds <= bound);
            lock (_gate)
            {
                _counts[slot < 0 ? Bounds.Length : slot]++;
                _sum += seconds;
            }
        }

        public void Write(StringBuilder text, string name, string labels)
        {
            string comma = labels.Length == 0 ? "" : ",";
            lock (_gate)
            {
                long running = 0;
                for (int slot = 0; slot < Bounds.Length; slot++)
                    Line(text, name + "_bucket", $"{labels}{comma}le=\"{Bounds[slot].ToString(CultureInfo.InvariantCulture)}\"", running += _counts[slot]);
                Line(text, name + "_bucket", $"{labels}{comma}le=\"+Inf\"", running += _counts[^1]);
                Line(text, name + "_sum", labels, _sum);
                Line(text, name + "_count", labels, running);
            }
        }
    }
}
