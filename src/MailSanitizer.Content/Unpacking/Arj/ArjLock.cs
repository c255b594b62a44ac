using System.Diagnostics;
using System.Text;

namespace MailSanitizer.Content.Unpacking.Arj;

/// <summary>ARJ's old lock: each byte is combined with a byte of the password plus a modifier. No check byte: a password is proven by the CRC-32 alone.</summary>
internal sealed class ArjLock(Stream source, byte modifier, string password) : ForwardStream
{
    private readonly byte[] _password = Encoding.UTF8.GetBytes(password);
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        int got = source.Read(buffer);
        for (int at = 0; at < got; at++, _position++) buffer[at] ^= (byte)(modifier + _password[(int)(_position % _password.Length)]);
        return got;
    }

    /// <summary>The password under which length and checksum fit, or null.</summary>
    public static Password? Find(ArjHeader header, ArchiveReading reading, Func<Password, Stream> open)
    {
        foreach (Password candidate in reading.Passwords)
        {
            if (candidate.Text.Length == 0) continue;
            long start = Stopwatch.GetTimestamp();
            bool fits = Fits(header, reading, open, candidate);
            bool mayGoOn = reading.ChargeGuessing(Stopwatch.GetElapsedTime(start));
            if (fits)
            {
                reading.Opened(candidate, header.NameText);
                return candidate;
            }

            if (!mayGoOn) return null;
        }

        return null;
    }

    private static bool Fits(ArjHeader header, ArchiveReading reading, Func<Password, Stream> open, Password candidate)
    {
        MemberChecksum checksum = MemberChecksum.Crc32(header.Crc);
        byte[] buffer = new byte[16 * 1024];
        long count = 0;
        try
        {
            using Stream content = open(candidate);
            for (int got; (got = content.Read(buffer, 0, buffer.Length)) > 0; count += got)
            {
                reading.Cancellation.ThrowIfCancellationRequested();
                checksum.Append(buffer.AsSpan(0, got));
            }
        }
        catch (InvalidDataException)
        {
            return false;
        }

        return count == header.Size && checksum.Matches;
    }
}
