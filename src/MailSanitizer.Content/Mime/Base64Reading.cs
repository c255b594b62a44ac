using System.Buffers;
using System.Buffers.Text;

namespace MailSanitizer.Content.Mime;

/// <summary>What becomes of odd places in base64.</summary>
internal enum Base64Oddity
{
    /// <summary>Foreign bytes are skipped, padding ends the data: what is delivered.</summary>
    SkipAndEnd,

    /// <summary>Foreign bytes are skipped, and so is padding.</summary>
    ReadOn,

    /// <summary>The first foreign byte ends the data.</summary>
    Stop,
}

/// <summary>Decodes base64 (RFC 2045 6.8) from a range of the message.</summary>
internal sealed class Base64Reading(PartBytes message, long offset, long length, Base64Oddity oddity) : ForwardStream
{
    private const int Raw = 96 * 1024;
    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);
    private readonly byte[] _raw = new byte[(int)Math.Min(Raw, Math.Max(4, length))];
    private readonly byte[] _clean = new byte[(int)Math.Min(Raw, Math.Max(4, length)) + 8];
    private byte[] _decoded = [];
    private int _from;
    private int _to;
    private int _cleanLength;
    private readonly long _end = offset + length;
    private long _at = offset;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (_from == _to)
        {
            if (_ended) return 0;
            Fill();
        }

        int count = Math.Min(buffer.Length, _to - _from);
        _decoded.AsSpan(_from, count).CopyTo(buffer);
        _from += count;
        return count;
    }

    private void Fill()
    {
        _from = _to = 0;
        if (_decoded.Length == 0) _decoded = new byte[(_clean.Length / 4 * 3) + 16];
        int got = message.Read(_at, _raw.AsSpan(0, (int)Math.Min(_raw.Length, _end - _at)));
        _at += got;
        if (got == 0 || _at >= _end) _ended = true;
        ReadOnlySpan<byte> rest = _raw.AsSpan(0, got);
        while (!rest.IsEmpty)
        {
            int run = rest.IndexOfAnyExcept(Alphabet);
            if (run < 0) run = rest.Length;
            rest[..run].CopyTo(_clean.AsSpan(_cleanLength));
            _cleanLength += run;
            if (run == rest.Length) break;
            byte odd = rest[run];
            rest = rest[(run + 1)..];
            if (Blanks.Contains(odd)) continue;
            bool padding = odd == '=' && (_cleanLength & 3) >= 2;
            if (padding) Group();
            if ((padding && oddity is not Base64Oddity.ReadOn) || (odd != '=' && oddity is Base64Oddity.Stop))
            {
                _ended = true;
                break;
            }
        }

        if (_ended)
        {
            Group();
            return;
        }

        int whole = _cleanLength & ~3;
        Base64.DecodeFromUtf8(_clean.AsSpan(0, whole), _decoded.AsSpan(_to), out _, out int written);
        _to += written;
        _clean.AsSpan(whole, _cleanLength - whole).CopyTo(_clean);
        _cleanLength -= whole;
    }

    // All that was collected, the last two or three characters as one or two bytes; a single one holds no whole byte.
    private void Group()
    {
        int whole = _cleanLength & ~3;
        int partial = _cleanLength - whole;
        int filled = partial >= 2 ? 4 - partial : 0;
        _clean.AsSpan(_cleanLength, filled).Fill((byte)'A');
        Base64.DecodeFromUtf8(_clean.AsSpan(0, partial >= 2 ? whole + 4 : whole), _decoded.AsSpan(_to), out _, out int written);
        _to += written - filled;
        _cleanLength = 0;
    }

    /// <summary>Looks for what readers take differently: foreign bytes before the end of the data, and data behind it.</summary>
    public static (bool ForeignBytes, bool DataBehindPadding, bool NoPadding) Inspect(PartBytes message, long offset, long length)
    {
        byte[] buffer = new byte[(int)Math.Min(Raw, Math.Max(1, length))];
        bool foreign = false, behind = false, padded = false;
        int padding = 0;
        long characters = 0;
        for (long at = offset; at < offset + length;)
        {
            int got = message.Read(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, offset + length - at)));
            if (got == 0) break;
            at += got;
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, got);
            while (!rest.IsEmpty)
            {
                int run = rest.IndexOfAnyExcept(Alphabet);
                if (run < 0) run = rest.Length;
                if (run > 0 && padded) behind = true;
                characters += run;
                if (run == rest.Length) break;
                byte odd = rest[run];
                rest = rest[(run + 1)..];
                if (Blanks.Contains(odd)) continue;
                if (odd == '=') padding++;
                if (odd != '=') foreign = true;
                else if ((characters & 3) >= 2) padded = true;
                else if (!padded) foreign = true;
            }
        }

        // One equals sign for three characters, two for two: decoders that count groups of four drop what is short of it.
        bool wrong = !behind && padding != ((4 - (int)(characters & 3)) & 3);
        return (foreign, behind, wrong);
    }
}
