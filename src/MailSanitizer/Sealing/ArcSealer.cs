using System.Buffers;
using System.Globalization;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Sealing;

/// <summary>
/// Adds an ARC set (RFC 8617 5.1): what we found on arrival, sealed over the bytes that really go out. ARC may become historic: nothing else depends on this class,
/// and without a key it is not there.
/// </summary>
public sealed class ArcSealer(SigningKey key, string authservId, TimeProvider time)
{
    /// <summary>
    /// The three fields, ARC-Seal on top; empty where none may be added: nothing was judged, the chain was sealed as broken already (5.1 step 2), its keys could not be
    /// asked for (a seal of "fail" would break it for ever), or it has 50 sets (4.2.1).
    /// </summary>
    /// <param name="header">Header of the message as it goes out.</param>
    /// <param name="bodyHash">Hash of its relaxed body.</param>
    /// <param name="facts">What was true on arrival.</param>
    public string Seal(MessageHeader header, byte[] bodyHash, AuthenticationFacts facts)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(facts);
        ArcSets sets = ArcSets.Read(header);
        if (facts.Results.Count == 0 || facts.Result("arc") == "temperror" || sets.Highest >= ArcSets.Maximum) return "";
        if (sets.Any == (facts.ArcChain == "none") || (sets.Any && (sets.Highest == 0 || IsSealedAsBroken(header, sets.Highest)))) return "";
        int instance = sets.Highest + 1;
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        string lead = string.Create(CultureInfo.InvariantCulture, $"i={instance}");

        string results = "ARC-Authentication-Results:" + AuthenticationResultsField.Payload(authservId, facts, $" {lead}; ");
        // RFC 8617 4.1.2: no ARC field and no Authentication-Results among the signed ones; the arriving DKIM signatures are.
        string message = SignatureField.OverMessage("ARC-Message-Signature", lead, key, header, SignatureField.Names(header, "DKIM-Signature"), bodyHash, now);

        ArrayBufferWriter<byte> covered = new();
        // A broken chain cannot be covered: the seal stands for its own set alone (5.1.2).
        bool intact = facts.ArcChain is "none" or "pass";
        if (intact)
        {
            foreach (ArcSet set in sets.Sets)
            {
                CanonicalHeader.Write(covered, CanonicalForm.Relaxed, set.Results);
                CanonicalHeader.Write(covered, CanonicalForm.Relaxed, set.Message);
                CanonicalHeader.Write(covered, CanonicalForm.Relaxed, set.Seal);
            }
        }

        foreach (string own in (string[])[results, message]) CanonicalHeader.Write(covered, CanonicalForm.Relaxed, HeaderBlock.Read(Encoding.ASCII.GetBytes(own), Wide).Fields[0]);
        string seal = SignatureField.OverSets(instance, intact ? facts.ArcChain : "fail", key, covered, now);
        return seal + message + results;
    }

    private static Limits Wide { get; } = Limits.Default with { HeaderBytes = MessageHeader.MaximumBytes };

    private static bool IsSealedAsBroken(MessageHeader header, int highest) => header.Named("ARC-Seal").Any(field =>
        TagList.Read(field.RawValue.Span) is { } tags && tags["i"] == highest.ToString(CultureInfo.InvariantCulture) && string.Equals(tags["cv"], "fail", StringComparison.OrdinalIgnoreCase));
}
