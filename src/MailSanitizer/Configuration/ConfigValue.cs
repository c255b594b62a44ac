using System.Globalization;
using System.Net;
using MailSanitizer.Mail;
using YamlDotNet.RepresentationModel;

namespace MailSanitizer.Configuration;

/// <summary>One error of the file: where, what, and what to do.</summary>
/// <param name="File">The file's path.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong and what is expected.</param>
public sealed record ConfigError(string File, long Line, long Column, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";
}

/// <summary>Thrown and caught inside the reader only: the message becomes a <see cref="ConfigError"/> at the node's place.</summary>
internal sealed class ConfigFault(YamlNode node, string message) : Exception(message)
{
    public YamlNode Node { get; } = node;
}

/// <summary>Reads typed values from YAML nodes; every refusal says what is expected.</summary>
internal static class ConfigValue
{
    public static string Text(YamlNode node) =>
        node is YamlScalarNode { Value: { Length: > 0 } text } ? text : throw new ConfigFault(node, "expected a text");

    public static string Word(YamlNode node, params string[] words)
    {
        string text = Text(node);
        return words.Contains(text, StringComparer.Ordinal) ? text : throw new ConfigFault(node, $"'{text}' is none of {string.Join(", ", words)}{Nearest.Hint(text, words)}");
    }

    public static bool Flag(YamlNode node) => Text(node) switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        string other => throw new ConfigFault(node, $"'{other}' is neither true nor false"),
    };

    public static IReadOnlyList<YamlNode> Items(YamlNode node) => node switch
    {
        YamlSequenceNode sequence => [.. sequence.Children],
        YamlScalarNode => [node],
        _ => throw new ConfigFault(node, "expected a list"),
    };

    public static IReadOnlyList<T> List<T>(YamlNode node, Func<YamlNode, T> read) => [.. Items(node).Select(read)];

    public static IPNetwork Network(YamlNode node)
    {
        string text = Text(node);
        if (IPNetwork.TryParse(text, out IPNetwork network)) return network;
        if (IPAddress.TryParse(text, out IPAddress? address)) return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        throw new ConfigFault(node, $"'{text}' is no network: expected 192.0.2.0/24, 2001:db8::/32 or one address");
    }

    public static IPEndPoint EndPoint(YamlNode node, int defaultPort)
    {
        string text = Text(node);
        if (!IPEndPoint.TryParse(text, out IPEndPoint? endPoint)) throw new ConfigFault(node, $"'{text}' is no address: expected 127.0.0.1:53 or [::1]:53");
        return endPoint.Port == 0 ? new IPEndPoint(endPoint.Address, defaultPort) : endPoint;
    }

    public static string Domain(YamlNode node)
    {
        string text = Text(node).TrimEnd('.');
        try
        {
            string ascii = new IdnMapping { UseStd3AsciiRules = true }.GetAscii(text).ToLowerInvariant();
            return ascii.Contains('.', StringComparison.Ordinal) || ascii == "localhost" ? ascii : throw new ConfigFault(node, $"'{text}' is no domain: expected example.jp");
        }
        catch (ArgumentException)
        {
            throw new ConfigFault(node, $"'{text}' is no domain: expected example.jp");
        }
    }

    public static TimeSpan Duration(YamlNode node)
    {
        string text = Text(node);
        double unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        return unit > 0 && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count <= 36500
            ? TimeSpan.FromSeconds(count * unit)
            : throw new ConfigFault(node, $"'{text}' is no time: expected a number and s, m, h or d (10m, 3d)");
    }

    public static long Size(YamlNode node)
    {
        string text = Text(node);
        (string suffix, long unit) = text switch
        {
            _ when text.EndsWith("GB", StringComparison.OrdinalIgnoreCase) => ("GB", 1L << 30),
            _ when text.EndsWith("MB", StringComparison.OrdinalIgnoreCase) => ("MB", 1L << 20),
            _ when text.EndsWith("KB", StringComparison.OrdinalIgnoreCase) => ("KB", 1L << 10),
            _ => ("", 1L),
        };
        return long.TryParse(text.AsSpan(0, text.Length - suffix.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count <= (1L << 50) / unit
            ? count * unit
            : throw new ConfigFault(node, $"'{text}' is no size: expected bytes, or a number and KB, MB or GB");
    }

    public static int Number(YamlNode node, int least, int most)
    {
        string text = Text(node);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new ConfigFault(node, string.Create(CultureInfo.InvariantCulture, $"'{text}' is no number from {least} to {most}"));
    }
}
