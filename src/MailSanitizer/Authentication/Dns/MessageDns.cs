namespace MailSanitizer.Authentication.Dns;

/// <summary>The DNS as one message may use it: so many questions, so much time, and not one more. What is beyond fails like a server that does not answer.</summary>
public sealed class MessageDns : IDns, IDisposable
{
    private readonly IDns _inner;
    private readonly CancellationTokenSource _time;
    private readonly string _spent;
    private int _left;

    /// <summary>A budget for one message, running from now on.</summary>
    public MessageDns(IDns inner, int questions, TimeSpan limit, TimeProvider time)
    {
        _inner = inner;
        _left = questions;
        _spent = "DNS budget of the message spent";
        _time = new CancellationTokenSource(limit, time);
    }

    /// <inheritdoc/>
    public async Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation)
    {
        if (Interlocked.Decrement(ref _left) < 0 || _time.IsCancellationRequested) return DnsAnswer.Failure(_spent);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(_time.Token, cancellation);
        try
        {
            // The wait ends with the budget even where the resolver's library does not listen.
            return await _inner.AskAsync(name, kind, both.Token).WaitAsync(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return DnsAnswer.Failure(_spent);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _time.Dispose();
}
