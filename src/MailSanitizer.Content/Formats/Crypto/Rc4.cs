namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>The stream cipher RC4, which old Office and PDF files are locked with: the same call locks and unlocks.</summary>
public sealed class Rc4
{
    private readonly byte[] _state = new byte[256];
    private byte _i;
    private byte _j;

    /// <summary>Begins a key stream.</summary>
    public Rc4(ReadOnlySpan<byte> key)
    {
        for (int at = 0; at < 256; at++) _state[at] = (byte)at;
        byte mix = 0;
        for (int at = 0; at < 256; at++)
        {
            mix = (byte)(mix + _state[at] + key[at % key.Length]);
            (_state[at], _state[mix]) = (_state[mix], _state[at]);
        }
    }

    /// <summary>Changes the bytes by a key stream's beginning.</summary>
    public static void Apply(ReadOnlySpan<byte> key, Span<byte> bytes) => new Rc4(key).Apply(bytes);

    /// <summary>Changes the bytes by what follows of the key stream.</summary>
    public void Apply(Span<byte> bytes)
    {
        byte[] state = _state;
        byte i = _i, j = _j;
        for (int at = 0; at < bytes.Length; at++)
        {
            i++;
            byte first = state[i];
            j += first;
            byte second = state[j];
            state[i] = second;
            state[j] = first;
            bytes[at] ^= state[(byte)(first + second)];
        }

        (_i, _j) = (i, j);
    }
}
