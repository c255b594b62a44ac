using MailSanitizer.Authentication.Arc;
using MailSanitizer.Authentication.Dkim;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Mail.Signatures;
using MailSanitizer.Tests.Sealing;

namespace MailSanitizer.Tests.Authentication;

/// <summary>Short ways to one verdict.</summary>
internal static class Judged
{
    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static async Task<IReadOnlyList<DkimVerdict>> DkimAsync(byte[] message, IDns dns, DateTimeOffset? now = null, bool streamOnly = false)
    {
        using MemoryMail mail = new(message, streamOnly);
        MessageHeader header = MessageHeader.Read(mail)!;
        DkimVerifier verifier = new(header);
        BodyHashes hashes = new(mail, header.BodyOffset, verifier.BodyForms);
        return await verifier.JudgeAsync(dns, hashes, now ?? Now, TestContext.Current.CancellationToken);
    }

    public static async Task<ArcVerdict> ArcAsync(byte[] message, IDns dns)
    {
        using MemoryMail mail = new(message);
        MessageHeader header = MessageHeader.Read(mail)!;
        ArcValidator validator = new(header);
        BodyHashes hashes = new(mail, header.BodyOffset, validator.BodyForms);
        return await validator.JudgeAsync(dns, hashes, TestContext.Current.CancellationToken);
    }

    public static FakeDns With(this FakeDns dns, params TestKey[] keys)
    {
        foreach (TestKey key in keys) dns.Text(key.RecordName, key.Record);
        return dns;
    }
}
