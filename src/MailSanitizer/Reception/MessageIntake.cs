using MailSanitizer.Mail;

namespace MailSanitizer.Reception;

/// <summary>A message on its way into the spool. What makes it unacceptable is remembered, and the rest of it read and thrown away.</summary>
internal sealed class MessageIntake(ISpool spool, ReceptionLimits limits) : IDataSink, IDisposable
{
    private readonly ReceivedCounter _received = new();
    private ISpoolWriter? _writer = spool.Create();

    /// <summary>Bytes so far, thrown away ones included.</summary>
    public long Length { get; private set; }

    /// <summary>Watches the line ends of chunks.</summary>
    public LineEnds LineEnds { get; } = new();

    /// <summary>Why it cannot be taken, or null.</summary>
    public SmtpReply? Failure { get; private set; }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        if (Failure is not null) return;
        if (Length > limits.MessageBytes)
        {
            Fail(Replies.TooLarge);
            return;
        }

        _received.Read(bytes);
        if (_received.Count >= limits.ReceivedFields)
        {
            Fail(Replies.Loop);
            return;
        }

        try
        {
            _writer!.Write(bytes);
        }
        catch (IOException)
        {
            Fail(Replies.NoRoom);
        }
    }

    /// <summary>The bytes, or null when it failed. The caller owns them.</summary>
    public IMailBytes? Complete()
    {
        if (Failure is not null) return null;
        try
        {
            return _writer!.Complete();
        }
        catch (IOException)
        {
            Fail(Replies.NoRoom);
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer?.Dispose();
        _writer = null;
    }

    private void Fail(SmtpReply failure)
    {
        Failure = failure;
        Dispose();
    }
}
