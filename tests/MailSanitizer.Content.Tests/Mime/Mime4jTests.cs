using System.Text;
using System.Text.RegularExpressions;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Mime;

/// <summary>The mime4j torture messages: number of bodies, their place and their decoded bytes, as the suite expects them.</summary>
public sealed class Mime4jTests
{
    /// <summary>Where we differ on purpose: file, and why.</summary>
    private static readonly Dictionary<string, string> Differs = new(StringComparer.Ordinal)
    {
        ["multi-igor"] = "a text that is a whole message by its content is walked as one",
        ["multi-igor2"] = "as multi-igor",
        ["frag"] = "a multipart without its end: the line end at the end of the data belongs to the last part, no boundary follows that could claim it",
        ["multi-frag"] = "as frag",
        ["hdr-fakeout"] = "a header of blanks and text: the first line that is no field begins the body, as Postfix has it",
        ["basic-plain-with-bad-header-separator"] = "as hdr-fakeout",
        ["malformedHeader-nocrlfcrlf"] = "as hdr-fakeout",
        ["malformedHeader-noheader"] = "as hdr-fakeout",
        ["malformedHeaderStartsBody-nocrlfcrlf"] = "as hdr-fakeout: the line itself stays in the body",
        ["malformedHeaderStartsBody-noheader"] = "as malformedHeaderStartsBody-nocrlfcrlf",
        ["obsolete"] = "as hdr-fakeout",
        ["ending-boundaries"] = "a line that only begins with a boundary: ambiguous, the suite's reading is scanned as the other one",
        ["very-long-boundary"] = "a boundary that ends in blanks: ambiguous (RFC 2046 5.1.1 forbids it)",
        ["weird-boundary"] = "as very-long-boundary",
        ["very-very-long-boundary"] = "a boundary of more than 1,000 characters: ambiguous, the parts are scanned as the other reading",
    };

    [Fact]
    public void Bodies_are_where_the_suite_has_them_with_the_same_bytes()
    {
        Assert.SkipWhen(SuiteTests.Suites() is null, "no suites beside the project");
        List<string> wrong = [];
        int bodies = 0, files = 0;
        foreach (string file in SuiteTests.Messages().Where(file => file.Contains("mime4j", StringComparison.Ordinal)))
        {
            string stem = Path.Combine(Path.GetDirectoryName(file)!, Path.GetFileNameWithoutExtension(file)) + "_decoded";
            if (!File.Exists(stem + ".xml")) continue;
            files++;
            List<string> expected = [.. Regex.Matches(File.ReadAllText(stem + ".xml"), "-body name=\"([^\"]+)\"").Select(match => match.Groups[1].Value)];
            RecordingSink walk = Walks.Walk(File.ReadAllBytes(file), new WalkJob { Send = ["leaves", "containers"] });
            Dictionary<string, byte[]> ours = Bodies(walk);
            List<string> here = [];
            foreach (string name in expected)
            {
                string index = Regex.Match(name, "_decoded_([0-9_]+)\\.(txt|bin)$").Groups[1].Value;
                byte[] content = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, name));
                if (!ours.TryGetValue(index, out byte[]? found)) here.Add($"{index} missing");
                else if (!Same(content, found)) here.Add($"{index} differs: {content.Length} expected, {found.Length} found");
                bodies++;
            }

            foreach (string extra in ours.Keys.Where(key => !expected.Any(name => name.Contains("_decoded_" + key + ".", StringComparison.Ordinal)))) here.Add($"{extra} is more than the suite has");
            bool listed = Differs.ContainsKey(Path.GetFileNameWithoutExtension(file));
            if (here.Count > 0 != listed) wrong.Add($"{Path.GetFileName(file)}: {(listed ? "listed as different and is not" : string.Join(", ", here.Take(5)))}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {files}\n" + string.Join("\n", wrong));
        Assert.True(bodies > 120 && files > 60, $"only {bodies} bodies in {files} messages");
    }

    // Bodies by their numbers (1_5_1): leaves of each message, the first reading, without preambles, epilogues and attached messages themselves.
    private static Dictionary<string, byte[]> Bodies(RecordingSink walk)
    {
        Dictionary<string, byte[]> bodies = new(StringComparer.Ordinal);
        HashSet<string> parents = [.. walk.Parts.Where(part => part.Parent is not null).Select(part => part.Parent!)];
        foreach (PartFact part in walk.Parts)
        {
            if (part.Path.Length == 0 || part.AlternativeReading || parents.Contains(part.Path)) continue;
            string index = string.Join("_", part.Path.Split('/').Where(segment => Regex.IsMatch(segment, "^[0-9]+(\\.[0-9]+)*$"))).Replace('.', '_');
            if (part.Path.Split('/').Any(segment => segment.EndsWith(".preamble", StringComparison.Ordinal) || segment.EndsWith(".epilogue", StringComparison.Ordinal))) continue;
            bodies[index] = part.Size == 0 ? [] : walk.Leaf(part.Path);
        }

        return bodies;
    }

    private static bool Same(byte[] expected, byte[] found) =>
        expected.AsSpan().SequenceEqual(found) || Plain(expected) == Plain(found);

    // The suite stores texts with one kind of line end and without blanks before it.
    private static string Plain(byte[] text) => Regex.Replace(Encoding.Latin1.GetString(text).ReplaceLineEndings("\n"), "[ \t]+\n", "\n");
}
