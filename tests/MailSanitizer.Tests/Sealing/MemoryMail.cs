using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Sealing;

/// <summary>Message bytes for tests: in memory, or seen through a stream only.</summary>
internal sealed class MemoryMail(byte[] bytes, bool streamOnly = false) : IMailBytes
{
    public long Length => bytes.Length;

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static MemoryMail Of(string text, bool streamOnly = false) => new(Encoding.Latin1.GetBytes(text), streamOnly);

    public Stream OpenRead() => new MemoryStream(bytes, writable: false);

    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = streamOnly ? default : bytes;
        return !streamOnly;
    }

    public void Dispose()
    {
    }
}

/// <summary>Spools into memory.</summary>
internal sealed class MemorySpool : ISpool
{
    public ISpoolWriter Create() => new Writer();

    private sealed class Writer : ISpoolWriter
    {
        private readonly MemoryStream _stream = new();

        public long Length => _stream.Length;

        public void Write(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

        public IMailBytes Complete() => new MemoryMail(_stream.ToArray());

        public void Dispose() => _stream.Dispose();
    }
}

internal static class SealedText
{
    /// <summary>Everything that goes out, one char a byte.</summary>
    public static string All(this SealedMessage message) => Encoding.Latin1.GetString(message.Bytes());

    public static byte[] Bytes(this SealedMessage message)
    {
        using Stream stream = message.Message.Content.OpenRead();
        using MemoryStream all = new();
        all.Write(message.Message.Prepended.Span);
        stream.CopyTo(all);
        return all.ToArray();
    }
}
