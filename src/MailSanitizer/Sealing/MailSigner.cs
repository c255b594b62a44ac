using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Sealing;

/// <summary>DKIM-signs mail that leaves us as ours: outbound mail and what we wrote ourselves. One signature for each key of the author's domain (RSA and Ed25519).</summary>
public sealed class MailSigner(IReadOnlyList<SigningKey> keys, TimeProvider time) : IMailSigner
{
    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Sign(IMailBytes message)
    {
        MessageHeader header = MessageHeader.Read(message) ?? throw new InvalidDataException("header block over the limit: such a message is never sent on");
        return Encoding.ASCII.GetBytes(Sign(header, IdField.BodyHash(message, header.BodyOffset)));
    }

    /// <summary>The fields, the hash of the relaxed body being known.</summary>
    internal string Sign(MessageHeader header, byte[] bodyHash)
    {
        // Only in the name of a domain whose key we have, and only for an author in it: a signature that is not aligned helps nobody.
        if (FromField.Read(header).Domain is not { } from) return "";
        IReadOnlyList<string> names = SignatureField.Names(header);
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        return string.Concat(keys.Where(key => DomainName.IsWithin(from, key.Domain)).Select(key => SignatureField.OverMessage("DKIM-Signature", "v=1", key, header, names, bodyHash, now)));
    }
}
