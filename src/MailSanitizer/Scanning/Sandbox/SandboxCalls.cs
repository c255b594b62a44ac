using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace MailSanitizer.Scanning.Sandbox;

/// <summary>How an engine is called: a time for each request, and a breaker, so that an engine that is down is asked again only after a while. What fails becomes a value.</summary>
internal sealed class SandboxCalls : IDisposable
{
    private readonly SemaphoreSlim _slots = new(AtOnce);
    private readonly ResiliencePipeline<SandboxAnswer> _pipeline;

    // Requests at the same time to one engine (count). Origin: services answer 503 above their own few dozen.
    private const int AtOnce = 8;

    public SandboxCalls(SandboxEngineOptions options, TimeProvider time) =>
        _pipeline = new ResiliencePipelineBuilder<SandboxAnswer> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<SandboxAnswer>
            {
                FailureRatio = 0.5,
                MinimumThroughput = 4,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromSeconds(15),
                ShouldHandle = new PredicateBuilder<SandboxAnswer>().Handle<Exception>(IcapEngine.IsItsFault).Handle<TimeoutRejectedException>().HandleResult(answer => answer.State == SandboxState.Unavailable),
            })
            .AddTimeout(options.RequestTime)
            .Build();

    public async Task<SandboxAnswer> RunAsync(Func<CancellationToken, Task<SandboxAnswer>> call, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation);
        try
        {
            return await _pipeline.ExecuteAsync(async token => await call(token), cancellation);
        }
        catch (TimeoutRejectedException)
        {
            return new SandboxAnswer(SandboxState.Unavailable, "no answer in time");
        }
        catch (BrokenCircuitException)
        {
            return new SandboxAnswer(SandboxState.Unavailable, "did not answer before, asked again soon");
        }
        catch (Exception failure) when (IcapEngine.IsItsFault(failure))
        {
            return new SandboxAnswer(SandboxState.Unavailable, failure.Message);
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose() => _slots.Dispose();
}
