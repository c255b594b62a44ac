namespace MailSanitizer.Content;

/// <summary>A part's output as a stream, for encoders that want one; without an output it only counts.</summary>
public sealed class PartOutputStream(IPartOutput? output = null) : WriteOnlyStream
{
    /// <summary>Bytes written.</summary>
    public long Count { get; private set; }

    /// <inheritdoc/>
    public override long Length => Count;

    /// <inheritdoc/>
    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        output?.Write(buffer);
        Count += buffer.Length;
    }
}
