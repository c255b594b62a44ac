using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Sealing;

/// <summary>Writes signature fields: composed with an empty b=, hashed in relaxed form, signed, and b= filled in.</summary>
internal static class SignatureField
{
    /// <summary>
    /// Fields that a signature covers where they are there (RFC 6376 5.4.1): what a reader sees or acts on. Trace fields and ours stay out: the way behind us
    /// adds and removes them.
    /// </summary>
    private static readonly string[] Covered =
    [
        "From", "Sender", "Reply-To", "Subject", "Date", "Message-ID", "To", "Cc", "In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
        "Content-Disposition", "Content-ID", "Content-Description", "Auto-Submitted", "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post", "List-Owner", "List-Archive",
        "Resent-From", "Resent-To", "Resent-Cc", "Resent-Date", "Resent-Message-ID",
    ];

    /// <summary>Fields that are named once more than they stand there: adding one breaks the signature (RFC 6376 8.15).</summary>
    private static readonly HashSet<string> Sealed = new(StringComparer.OrdinalIgnoreCase)
    {
        "From", "Sender", "Reply-To", "Subject", "Date", "Message-ID", "To", "Cc", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    };

    /// <summary>The h= list for a message.</summary>
    public static IReadOnlyList<string> Names(MessageHeader header, params string[] also)
    {
        List<string> names = [];
        foreach (string name in Covered.Concat(also))
        {
            // A name a hundred times is an attack on verifiers, not a mail; it is then covered in part, and still sealed by no more of it.
            int count = Math.Min(20, header.Named(name).Count());
            names.AddRange(Enumerable.Repeat(name, count + (Sealed.Contains(name) ? 1 : 0)));
        }

        return names;
    }

    /// <summary>A signature over fields of the message and its body.</summary>
    public static string OverMessage(string name, string lead, SigningKey key, MessageHeader header, IReadOnlyList<string> names, byte[] bodyHash, long time)
    {
        string unsigned = Compose(name, [$"{lead};", $"a={key.Algorithm};", "c=relaxed/relaxed;", $"d={key.Domain};", $"s={key.Selector};", $"t={time};", .. List(names), $"bh={Convert.ToBase64String(bodyHash)};"]);
        ArrayBufferWriter<byte> text = new();
        SignedFields.Write(text, header, names, CanonicalForm.Relaxed);
        return Fill(unsigned, text, key);
    }

    /// <summary>An ARC-Seal over sets of fields; <paramref name="covered"/> is their canonical form.</summary>
    public static string OverSets(int instance, string chainResult, SigningKey key, ArrayBufferWriter<byte> covered, long time) =>
        Fill(Compose("ARC-Seal", [$"i={instance};", $"a={key.Algorithm};", $"t={time};", $"cv={chainResult};", $"d={key.Domain};", $"s={key.Selector};"]), covered, key);

    /// <summary>The field without the end of b=: <c>Name: …;\r\n\tb=</c>.</summary>
    private static string Compose(string name, IEnumerable<string> words) => FieldText.Folded(name, words)[..^2] + "\r\n\tb=";

    private static IEnumerable<string> List(IReadOnlyList<string> names)
    {
        // Folded behind colons (RFC 6376 3.5 allows blanks there).
        for (int at = 0; at < names.Count; at++) yield return (at == 0 ? "h=" : "") + names[at] + (at == names.Count - 1 ? ";" : ":");
    }

    private static string Fill(string unsigned, ArrayBufferWriter<byte> text, SigningKey key)
    {
        byte[] raw = Encoding.ASCII.GetBytes(unsigned + "\r\n");
        HeaderField field = HeaderBlock.Read(raw, Content.Limits.Default).Fields[0];
        SignedFields.WriteSignature(text, field, TagList.Read(field.RawValue.Span)!, CanonicalForm.Relaxed);
        string signature = Convert.ToBase64String(key.Sign(SHA256.HashData(text.WrittenSpan)));
        StringBuilder whole = new(unsigned);
        for (int at = 0; at < signature.Length; at += 72)
        {
            if (at > 0) whole.Append("\r\n\t");
            whole.Append(signature, at, Math.Min(72, signature.Length - at));
        }

        return whole.Append("\r\n").ToString();
    }
}
