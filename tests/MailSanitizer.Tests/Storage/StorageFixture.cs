using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MailSanitizer.Tests.Storage;

/// <summary>Mail bytes in memory.</summary>
internal sealed class BytesOf(byte[] bytes) : IMailBytes
{
    public BytesOf(string text)
        : this(Encoding.UTF8.GetBytes(text))
    {
    }

    public long Length => bytes.Length;

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public Stream OpenRead() => new MemoryStream(bytes, writable: false);

    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = bytes;
        return true;
    }

    public void Dispose()
    {
    }

    public static byte[] ReadAll(IMailBytes content)
    {
        using Stream stream = content.OpenRead();
        using MemoryStream all = new();
        stream.CopyTo(all);
        return all.ToArray();
    }
}

/// <summary>A folder that goes when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mailsanitizer-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Things to store.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 9, 0, 0, TimeSpan.Zero);

    public static FakeTimeProvider Time() => new(Now);

    public static Envelope Envelope(params string[] recipients) => new()
    {
        MailFrom = "Sender@example.net",
        Recipients = [.. (recipients.Length == 0 ? ["reader@example.jp"] : recipients).Select(address => new Recipient(address, $"rfc822;{address}", "FAILURE"))],
        Body = "8BITMIME",
        SmtpUtf8 = true,
        Ret = "HDRS",
        EnvelopeId = "QQ314159",
        Client = new ForwardedClient("mail.example.net", "198.51.100.7", 40123, "ESMTP", "mail.example.net", "4B1A2C3D", "REMOTE"),
        PeerHelo = "mx.example.jp",
        PeerAddress = "127.0.0.1",
        IsLmtp = true,
    };

    public static StoredMessage Message(StoredState state = StoredState.Quarantined, DateTimeOffset? at = null, params string[] recipients) => new()
    {
        Id = Guid.CreateVersion7(),
        State = state,
        StoredAt = at ?? Now,
        DueAt = (at ?? Now).AddDays(30),
        Reasons = ["office-macro-inbound", "floor:over-depth"],
        Envelope = Envelope(recipients),
        Correspondence = "example.net>reader@example.jp",
    };

    public static OutboxEntry Entry(Guid message, string purpose = "release", params string[] recipients)
    {
        Envelope envelope = Envelope(recipients);
        return new OutboxEntry
        {
            Key = OutboxEntry.KeyOf(message, envelope.Recipients, purpose),
            MessageId = message,
            Purpose = purpose,
            Envelope = envelope,
            Content = new BytesOf("Subject: out\r\n\r\nbody\r\n"),
            SenderVouched = true,
            EnqueuedAt = Now,
            NextAttempt = Now,
        };
    }
}
