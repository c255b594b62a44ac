using System.Globalization;
using System.Net;
using MailSanitizer.Mail.Signatures;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Files;

/// <summary>Reads one value of a type; what is wrong is said with what is expected.</summary>
internal static class ValueReader
{
    /// <summary>The value in the form that facts have it; a number for counts, sizes and times. Null (and an error) when it is none.</summary>
    public static FactValue? Read(RuleNode node, FactType type, IReadOnlyList<string> words, string what, ErrorSink errors)
    {
        if (type == FactType.Word) return errors.Word(node, what, words) is { } word ? new FactValue(word) : null;
        if (type == FactType.Flag)
        {
            if (Flag(node) is { } flag) return FactValue.Of(flag);
            errors.Shape(node, $"{what}: expected true or false");
            return null;
        }

        if (errors.Text(node, what, 4000) is not { } text) return null;
        FactValue? value = type switch
        {
            FactType.Domain => DomainName.ToAscii(text) is { } domain ? new FactValue(domain) : null,
            FactType.Address => IsAddress(text) ? new FactValue(text) : null,
            FactType.Ip => IPAddress.TryParse(text, out IPAddress? address) ? new FactValue(address.ToString()) { Item = address } : null,
            FactType.Number => Number(text) is { } number ? FactValue.Of(number, text) : null,
            FactType.Size => Size(text) is { } size ? FactValue.Of(size, text) : null,
            FactType.Duration => Seconds(text) is { } seconds ? FactValue.Of(seconds, text) : null,
            FactType.TimeOfDay => TimeOfDay(text) is { } time ? FactValue.Of(time, text) : null,
            FactType.Hash => text.Length == 64 && text.All(char.IsAsciiHexDigit) ? new FactValue(text.ToLowerInvariant()) : null,
            _ => new FactValue(text),
        };
        if (value is null) errors.Shape(node, $"{what}: '{ErrorSink.Shown(text)}' is no {Expected(type)}");
        return value;
    }

    public static string Expected(FactType type) => type switch
    {
        FactType.Domain => "domain: expected example.jp",
        FactType.Address => "address: expected a@example.jp",
        FactType.Ip => "address: expected 192.0.2.1 or 2001:db8::1",
        FactType.Number => "number: expected a whole number",
        FactType.Size => "size: expected bytes, or a number and KB, MB or GB",
        FactType.Duration => "time: expected a number and s, m, h or d (10m, 3d)",
        FactType.TimeOfDay => "time of day: expected \"08:30\" in quotes",
        FactType.Hash => "SHA-256: expected 64 hexadecimal digits",
        _ => "text",
    };

    public static bool? Flag(RuleNode node) => node is { Kind: NodeKind.Scalar, IsPlain: true } ? node.Text switch { "true" => true, "false" => false, _ => null } : null;

    public static IPNetwork? Network(string text)
    {
        if (IPNetwork.TryParse(text, out IPNetwork network)) return network;
        return !text.Contains('/', StringComparison.Ordinal) && IPAddress.TryParse(text, out IPAddress? address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8) : null;
    }

    public static bool IsAddress(string text) =>
        text.IndexOf('@', StringComparison.Ordinal) > 0 && text[^1] != '@' && text.Length <= 320 && !text.Any(one => one is <= ' ' or (char)0x7F or '<' or '>' or ',' or ';' or '"' or '(' or ')' || char.IsWhiteSpace(one));

    public static double? Seconds(string text)
    {
        double unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        return unit > 0 && Number(text[..^1]) is { } count and <= 36500 ? count * unit : null;
    }

    private static double? Number(string text) =>
        text.Length is > 0 and <= 15 && text.All(char.IsAsciiDigit) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static double? Size(string text)
    {
        (int suffix, long unit) = text.Length > 2 ? text[^2..].ToUpperInvariant() switch { "KB" => (2, 1L << 10), "MB" => (2, 1L << 20), "GB" => (2, 1L << 30), _ => (0, 1L) } : (0, 1L);
        return Number(text[..^suffix].TrimEnd(' ')) * unit;
    }

    private static double? TimeOfDay(string text) =>
        text.Length == 5 && text[2] == ':' && Number(text[..2]) is { } hour and <= 24 && Number(text[3..]) is { } minute and <= 59 && (hour < 24 || minute == 0) ? (hour * 3600) + (minute * 60) : null;
}
