using System.Security.Cryptography;

namespace MailSanitizer.Mail.Signatures;

/// <summary>The two canonical forms of RFC 6376 3.4.</summary>
public enum CanonicalForm
{
    /// <summary>As it is, but for empty lines at the end.</summary>
    Simple,

    /// <summary>Blanks folded.</summary>
    Relaxed,
}

/// <summary>
/// Hashes a body in one of its canonical forms (RFC 6376 3.4.3 and 3.4.4) while it streams by. Only CRLF is a line end here: a bare CR or LF is a byte like any
/// other, as it was for whoever signed. SHA-256 always (RFC 8301).
/// </summary>
public sealed class BodyHasher : IDisposable
{
    private readonly CanonicalForm _form;
    private readonly long? _limit;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _out = new byte[4096];
    private int _outLength;
    private long _lineEnds;
    private bool _carriageReturn;
    private bool _blank;

    /// <summary>A hasher; <paramref name="limit"/> is the l= tag (bytes of the canonical body), null for all of it.</summary>
    public BodyHasher(CanonicalForm form, long? limit = null)
    {
        (_form, _limit) = (form, limit);
    }

    /// <summary>Bytes of the canonical body so far; all of them after <see cref="Finish"/>.</summary>
    public long CanonicalLength { get; private set; }

    /// <summary>The next bytes of the body.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_form == CanonicalForm.Simple) AppendSimple(bytes);
        else AppendRelaxed(bytes);
    }

    /// <summary>Ends the body and gives the hash.</summary>
    public byte[] Finish()
    {
        if (_carriageReturn) Emit("\r"u8);
        // Simple: an empty body is one CRLF; relaxed: it is nothing (3.4.3, 3.4.4).
        if (CanonicalLength > 0 || _form == CanonicalForm.Simple) Write("\r\n"u8);
        Flush();
        return _hash.GetHashAndReset();
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void AppendSimple(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        if (_carriageReturn)
        {
            if (bytes[0] == '\n')
            {
                (_carriageReturn, _lineEnds) = (false, _lineEnds + 1);
                bytes = bytes[1..];
            }
            else
            {
                Emit("\r"u8);
            }
        }

        // Line ends at the end of what we have are held back: they may be the empty lines at the end of the body.
        int end = bytes.Length;
        if (end > 0 && bytes[end - 1] == '\r') end--;
        bool lastIsCarriageReturn = end < bytes.Length;
        long lineEnds = 0;
        while (end >= 2 && bytes[end - 2] == '\r' && bytes[end - 1] == '\n')
        {
            end -= 2;
            lineEnds++;
        }

        if (end > 0) Emit(bytes[..end]);
        _lineEnds += lineEnds;
        _carriageReturn = lastIsCarriageReturn;
    }

    private void AppendRelaxed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            byte first = bytes[0];
            if (_carriageReturn && first == '\n')
            {
                (_carriageReturn, _blank, _lineEnds) = (false, false, _lineEnds + 1);
                bytes = bytes[1..];
                continue;
            }

            if (_carriageReturn) Emit("\r"u8);
            if (first is (byte)' ' or (byte)'\t')
            {
                _blank = true;
                bytes = bytes[1..];
            }
            else if (first == '\r')
            {
                _carriageReturn = true;
                bytes = bytes[1..];
            }
            else
            {
                int run = bytes.IndexOfAny((byte)' ', (byte)'\t', (byte)'\r');
                if (run < 0) run = bytes.Length;
                Emit(bytes[..run]);
                bytes = bytes[run..];
            }
        }
    }

    /// <summary>Writes what was held back, then the bytes.</summary>
    private void Emit(ReadOnlySpan<byte> bytes)
    {
        for (; _lineEnds > 0; _lineEnds--) Write("\r\n"u8);
        if (_blank) Write(" "u8);
        (_blank, _carriageReturn) = (false, false);
        Write(bytes);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        long before = CanonicalLength;
        CanonicalLength += bytes.Length;
        if (_limit is { } limit && CanonicalLength > limit) bytes = bytes[..(int)Math.Clamp(limit - before, 0, bytes.Length)];
        if (bytes.Length > _out.Length - _outLength) Flush();
        if (bytes.Length > _out.Length)
        {
            _hash.AppendData(bytes);
            return;
        }

        bytes.CopyTo(_out.AsSpan(_outLength));
        _outLength += bytes.Length;
    }

    private void Flush()
    {
        _hash.AppendData(_out.AsSpan(0, _outLength));
        _outLength = 0;
    }
}
