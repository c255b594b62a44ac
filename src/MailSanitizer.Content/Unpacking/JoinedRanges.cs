namespace MailSanitizer.Content.Unpacking;

/// <summary>Several ranges of a part as one stream.</summary>
internal sealed class JoinedRanges(PartBytes bytes, IReadOnlyList<(long Offset, long Length)> ranges) : ForwardStream
{
    private int _range;
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        while (_range < ranges.Count)
        {
            (long offset, long length) = ranges[_range];
            int count = (int)Math.Min(buffer.Length, length - _position);
            if (count > 0)
            {
                int got = bytes.Read(offset + _position, buffer[..count]);
                if (got == 0) throw new InvalidDataException("ends in the middle");
                _position += got;
                return got;
            }

            if (buffer.IsEmpty) return 0;
            _range++;
            _position = 0;
        }

        return 0;
    }
}
