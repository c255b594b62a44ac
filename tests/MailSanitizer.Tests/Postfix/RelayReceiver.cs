using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Postfix;

/// <summary>The shortest way through: each message goes on unchanged behind our Received field, with the next hop's replies. What the pipeline does is tested elsewhere.</summary>
internal sealed class RelayReceiver(INextHop nextHop) : IMessageReceiver
{
    public List<Envelope> Envelopes { get; } = [];

    public async Task<IReadOnlyList<SmtpReply>> ReceiveAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        lock (Envelopes) Envelopes.Add(message.Envelope);
        byte[] received = Encoding.ASCII.GetBytes(ReceivedField.Build("ms.test", message));
        return await nextHop.DeliverAsync(message.Envelope, new OutgoingMessage(received, message.Original), cancellation);
    }
}
