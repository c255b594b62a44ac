using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Tests.Disarming.Rtf;

/// <summary>RTF for tests: text of ISO 8859-1, one character a byte.</summary>
internal static class RtfSamples
{
    public const string Head = @"{\rtf1\ansi\ansicpg932\deff0{\fonttbl{\f0\fnil MS Mincho;}}{\colortbl;\red255\green0\blue0;}{\info{\author A}{\title T}}" + "\r\n";

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>A document around a body.</summary>
    public static DisarmSample Document(string name, string body) => new(name + ".rtf", Bytes(Head + @"\pard before \b bold\b0 ." + body + @"\par after\par}"));

    public static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>An object of OLE 1 (MS-OLEDS 2.2.5).</summary>
    public static byte[] Ole(string className, byte[] native) => [1, 5, 0, 0, 2, 0, 0, 0, .. Word(className), .. Word(""), .. Word(""), .. Length(native.Length), .. native];

    public static byte[] OleLink(string className, string topic) => [1, 5, 0, 0, 1, 0, 0, 0, .. Word(className), .. Word(topic), .. Word(""), .. new byte[12]];

    public static byte[] Package(string name, byte[] content) =>
        [2, 0, .. Zero(name), .. Zero(@"C:\tmp\" + name), 0, 0, 3, 0, .. Length(name.Length + 8), .. Zero(@"C:\tmp\" + name), .. Length(content.Length), .. content];

    public static byte[] Compound(string stream, byte[] content, string? second = null)
    {
        CfbNode root = CfbNode.Storage("Root Entry");
        root.Children.Add(CfbNode.Stream(stream, new MemoryPartBytes(content)));
        if (second is not null) root.Children.Add(CfbNode.Stream(second, new MemoryPartBytes(content)));
        using MemoryStream to = new();
        _ = CfbWriter.Write(root, new StreamPartOutput(to));
        return to.ToArray();
    }

    public static byte[] Ole10Native(string name, byte[] content)
    {
        byte[] package = Package(name, content);
        return [.. Length(package.Length), .. package];
    }

    public static byte[] Zip(params (string Name, string Text)[] members)
    {
        using MemoryStream to = new();
        ZipWriter writer = new(new StreamPartOutput(to));
        foreach ((string name, string text) in members) writer.Add(name, new MemoryPartBytes(Encoding.UTF8.GetBytes(text)));
        writer.Finish();
        return to.ToArray();
    }

    private static byte[] Length(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Zero(string text) => [.. Encoding.Latin1.GetBytes(text), 0];

    private static byte[] Word(string text) => text.Length == 0 ? Length(0) : [.. Length(text.Length + 1), .. Zero(text)];
}

/// <summary>Looks for things in RTF without the product's reader: expressions over the bytes as text, braces counted by hand.</summary>
internal static partial class RtfCheck
{
    /// <summary>Every control word with its parameter, wherever it stands; data of <c>\bin</c> is looked at as if it were none.</summary>
    public static List<string> Words(byte[] bytes) =>
        [.. ControlWord().Matches(RtfSamples.Text(bytes).Replace(@"\\", "\u0001", StringComparison.Ordinal)).Select(match => match.Groups[1].Value.ToLowerInvariant())];

    public static bool Has(byte[] bytes, string word) => Words(bytes).Contains(word);

    /// <summary>What field instructions say: escapes undone, words and braces dropped.</summary>
    public static List<string> Instructions(byte[] bytes)
    {
        string text = RtfSamples.Text(bytes);
        List<string> all = [];
        for (int at = 0; (at = text.IndexOf(@"\fldinst", at, StringComparison.OrdinalIgnoreCase)) >= 0;)
        {
            at += 8;
            int depth = 0, end = at;
            for (; end < text.Length; end++)
            {
                if (text[end] == '\\') end++;
                else if (text[end] == '{') depth++;
                else if (text[end] == '}' && depth-- == 0) break;
            }

            string inner = text[at..Math.Min(end, text.Length)];
            inner = Escaped().Replace(inner, match => ((char)Convert.ToInt32(match.Groups[1].Value, 16)).ToString());
            inner = UnicodeWord().Replace(inner, match => ((char)int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToString());
            inner = inner.Replace(@"\\", "\u0001", StringComparison.Ordinal);
            inner = ControlWord().Replace(inner, "").Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
            all.Add(inner.Replace('\u0001', '\\').Trim());
        }

        return all;
    }

    public static bool HasInstruction(byte[] bytes, string name) => Instructions(bytes).Exists(text => text.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(@"\\(?:\*\s*\\)?([a-zA-Z]+)(?:-?\d+)? ?")]
    private static partial Regex ControlWord();

    [GeneratedRegex(@"\\'([0-9a-fA-F]{2})")]
    private static partial Regex Escaped();

    [GeneratedRegex(@"\\u(\d+) ?\??")]
    private static partial Regex UnicodeWord();
}
