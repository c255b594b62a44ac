using System.Text;
using MailSanitizer.Isolation;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Isolation;

/// <summary>A pool on a folder of its own, and messages for it.</summary>
internal sealed class Pool : IAsyncDisposable
{
    private readonly string _folder;

    public Pool(Func<IsolationOptions, IsolationOptions>? change = null, bool faulty = true)
    {
        _folder = Path.Combine(Path.GetTempPath(), $"mailsanitizer-isolation-{Guid.NewGuid():N}");
        Spool = new Spool(Path.Combine(_folder, "spool"));
        IsolationOptions options = new()
        {
            Workers = 2,
            Program = faulty ? Path.Combine(AppContext.BaseDirectory, "MailSanitizer.FaultyWorker") : null,
            ScratchFolder = Path.Combine(_folder, "scratch"),
            WatchEvery = TimeSpan.FromMilliseconds(50),
            MustNotOpen = [_folder],
        };
        Workers = new ContentWorkers(change?.Invoke(options) ?? options, Spool, TimeProvider.System);
    }

    /// <summary>As a file, so that there is a leaf whatever the readers make of it.</summary>
    public static WalkOrder Order { get; } = new() { FileName = "message.eml" };

    public Spool Spool { get; }

    public ContentWorkers Workers { get; }

    public string Folder => _folder;

    public static byte[] Plain { get; } = Encoding.ASCII.GetBytes(
        "From: a@example.com\r\nTo: b@example.com\r\nSubject: plain\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nGood morning, said the message.\r\n");

    /// <summary>A message that orders a fault; <paramref name="salt"/> makes it another content.</summary>
    public static byte[] Fault(string order, string salt = "") => Encoding.ASCII.GetBytes(
        $"From: a@example.com\r\nX-Fault: {order}\r\nX-Salt: {salt}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nDo it.\r\n");

    public IMailBytes Bytes(ReadOnlySpan<byte> content)
    {
        using ISpoolWriter writer = Spool.Create();
        writer.Write(content);
        return writer.Complete();
    }

    public async Task<WalkOutcome> WalkAsync(byte[] content, WalkOrder? order = null, CancellationToken cancellation = default)
    {
        using IMailBytes bytes = Bytes(content);
        return await Workers.WalkAsync(bytes, order ?? Order, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Workers.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
