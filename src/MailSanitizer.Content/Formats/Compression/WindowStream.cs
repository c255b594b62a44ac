namespace MailSanitizer.Content.Formats.Compression;

/// <summary>A decoder that fills a window step by step and yields exactly <paramref name="length"/> bytes. A fault shows only after what stands before it was read.</summary>
internal abstract class WindowStream(RingWindow window, long length) : ForwardStream
{
    private long _left = length;
    private string? _failure;

    /// <summary>The window.</summary>
    protected RingWindow Window { get; } = window;

    /// <summary>The most bytes that one <see cref="Step"/> adds.</summary>
    protected virtual int LongestStep => 512;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_left == 0 || buffer.IsEmpty) return 0;
        if (Window.Pending == 0)
        {
            if (_failure is not null) throw new InvalidDataException(_failure);
            Decode();
            if (Window.Pending == 0) throw new InvalidDataException(_failure ?? "ends in the middle");
        }

        int got = Window.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
        _left -= got;
        return got;
    }

    /// <summary>Decodes one literal or one match into the window.</summary>
    protected abstract void Step();

    // Half a window at most: what a later match repeats must not be overwritten before it was read out.
    private void Decode()
    {
        int room = Math.Min(Window.Raw.Length / 2, 32 * 1024) - LongestStep;
        try
        {
            while (Window.Pending < Math.Min(Math.Max(room, 1), _left)) Step();
        }
        catch (InvalidDataException failure)
        {
            _failure = failure.Message;
        }
    }
}
