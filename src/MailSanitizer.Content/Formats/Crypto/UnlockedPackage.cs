using System.Security.Cryptography;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>An encrypted package, unlocked by AES piece by piece while it is read, to the length that it states.</summary>
internal abstract class UnlockedPackage(long length, int pieceSize) : ForwardStream
{
    private readonly byte[] _piece = new byte[pieceSize];
    private long _left = length;
    private int _at;
    private int _there;

    /// <summary>The cipher, with its key.</summary>
    protected Aes Aes { get; } = Aes.Create();

    public override int Read(Span<byte> buffer)
    {
        if (_left <= 0 || buffer.IsEmpty) return 0;
        if (_at == _there)
        {
            (_at, _there) = (0, Next(_piece));
            if (_there == 0) return 0;
        }

        int count = (int)Math.Min(Math.Min(buffer.Length, _there - _at), _left);
        _piece.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        _left -= count;
        return count;
    }

    /// <summary>Fills the piece with what follows, unlocked; how many bytes, 0 at the end.</summary>
    protected abstract int Next(byte[] piece);

    protected override void Dispose(bool disposing)
    {
        if (disposing) Aes.Dispose();
        base.Dispose(disposing);
    }
}
