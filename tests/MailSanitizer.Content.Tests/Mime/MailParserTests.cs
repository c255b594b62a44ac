using System.Text.Json;
using MailSanitizer.Content.Formats.Charsets;
using MailSanitizer.Content.Mime;

namespace MailSanitizer.Content.Tests.Mime;

/// <summary>The mail-parser messages: structure, decoded content and file names as the suite's JSON has them.</summary>
public sealed class MailParserTests
{
    /// <summary>Where we differ on purpose: file, and why.</summary>
    private static readonly Dictionary<string, string> Differs = new(StringComparer.Ordinal)
    {
        ["legacy/001.eml"] = "UTF-7 is not decoded: nobody reads it any more, and it is charset-ambiguous",
        ["legacy/005.eml"] = "as legacy/001",
        ["legacy/034.eml"] = "as legacy/001",
        ["legacy/016.eml"] = "a Latin-1 name that the suite leaves undecoded",
        ["legacy/023.eml"] = "as legacy/016",
        ["legacy/017.eml"] = "x-uuencode is decoded; the suite leaves it",
        ["legacy/026.eml"] = "as legacy/017",
        ["legacy/048.eml"] = "as legacy/017",
        ["malformed/000.eml"] = "empty parts count as parts",
        ["malformed/001.eml"] = "the suite takes a line that only begins with a boundary; ambiguous here",
        ["malformed/002.eml"] = "text before a boundary that never comes is the preamble: a child of its own, not a body",
        ["malformed/004.eml"] = "as malformed/002",
        ["malformed/007.eml"] = "the suite counts an empty part behind a header that a boundary ends",
        ["malformed/009.eml"] = "an outer boundary ends the inner multipart (RFC 2046 5.1.2); the suite reads over it",
        ["malformed/011.eml"] = "as malformed/009",
        ["malformed/012.eml"] = "as malformed/009",
        ["malformed/013.eml"] = "an opened part at the end of the data is an empty part",
        ["malformed/014.eml"] = "as malformed/013",
        ["malformed/016.eml"] = "boundaries of multiparts that have ended stand again: ambiguous, the suite's reading is scanned as the other one",
        ["malformed/017.eml"] = "a name behind an empty disposition counts",
        ["malformed/019.eml"] = "a fuzzer's message with contradicting fields: ambiguous",
        ["malformed/020.eml"] = "two Content-Type fields in one header: ambiguous, both are scanned",
        ["malformed/021.eml"] = "as malformed/020",
        ["malformed/022.eml"] = "what is declared as a message is walked as one",
        ["rfc/000.eml"] = "text declared as base64 is decoded like every base64",
        ["thirdparty/002.eml"] = "padding ends base64, and foreign bytes are skipped",
        ["thirdparty/005.eml"] = "a boundary in the middle of a line is none",
        ["thirdparty/015.eml"] = "a header that a boundary ends: the suite loses the message behind it",
    };

    [Fact]
    public void Parts_contents_and_names_are_those_of_the_suite()
    {
        Assert.SkipWhen(SuiteTests.Suites() is null, "no suites beside the project");
        List<string> wrong = [];
        int files = 0, parts = 0;
        foreach (string file in SuiteTests.Messages().Where(file => file.Contains("/mail-parser/eml/", StringComparison.Ordinal)))
        {
            string json = Path.ChangeExtension(file, ".json");
            if (!File.Exists(json)) continue;
            files++;
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
            List<string> expected = [];
            Expected(document.RootElement, expected);
            List<string> found = Found(File.ReadAllBytes(file));
            parts += expected.Count;
            string name = file[(file.IndexOf("/eml/", StringComparison.Ordinal) + 5)..];
            bool differs = !expected.SequenceEqual(found);
            if (differs != Differs.ContainsKey(name)) wrong.Add($"{name}: expected [{string.Join(" | ", expected)}] found [{string.Join(" | ", found)}]");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {files}\n" + string.Join("\n", wrong));
        Assert.True(files > 60 && parts > 150, $"only {parts} parts in {files} messages");
    }

    private static void Expected(JsonElement message, List<string> to)
    {
        foreach (JsonElement part in message.GetProperty("parts").EnumerateArray())
        {
            JsonProperty body = part.GetProperty("body").EnumerateObject().First();
            if (body.Name == "Multipart") continue;
            string name = Name(part);
            if (body.Name == "Message")
            {
                to.Add($"message {name}");
                Expected(body.Value, to);
            }
            else if (body.Value.ValueKind == JsonValueKind.String)
            {
                to.Add($"{Summary(body.Value.GetString()!)} {name}");
            }
            else
            {
                to.Add($"{Summary(Charset.Decode(null, body.Value.EnumerateArray().Select(one => one.GetByte()).ToArray()))} {name}");
            }
        }
    }

    private static string Name(JsonElement part)
    {
        string? disposition = null, type = null;
        foreach (JsonElement header in part.GetProperty("headers").EnumerateArray())
        {
            string which = header.GetProperty("name").ToString();
            if (which is not ("content_disposition" or "content_type") || header.GetProperty("value").ValueKind != JsonValueKind.Object) continue;
            JsonElement value = header.GetProperty("value").EnumerateObject().First().Value;
            if (!value.TryGetProperty("attributes", out JsonElement attributes) || attributes.ValueKind != JsonValueKind.Array) continue;
            foreach (JsonElement attribute in attributes.EnumerateArray())
            {
                string key = attribute.GetProperty("name").GetString()!;
                if (which == "content_disposition" && key == "filename") disposition ??= attribute.GetProperty("value").GetString();
                if (which == "content_type" && key == "name") type ??= attribute.GetProperty("value").GetString();
            }
        }

        return disposition ?? type ?? "";
    }

    private static string Summary(string text)
    {
        string plain = string.Concat(text.Where(character => !char.IsWhiteSpace(character) && character != '\uFEFF'));
        return plain.Length <= 24 ? plain : $"{plain[..12]}…{plain[^8..]}({plain.Length})";
    }

    private static List<string> Found(byte[] message)
    {
        List<string> found = [];
        List(new MemoryPartBytes(message), found);
        return found;
    }

    private static void List(PartBytes message, List<string> to)
    {
        MimeStructure structure = MimeStructure.Read(message, Limits.Default, TestContext.Current.CancellationToken);
        foreach (MimeChild child in new MimeChildren(message, structure, Limits.Default, TestContext.Current.CancellationToken).List())
        {
            if (child.Role is not MimeRole.Leaf) continue;
            using MemoryStream content = new();
            child.Open().CopyTo(content);
            string name = child.Description.Names.Count > 0 ? child.Description.Names[0].Text : "";
            if (child.Entity.Type is "message/rfc822" or "message/global")
            {
                to.Add($"message {name}");
                List(new MemoryPartBytes(content.ToArray()), to);
            }
            else
            {
                string? charset = child.Entity.Type.StartsWith("text/", StringComparison.Ordinal) ? child.Description.DeclaredCharset : null;
                to.Add($"{Summary(Charset.Decode(charset, content.ToArray()))} {name}");
            }
        }
    }
}
