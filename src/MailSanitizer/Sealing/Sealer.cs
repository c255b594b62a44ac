using System.Buffers;
using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Sealing;

/// <summary>Writes the fields that other machines trust, over the bytes that really go out.</summary>
public sealed class Sealer(SealingOptions options, ISpool spool, TimeProvider time) : ISealer
{
    private readonly ForgedFields _forged = new([options.AuthservId, .. options.FurtherAuthservIds]);
    private readonly IdField _id = new(options.IdKey);
    private readonly MailSigner _signer = new(options.Sign, time);
    private readonly ArcSealer? _arc = options.Seal is null ? null : new(options.Seal, options.AuthservId, time);

    /// <inheritdoc/>
    public SealedMessage Seal(IMailBytes content, AuthenticationFacts authentication, SealOrder order)
    {
        ArgumentNullException.ThrowIfNull(authentication);
        ArgumentNullException.ThrowIfNull(order);
        MessageHeader header = MessageHeader.Read(content) ?? throw new InvalidDataException("header block over the limit: such a message is never sent on");
        IReadOnlyList<HeaderField> forged = _forged.Find(header, authentication.AcceptedResults);
        IMailBytes? owned = forged.Count > 0 ? Without(content, forged) : null;
        try
        {
            byte[] bodyHash = IdField.BodyHash(content, header.BodyOffset);
            StringBuilder fields = new();
            if (order.Direction != Direction.Outbound) AppendResults(fields, authentication);
            AppendOurs(fields, authentication, order, header, bodyHash);
            fields.Append(FieldText.OneField(order.Received));
            MessageHeader outgoing = Outgoing(fields.ToString(), header, forged);
            string signatures = order.Direction == Direction.Outbound ? _signer.Sign(outgoing, bodyHash) : _arc?.Seal(outgoing, bodyHash, authentication) ?? "";
            return new SealedMessage(new OutgoingMessage(Encoding.ASCII.GetBytes(signatures + fields), owned ?? content), owned);
        }
        catch
        {
            owned?.Dispose();
            throw;
        }
    }

    /// <summary>The header as it goes out: our fields, then what is left of the arriving ones.</summary>
    private static MessageHeader Outgoing(string ours, MessageHeader header, IReadOnlyList<HeaderField> forged)
    {
        HashSet<int> gone = [.. forged.Select(field => field.Offset)];
        ArrayBufferWriter<byte> bytes = new();
        bytes.Write(Encoding.ASCII.GetBytes(ours));
        foreach (HeaderField field in header.Fields)
        {
            if (!gone.Contains(field.Offset)) bytes.Write(field.Raw.Span);
        }

        return MessageHeader.Read(bytes.WrittenMemory) ?? throw new InvalidDataException("header block over the limit: such a message is never sent on");
    }

    private void AppendResults(StringBuilder fields, AuthenticationFacts authentication)
    {
        fields.Append(AuthenticationResultsField.Write(options.AuthservId, authentication));
        if (authentication.ReceivedSpf is { } receivedSpf) fields.Append(FieldText.OneField(receivedSpf));
    }

    private void AppendOurs(StringBuilder fields, AuthenticationFacts authentication, SealOrder order, MessageHeader header, byte[] bodyHash)
    {
        fields.Append(_id.Write(order.Id, order.EarlierPasses + 1, header, bodyHash));
        bool outbound = order.Direction == Direction.Outbound;
        if (!outbound)
        {
            if (authentication.VerifiedSender is { } verified) fields.Append(FieldText.Unstructured("X-MailSanitizer-Verified-Sender", verified));
            if (authentication.BimiLocation is { } location) fields.Append(FieldText.Unstructured("BIMI-Location", $"v=BIMI1; l={location}"));
        }

        foreach ((string name, string value) in order.Fields)
        {
            // X-MailSanitizer-Id is the only field of that family that a stranger may see (promise 9).
            if (outbound && name.StartsWith("X-MailSanitizer-", StringComparison.OrdinalIgnoreCase)) continue;
            fields.Append(FieldText.Unstructured(name, value));
        }
    }

    private IMailBytes Without(IMailBytes content, IReadOnlyList<HeaderField> fields)
    {
        using ISpoolWriter writer = spool.Create();
        long from = 0;
        using Stream stream = content.OpenRead();
        foreach (HeaderField field in fields)
        {
            Copy(stream, from, field.Offset, writer);
            from = field.Offset + field.Raw.Length;
        }

        Copy(stream, from, content.Length, writer);
        return writer.Complete();
    }

    private static void Copy(Stream stream, long from, long to, ISpoolWriter writer)
    {
        stream.Seek(from, SeekOrigin.Begin);
        byte[] buffer = new byte[(int)Math.Clamp(to - from, 0, 64 * 1024)];
        for (long left = to - from; left > 0;)
        {
            int got = stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (got == 0) throw new EndOfStreamException("message bytes end early");
            writer.Write(buffer.AsSpan(0, got));
            left -= got;
        }
    }
}
