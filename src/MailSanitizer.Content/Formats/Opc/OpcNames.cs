using System.Text;

namespace MailSanitizer.Content.Formats.Opc;

/// <summary>Part names as every reader could take them: percent-decoded, slashes one way, lower case, dots resolved. Two names with one key are one part to somebody.</summary>
public static class OpcNames
{
    /// <summary>The key of a member's name (ECMA-376 part 2, 6.2.2 and the equivalence of 6.3.5, read in the widest way).</summary>
    public static string Key(string name) => Resolve("", name);

    /// <summary>The key of a relationship's target, seen from the part that has the relationship (empty: the package itself).</summary>
    public static string Resolve(string sourceKey, string target)
    {
        string path = Decoded(target.Trim());
        int end = path.IndexOfAny(['#', '?']);
        if (end >= 0) path = path[..end];
        path = path.Replace('\\', '/');
        List<string> segments = [];
        if (!path.StartsWith('/') && sourceKey.LastIndexOf('/') is > 0 and int folder) segments.AddRange(sourceKey[..folder].Split('/'));
        foreach (string raw in path.Split('/'))
        {
            string segment = raw.Trim();
            if (segment is "" or ".") continue;
            if (segment == "..")
            {
                if (segments.Count > 0) segments.RemoveAt(segments.Count - 1);
                continue;
            }

            segments.Add(segment.TrimEnd('.', ' '));
        }

        return string.Join('/', segments).ToLowerInvariant();
    }

    /// <summary>The key of the part that holds a part's relationships.</summary>
    public static string RelationshipsOf(string key)
    {
        int slash = key.LastIndexOf('/') + 1;
        return $"{key[..slash]}_rels/{key[slash..]}.rels";
    }

    /// <summary>True for the key of a part that holds relationships.</summary>
    public static bool IsRelationships(string key) =>
        key.EndsWith(".rels", StringComparison.Ordinal) && (key.StartsWith("_rels/", StringComparison.Ordinal) || key.Contains("/_rels/", StringComparison.Ordinal));

    /// <summary>The extension of a key, without the dot; empty when it has none.</summary>
    public static string Extension(string key)
    {
        int slash = key.LastIndexOf('/');
        int dot = key.LastIndexOf('.');
        return dot > slash ? key[(dot + 1)..] : "";
    }

    /// <summary>Percent signs undone, three times over: some reader does it once more than another.</summary>
    public static string Decoded(string text)
    {
        for (int round = 0; round < 3 && text.Contains('%', StringComparison.Ordinal); round++)
        {
            string once = Encoding.UTF8.GetString(Bytes(text));
            if (once == text) break;
            text = once;
        }

        return text;
    }

    private static byte[] Bytes(string text)
    {
        List<byte> bytes = new(text.Length);
        Span<byte> rune = stackalloc byte[4];
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '%' && at + 2 < text.Length && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2]))
            {
                bytes.Add(Convert.ToByte(text.Substring(at + 1, 2), 16));
                at += 2;
            }
            else if (Rune.TryGetRuneAt(text, at, out Rune value))
            {
                int length = value.EncodeToUtf8(rune);
                for (int i = 0; i < length; i++) bytes.Add(rune[i]);
                at += value.Utf16SequenceLength - 1;
            }
            else
            {
                bytes.AddRange("\uFFFD"u8);
            }
        }

        return [.. bytes];
    }
}
