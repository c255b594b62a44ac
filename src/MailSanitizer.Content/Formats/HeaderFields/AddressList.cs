using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Formats.HeaderFields;

/// <summary>One address of a From, Sender, To or Reply-To field.</summary>
/// <param name="DisplayName">The name beside it, decoded; empty when there is none.</param>
/// <param name="Local">Local part, quotes taken off, otherwise as it is written (<c>a..b</c>, <c>a.</c> are taken as Postfix takes them).</param>
/// <param name="Domain">Domain in lower case without a final dot; empty when there is no <c>@</c>.</param>
public sealed record MailAddress(string DisplayName, string Local, string Domain)
{
    /// <summary>Local part and domain; the local part alone when there is no domain.</summary>
    public string Address => Domain.Length == 0 ? Local : $"{Local}@{Domain}";
}

/// <summary>The addresses of one field, and what was odd about it.</summary>
/// <param name="Addresses">In order; group members included.</param>
/// <param name="IsCut">The limit was reached, or the field is longer than what is read.</param>
/// <param name="IsOdd">Readers could see another address: text behind an address, an open quote, comment or bracket, a control character, two <c>@</c>.</param>
public sealed record AddressList(IReadOnlyList<MailAddress> Addresses, bool IsCut, bool IsOdd)
{
    /// <summary>Reads a raw field value (RFC 5322 3.4 with 4.4's routes), in one pass and without recursion.</summary>
    public static AddressList Read(ReadOnlySpan<byte> rawValue, Limits limits) => new AddressReader(HeaderText.Flatten(rawValue), limits).Read();
}

internal sealed class AddressReader(byte[] flat, Limits limits)
{
    private readonly List<MailAddress> _addresses = [];
    private readonly List<byte> _phrase = [];
    private readonly List<byte> _angle = [];
    private readonly List<byte> _comment = [];
    private bool _odd;
    private bool _sawAngle;
    private int _at;

    public AddressList Read()
    {
        bool cut = false;
        while (_at < flat.Length)
        {
            byte one = flat[_at];
            switch (one)
            {
                case (byte)'"':
                    Quoted(_phrase);
                    break;
                case (byte)'(':
                    Comment();
                    break;
                case (byte)'<':
                    Angle();
                    break;
                case (byte)',' or (byte)';':
                    _at++;
                    End();
                    break;
                case (byte)':' when !_sawAngle && _phrase.IndexOf((byte)'@') < 0:
                    // A group's name (RFC 5322 3.4): the members follow, the name is nobody's address.
                    _at++;
                    _phrase.Clear();
                    break;
                default:
                    if (one < 0x20 && one != '\t') _odd = true;
                    if (_sawAngle && one is not (byte)' ' and not (byte)'\t') _odd = true;
                    _phrase.Add(one);
                    _at++;
                    break;
            }

            if (_addresses.Count < limits.HeaderAddresses) continue;
            cut = true;
            break;
        }

        if (!cut) End();
        return new AddressList(_addresses, cut, _odd);
    }

    private void End()
    {
        string phrase = Phrase(_phrase);
        if (_sawAngle)
        {
            Add(phrase.Length > 0 ? phrase : Phrase(_comment), _angle);
        }
        else if (phrase.Length > 0)
        {
            if (_phrase.IndexOf((byte)'@') < 0 && phrase.Contains(' ', StringComparison.Ordinal)) _odd = true;
            Add(Phrase(_comment), _phrase);
        }

        _phrase.Clear();
        _angle.Clear();
        _comment.Clear();
        _sawAngle = false;
    }

    private void Add(string display, List<byte> address)
    {
        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(address);
        bytes = bytes.Trim(" \t"u8);

        // <@relay.example,@b.example:user@c.example>: the route counts for nothing (RFC 5322 4.4).
        if (bytes.StartsWith("@"u8) && bytes.IndexOf((byte)':') is var colon and >= 0) bytes = bytes[(colon + 1)..];
        int at = bytes.LastIndexOf((byte)'@');
        ReadOnlySpan<byte> local = at < 0 ? bytes : bytes[..at];
        ReadOnlySpan<byte> domain = at < 0 ? default : bytes[(at + 1)..];
        bool quoted = local is [(byte)'"', .., (byte)'"'];
        if ((!quoted && local.IndexOfAny((byte)'@', (byte)' ', (byte)'\t') >= 0) || domain.IndexOfAny((byte)' ', (byte)'\t', (byte)'"') >= 0) _odd = true;
        if (at >= 0 && (local.IsEmpty || domain.IsEmpty)) _odd = true;
        string localText = Unquote(local.Trim(" \t"u8));
        string domainText = NameCharset.Decode(domain.Trim(" \t"u8)).TrimEnd('.').ToLowerInvariant();
        if (domainText.Any(character => char.IsWhiteSpace(character) || char.IsControl(character))) _odd = true;
        if (localText.Length > 0 || domainText.Length > 0) _addresses.Add(new MailAddress(display, localText, domainText));
    }

    private static string Unquote(ReadOnlySpan<byte> local)
    {
        if (local is not [(byte)'"', .., (byte)'"']) return NameCharset.Decode(local);
        byte[] bare = new byte[local.Length];
        int count = 0;
        for (int at = 1; at < local.Length - 1; at++)
        {
            if (local[at] == '\\' && at + 1 < local.Length - 1) at++;
            bare[count++] = local[at];
        }

        return NameCharset.Decode(bare.AsSpan(0, count));
    }

    private string Phrase(List<byte> bytes)
    {
        ReadOnlySpan<byte> span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes);
        span = span.Trim(" \t"u8);

        // Encoded words inside quotes are against RFC 2047 5, and every reader decodes them.
        string text = EncodedWords.Decode(span, limits);
        if (!text.Contains('"', StringComparison.Ordinal) && !text.Contains('\\', StringComparison.Ordinal)) return text;
        StringBuilder bare = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length) bare.Append(text[++at]);
            else if (text[at] != '"') bare.Append(text[at]);
        }

        return bare.ToString().Trim();
    }

    private void Quoted(List<byte> to)
    {
        if (_sawAngle && to == _phrase) _odd = true;
        to.Add(flat[_at++]);
        while (_at < flat.Length)
        {
            byte one = flat[_at++];
            to.Add(one);
            if (one == '"') return;
            if (one == '\\' && _at < flat.Length) to.Add(flat[_at++]);
        }

        _odd = true;
        to.Add((byte)'"');
    }

    private void Comment()
    {
        int depth = 0;
        _comment.Clear();
        while (_at < flat.Length)
        {
            byte one = flat[_at++];
            if (one == '\\' && _at < flat.Length) _comment.Add(flat[_at++]);
            else if (one == '(' && depth++ == 0) continue;
            else if (one == ')' && --depth == 0) return;
            else _comment.Add(one);
        }

        _odd = true;
    }

    private void Angle()
    {
        if (_sawAngle) _odd = true;
        _sawAngle = true;
        _angle.Clear();
        _at++;
        while (_at < flat.Length)
        {
            byte one = flat[_at];
            if (one == '"')
            {
                Quoted(_angle);
                continue;
            }

            _at++;
            if (one == '>') return;
            if (one is (byte)'<' or < 0x20) _odd = true;
            _angle.Add(one);
        }

        _odd = true;
    }
}
