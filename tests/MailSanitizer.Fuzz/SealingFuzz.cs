using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;
using MailSanitizer.Sealing;

namespace MailSanitizer.Fuzz;

/// <summary>What we write is ours alone, whatever the message and the values in it are.</summary>
public static class SealingFuzz
{
    private static readonly IdField Id = new(new byte[32]);

    private static readonly SigningKey Key = SigningKey.Read(KeyGenerator.Generate("ed25519", "example.jp", "s").PrivateKey, "example.jp", "s", "fuzz");

    public static FuzzTarget Message { get; } = new(
        "sealer",
        [
            Encoding.Latin1.GetBytes("Authentication-Results: mx.example.jp; dkim=pass\r\nX-MailSanitizer-Id: 0193a6c0-0000-7000-8000-000000000001; pass=1; mac=00\r\nFrom: a@example.jp\r\nSubject: x\r\n y\r\n\r\nbody\r\n"),
            Encoding.Latin1.GetBytes("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=a.example; s=s; b=AA==\r\nBIMI-Location: x\r\nAuthentication-Results : (c) \"mx.example.jp\" 1; none\n\n"),
        ],
        input =>
        {
            string value = Encoding.Latin1.GetString(input.AsSpan(0, Math.Min(input.Length, 400)));
            AuthenticationFacts facts = new() { Results = [new("spf", "fail", [new("smtp.mailfrom", value)], value)], VerifiedSender = value, BimiLocation = value, ArcChain = "fail", ReceivedSpf = "Received-SPF: none" };
            Sealer sealer = new(new SealingOptions { AuthservId = "mx.example.jp", IdKey = new byte[32], Seal = Key, Sign = [Key] }, new FuzzSpool(), TimeProvider.System);
            foreach (Direction direction in Enum.GetValues<Direction>())
            {
                using SealedMessage result = sealer.Seal(new FuzzMail(input), facts, new(Guid.Empty, direction, [new("X-Rule", value)], $"Received: {value}"));
                string text = Encoding.Latin1.GetString(result.Message.Prepended.Span);
                if (!text.EndsWith("\r\n", StringComparison.Ordinal)) throw new InvalidOperationException("no line end");
                foreach (string line in text[..^2].Split("\r\n"))
                {
                    bool fold = line.Length > 1 && line[0] is '\t' or ' ';
                    bool ours = fold || line.StartsWith("ARC-", StringComparison.Ordinal) || line.StartsWith("Authentication-Results:", StringComparison.Ordinal) || line.StartsWith("X-MailSanitizer-", StringComparison.Ordinal)
                        || line.StartsWith("X-Rule:", StringComparison.Ordinal) || line.StartsWith("Received", StringComparison.Ordinal) || line.StartsWith("BIMI-Location:", StringComparison.Ordinal) || line.StartsWith("DKIM-Signature:", StringComparison.Ordinal);
                    if (!ours || line.Any(one => one is not '\t' and (< ' ' or > '~'))) throw new InvalidOperationException($"line that is not ours: {line}");
                }

                // Nothing is left that claims to be ours, and what is left of the bytes is as it came.
                MessageHeader left = MessageHeader.Read(result.Message.Content)!;
                if (new ForgedFields(["mx.example.jp"]).Find(left, []).Count > 0) throw new InvalidOperationException("a forged field is left");
            }

            if (Id.Count(new FuzzMail(input)).Ours != 0) throw new InvalidOperationException("a pass that was none");
        });

    private sealed class FuzzSpool : ISpool
    {
        public ISpoolWriter Create() => new Writer();

        private sealed class Writer : ISpoolWriter
        {
            private readonly MemoryStream _stream = new();

            public long Length => _stream.Length;

            public void Write(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

            public IMailBytes Complete() => new FuzzMail(_stream.ToArray());

            public void Dispose() => _stream.Dispose();
        }
    }
}
