using System.Text;
using System.Text.RegularExpressions;

namespace MailSanitizer.Isolation;

/// <summary>
/// Reads a worker's standard error to its end, so that it never blocks, and keeps what may be logged: the kind of failure and the frames of the stack.
/// The message of an exception can quote a mail and is not kept.
/// </summary>
internal sealed partial class WorkerErrors
{
    private const int Kept = 8 * 1024;
    private const int Frames = 8;
    private readonly byte[] _first = new byte[Kept];
    private readonly Task _reading;
    private int _used;

    public WorkerErrors(Stream stream) => _reading = Task.Factory.StartNew(() => Read(stream), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>What happened, in one line; empty when the worker said nothing.</summary>
    public string Summary
    {
        get
        {
            _ = _reading.Wait(TimeSpan.FromSeconds(1));
            string text = Encoding.UTF8.GetString(_first, 0, Volatile.Read(ref _used));
            IEnumerable<string> kinds = Kind().Matches(text).Select(match => match.Value).Take(2);
            IEnumerable<string> frames = Frame().Matches(text).Select(match => match.Groups[1].Value).Distinct().Take(Frames);
            string summary = string.Join(" < ", kinds.Concat(frames));
            return summary.Length > 0 ? ": " + summary : "";
        }
    }

    [GeneratedRegex(@"Stack overflow|[A-Za-z.]{1,100}Exception\b|Out of memory|Fatal error", RegexOptions.NonBacktracking)]
    private static partial Regex Kind();

    [GeneratedRegex(@"^ +at ([A-Za-z0-9_.+`<>]{1,200})", RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Frame();

    private void Read(Stream stream)
    {
        byte[] buffer = new byte[4096];
        try
        {
            for (int got; (got = stream.Read(buffer)) > 0;)
            {
                int take = Math.Min(got, Kept - _used);
                buffer.AsSpan(0, take).CopyTo(_first.AsSpan(_used));
                Volatile.Write(ref _used, _used + take);
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The pipe went with the process.
        }
    }
}
