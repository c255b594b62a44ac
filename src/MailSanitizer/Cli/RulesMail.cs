using MailSanitizer.Configuration;
using MailSanitizer.Mail;
using MailSanitizer.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Cli;

/// <summary>Reads the facts of a message's file for rules: walked by a worker as always, but neither scanned nor asked of the DNS, so that a test gives the same everywhere.</summary>
internal sealed class RulesMail : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mailsanitizer-").FullName;
    private readonly ContentRooms _rooms;

    public RulesMail(Settings settings) =>
        _rooms = ContentRooms.Open(settings with { ClamavAddress = [], HashList = null }, _folder, new NotAsked(), new OwnCandidates(), TimeProvider.System, NullLoggerFactory.Instance);

    /// <summary>Walks a file. Throws <see cref="IOException"/> when it cannot be read, or looked at.</summary>
    public async Task<MessageFacts> ReadAsync(string path, Envelope? envelope, CancellationToken cancellation)
    {
        byte[] bytes = await File.ReadAllBytesAsync(path, cancellation);
        using MemoryMailBytes original = new(bytes);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Envelope to = envelope ?? new Envelope { MailFrom = "sender@sender.example", Recipients = [new Recipient("reader@example.jp")] };
        ReceivedMessage message = new(Guid.CreateVersion7(now), to, original, new ListenerFacts("command line", "after-queue", "inbound"), now, now + TimeBudget.AfterQueue);
        AssessmentOutcome outcome = await _rooms.Assessor.AssessAsync(message, [], cancellation);
        if (outcome.Result is null) throw new IOException($"{path}: could not be looked at: {outcome.Fault}");
        using Assessment assessment = outcome.Result;
        return assessment.Facts;
    }

    public async ValueTask DisposeAsync()
    {
        await _rooms.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class NotAsked : IAuthenticator
    {
        public Task<AuthenticationFacts> AuthenticateAsync(Envelope envelope, IMailBytes original, CancellationToken cancellation) => Task.FromResult(AuthenticationFacts.None);
    }
}
