using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MailSanitizer.Audit;

/// <summary>The one form of a JSON value that is hashed and signed (RFC 8785): sorted names, no white space, shortest escapes and numbers.</summary>
internal static class CanonicalJson
{
    /// <summary>Objects and arrays inside each other (levels). Above it a value is not written, and a line is not canonical.</summary>
    public const int MaxDepth = 64;

    private const long MaxInteger = 1L << 53;

    /// <summary>The canonical bytes. Throws <see cref="ArgumentException"/> for what has no canonical form (too deep, not a finite number).</summary>
    public static byte[] Write(JsonNode? node)
    {
        ArrayBufferWriter<byte> output = new();
        Write(output, node);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Appends the canonical bytes.</summary>
    public static void Write(IBufferWriter<byte> output, JsonNode? node) => Write(output, node, 0);

    /// <summary>Appends a string with its quotes.</summary>
    public static void WriteString(IBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        int from = 0;
        for (int at = 0; at < text.Length; at++)
        {
            char here = text[at];
            if (here >= 0x20 && here != '"' && here != '\\') continue;
            WriteRaw(output, text.AsSpan(from, at - from));
            from = at + 1;
            switch (here)
            {
                case '"': output.Write("\\\""u8); break;
                case '\\': output.Write("\\\\"u8); break;
                case '\b': output.Write("\\b"u8); break;
                case '\t': output.Write("\\t"u8); break;
                case '\n': output.Write("\\n"u8); break;
                case '\f': output.Write("\\f"u8); break;
                case '\r': output.Write("\\r"u8); break;
                default: WriteRaw(output, string.Create(CultureInfo.InvariantCulture, $"\\u{(int)here:x4}")); break;
            }
        }

        WriteRaw(output, text.AsSpan(from));
        output.Write("\""u8);
    }

    /// <summary>A number in the form of ECMAScript (RFC 8785 3.2.2.3).</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentException("no JSON number");
        if (value == 0) return "0";
        // "E16" would round-trip but not be shortest; "R" is shortest but in another notation: its digits are taken and set anew.
        string shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int e = shortest.IndexOf('E', StringComparison.Ordinal);
        int exponent = e < 0 ? 0 : int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? shortest : shortest[..e];
        int dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        int point = (dot < 0 ? mantissa.Length : dot) + exponent;
        string leading = digits.TrimStart('0');
        point -= digits.Length - leading.Length;
        digits = leading.TrimEnd('0');
        int count = digits.Length;
        string sign = value < 0 ? "-" : "";
        if (point is > 0 and <= 21) return count <= point ? $"{sign}{digits}{new string('0', point - count)}" : $"{sign}{digits[..point]}.{digits[point..]}";
        if (point is > -6 and <= 0) return $"{sign}0.{new string('0', -point)}{digits}";
        string power = string.Create(CultureInfo.InvariantCulture, $"e{(point > 0 ? "+" : "-")}{Math.Abs(point - 1)}");
        return count == 1 ? $"{sign}{digits}{power}" : $"{sign}{digits[..1]}.{digits[1..]}{power}";
    }

    private static void Write(IBufferWriter<byte> output, JsonNode? node, int depth)
    {
        if (depth > MaxDepth) throw new ArgumentException($"more than {MaxDepth} levels");
        switch (node)
        {
            case null:
                output.Write("null"u8);
                break;
            case JsonObject members:
                output.Write("{"u8);
                bool first = true;
                foreach ((string name, JsonNode? value) in members.OrderBy(member => member.Key, StringComparer.Ordinal))
                {
                    if (!first) output.Write(","u8);
                    first = false;
                    WriteString(output, name);
                    output.Write(":"u8);
                    Write(output, value, depth + 1);
                }

                output.Write("}"u8);
                break;
            case JsonArray items:
                output.Write("["u8);
                for (int at = 0; at < items.Count; at++)
                {
                    if (at > 0) output.Write(","u8);
                    Write(output, items[at], depth + 1);
                }

                output.Write("]"u8);
                break;
            default:
                WriteValue(output, node);
                break;
        }
    }

    private static void WriteValue(IBufferWriter<byte> output, JsonNode node)
    {
        switch (node.GetValueKind())
        {
            case JsonValueKind.String: WriteString(output, node.AsValue().TryGetValue(out string? text) ? text : JsonSerializer.Deserialize<string>(node.ToJsonString())!); break;
            case JsonValueKind.True: output.Write("true"u8); break;
            case JsonValueKind.False: output.Write("false"u8); break;
            case JsonValueKind.Null: output.Write("null"u8); break;
            default: WriteRaw(output, NumberOf(node.ToJsonString())); break;
        }
    }

    private static string NumberOf(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer))
        {
            // Not every JSON reader is exact above 2^53 (RFC 8785 3.1, I-JSON): such a number is written as text.
            return integer is >= -MaxInteger and <= MaxInteger ? integer.ToString(CultureInfo.InvariantCulture) : $"\"{integer.ToString(CultureInfo.InvariantCulture)}\"";
        }

        return Number(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    // A lone surrogate has no UTF-8 form: it becomes U+FFFD, on writing, where nothing is hashed yet.
    private static void WriteRaw(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return;
        Span<byte> room = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, room));
    }
}
