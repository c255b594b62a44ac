namespace MailSanitizer.Content.Formats.Rtf;

/// <summary>
/// Cuts RTF into tokens as Word does, which forgives what others refuse: any header, groups that never close, words of any length and letter case. Any bytes are
/// allowed, every byte belongs to exactly one token, and memory is one window.
/// </summary>
/// <remarks>
/// Where readers differ, the reading is taken that hides least: a <c>\bin</c> whose count is not plain skips nothing, a <c>\'</c> without two hex digits takes
/// only the digits that are there. Both are told by <see cref="IsOdd"/>, so that they can be taken out.
/// </remarks>
public sealed class RtfReader
{
    /// <summary>Letters of a word that are looked at (characters); no word of the specification is longer than 32.</summary>
    private const int NameLength = 40;
    private const int Window = 64 * 1024;

    private readonly PartBytes _bytes;
    private readonly CancellationToken _cancellation;
    private readonly long _end;
    private readonly byte[]? _buffer;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly char[] _name = new char[NameLength];
    private long _windowStart;
    private int _windowLength;
    private long _at;
    private long _binary;
    private int _tokens;

    /// <summary>A reader over a range of a part's bytes, clipped to them.</summary>
    public RtfReader(PartBytes bytes, long offset, long length, CancellationToken cancellation = default)
    {
        (_bytes, _cancellation) = (bytes, cancellation);
        _at = Math.Clamp(offset, 0, bytes.Length);
        _end = _at + Math.Clamp(length, 0, bytes.Length - _at);
        if (bytes.TryGetMemory(out _memory)) _windowLength = _memory.Length;
        else _buffer = new byte[Window];
    }

    /// <summary>A reader over all of a part's bytes.</summary>
    public RtfReader(PartBytes bytes, CancellationToken cancellation = default)
        : this(bytes, 0, bytes.Length, cancellation)
    {
    }

    /// <summary>The kind of the current token.</summary>
    public RtfTokenKind Kind { get; private set; }

    /// <summary>Where the current token begins (bytes from the part's beginning).</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes of the current token.</summary>
    public long Length { get; private set; }

    /// <summary>Where the current token ends.</summary>
    public long TokenEnd => Offset + Length;

    /// <summary>The word, when the current token is one that <see cref="RtfWords"/> knows.</summary>
    public RtfWord Word { get; private set; }

    /// <summary>Parameter of a word, cut to ±10¹⁵; 0 without one.</summary>
    public long Parameter { get; private set; }

    /// <summary>True when the word has a parameter.</summary>
    public bool HasParameter { get; private set; }

    /// <summary>True when the word's own space ends it; without it, a letter or digit put behind the word would become part of it.</summary>
    public bool IsDelimited { get; private set; }

    /// <summary>The character of a symbol, or the value of a <c>\'hh</c>.</summary>
    public byte Value { get; private set; }

    /// <summary>True for a <c>\bin</c> or <c>\'</c> that readers take differently.</summary>
    public bool IsOdd { get; private set; }

    /// <summary>The bytes of a text token; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Text => Kind == RtfTokenKind.Text ? View(Offset)[..(int)Length] : default;

    /// <summary>Goes to the next token; false behind the last one.</summary>
    public bool Read()
    {
        if ((++_tokens & 0xFFF) == 0) _cancellation.ThrowIfCancellationRequested();
        Offset = _at;
        (Word, HasParameter, Parameter, IsDelimited, IsOdd, Value) = (RtfWord.None, false, 0, false, false, 0);
        if (_at >= _end)
        {
            (Kind, Length) = (RtfTokenKind.End, 0);
            return false;
        }

        if (_binary > 0)
        {
            (Kind, Length) = (RtfTokenKind.Binary, _binary);
            _binary = 0;
        }
        else
        {
            ReadOnlySpan<byte> view = View(_at);
            switch (view[0])
            {
                case (byte)'{':
                    (Kind, Length) = (RtfTokenKind.GroupStart, 1);
                    break;
                case (byte)'}':
                    (Kind, Length) = (RtfTokenKind.GroupEnd, 1);
                    break;
                case (byte)'\\':
                    Control(view);
                    break;
                default:
                    int length = view.IndexOfAny((byte)'{', (byte)'}', (byte)'\\');
                    (Kind, Length) = (RtfTokenKind.Text, length < 0 ? view.Length : length);
                    break;
            }
        }

        _at += Length;
        return true;
    }

    private void Control(ReadOnlySpan<byte> view)
    {
        if (view.Length < 2)
        {
            (Kind, Length) = (RtfTokenKind.Symbol, 1);
        }
        else if (char.IsAsciiLetter((char)view[1]))
        {
            ControlWord();
        }
        else if (view[1] == (byte)'\'')
        {
            int digits = view.Length > 2 && char.IsAsciiHexDigit((char)view[2]) ? view.Length > 3 && char.IsAsciiHexDigit((char)view[3]) ? 2 : 1 : 0;
            (Kind, Length, IsOdd) = (RtfTokenKind.Hex, 2 + digits, digits < 2);
            for (int i = 0; i < digits; i++) Value = (byte)((Value << 4) | RtfHex.Digit(view[2 + i]));
        }
        else
        {
            (Kind, Length, Value) = (RtfTokenKind.Symbol, 2, view[1]);
        }
    }

    private void ControlWord()
    {
        long at = _at + 1;
        int letters = 0;
        for (; Byte(at) is >= 0 and var letter && char.IsAsciiLetter((char)letter); at++, letters++)
        {
            if (letters < NameLength) _name[letters] = char.ToLowerInvariant((char)letter);
        }

        long digitsAt = at;
        bool negative = Byte(at) == '-' && Byte(at + 1) is >= '0' and <= '9';
        if (negative) at++;
        int first = Byte(at);
        long digits = 0;
        for (; Byte(at) is >= '0' and <= '9' and var digit; at++, digits++)
        {
            if (Parameter < 1_000_000_000_000_000) Parameter = (Parameter * 10) + (digit - '0');
        }

        if (digits == 0) at = digitsAt;
        HasParameter = digits > 0;
        if (negative) Parameter = -Parameter;
        IsDelimited = Byte(at) == ' ';
        if (IsDelimited) at++;
        (Kind, Length) = (RtfTokenKind.Word, at - _at);
        Word = letters <= NameLength ? RtfWords.Find(_name.AsSpan(0, letters)) : RtfWord.None;
        if (Word != RtfWord.Bin) return;
        bool plain = digits is > 0 and <= 9 && !negative && (first != '0' || digits == 1) && Parameter <= _end - at;
        IsOdd = !plain;
        if (plain) _binary = Parameter;
    }

    /// <summary>The byte at an offset; -1 behind the end.</summary>
    private int Byte(long offset)
    {
        if (offset >= _end) return -1;
        long index = offset - _windowStart;
        if (index >= 0 && index < _windowLength) return _buffer is null ? _memory.Span[(int)index] : _buffer[index];
        ReadOnlySpan<byte> view = View(offset);
        return view.IsEmpty ? -1 : view[0];
    }

    // At least 16 bytes where there are so many, so that a symbol is never cut.
    private ReadOnlySpan<byte> View(long offset)
    {
        if (_buffer is null) return _memory.Span[(int)offset..(int)_end];
        if (offset < _windowStart || offset + 16 > _windowStart + _windowLength)
        {
            _cancellation.ThrowIfCancellationRequested();
            _windowStart = offset;
            _windowLength = _bytes.Read(offset, _buffer.AsSpan(0, (int)Math.Min(Window, _end - offset)));
        }

        return _buffer.AsSpan((int)(offset - _windowStart), (int)(_windowLength - (offset - _windowStart)));
    }
}
