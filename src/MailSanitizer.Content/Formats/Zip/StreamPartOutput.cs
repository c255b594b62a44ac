namespace MailSanitizer.Content.Formats.Zip;

/// <summary>A part output into a stream, for archives that are made inside another document or in tests. <paramref name="source"/>: what copied ranges are taken from; null when nothing is copied.</summary>
public sealed class StreamPartOutput(Stream to, PartBytes? source = null) : IPartOutput
{
    /// <inheritdoc/>
    public void Copy(long offset, long length)
    {
        if (source is null) throw new InvalidOperationException("There is nothing to copy from.");
        if (offset < 0 || length < 0 || offset > source.Length - length) throw new ArgumentOutOfRangeException(nameof(offset));
        using Stream range = source.OpenRead(offset, length);
        range.CopyTo(to);
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => to.Write(bytes);
}
