using System.Text;

namespace MailSanitizer.Content.Formats.HeaderFields;

/// <summary>One header field, with the exact bytes that it was written in.</summary>
public sealed class HeaderField
{
    private readonly Limits _limits;
    private readonly int _nameLength;
    private readonly int _valueStart;
    private string? _name;
    private string? _value;
    private string? _text;

    internal HeaderField(ReadOnlyMemory<byte> raw, int offset, int nameLength, int valueStart, Limits limits)
    {
        Raw = raw;
        Offset = offset;
        _nameLength = nameLength;
        _valueStart = valueStart;
        _limits = limits;
    }

    /// <summary>Offset of the first byte in the block.</summary>
    public int Offset { get; }

    /// <summary>The whole field: name, colon, value, folds and the final line end.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>What stands behind the colon, folds and final line end included.</summary>
    public ReadOnlyMemory<byte> RawValue => Raw[_valueStart..];

    /// <summary>The name as it is written, without blanks before the colon.</summary>
    public string Name => _name ??= Encoding.Latin1.GetString(Raw.Span[.._nameLength]);

    /// <summary>True where blanks stand between name and colon (obsolete syntax, RFC 5322 4.5; readers differ).</summary>
    public bool HasBlankBeforeColon => _valueStart - 1 > _nameLength;

    /// <summary>The value unfolded and trimmed; bytes outside ASCII are UTF-8 where they are valid UTF-8, else Latin-1 (no byte is lost). Encoded words stay.</summary>
    public string Value => _value ??= HeaderText.Unfold(RawValue.Span);

    /// <summary>The value for people: unfolded, encoded words decoded (RFC 2047), raw 8-bit bytes by the name detector.</summary>
    public string Text => _text ??= EncodedWords.Decode(RawValue.Span, _limits);

    /// <summary>Whether the field has this name, ASCII letters in any case.</summary>
    public bool Is(string name) => _nameLength == name.Length && Ascii.EqualsIgnoreCase(Raw.Span[.._nameLength], name);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Value}";
}
