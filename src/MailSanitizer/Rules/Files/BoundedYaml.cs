using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MailSanitizer.Rules.Files;

/// <summary>
/// Reads one YAML document into nodes with places, from events: depth and count are bounded before anything is built, and what rule files have no use for
/// (anchors, aliases, tags, several documents, repeated keys) is refused, because it only hides what a rule says.
/// </summary>
internal static class BoundedYaml
{
    /// <summary>Longest file (characters). Origin: product decision; shipped rules have 2,000. At it: an error.</summary>
    public const int FileLimit = 64 * 1024;

    /// <summary>Longest file of tests (characters). Origin: product decision. At it: an error.</summary>
    public const int TestFileLimit = 1024 * 1024;

    // Levels of lists and maps in each other: a rule needs seven. YamlDotNet itself does not recurse on events.
    private const int Depth = 24;

    // Nodes: 64 KiB of "a: b" have 16,000.
    private const int Nodes = 200_000;

    /// <summary>The document's root, or the error.</summary>
    public static (RuleNode? Root, RuleError? Error) Read(string text, string file, int limit = FileLimit)
    {
        if (text.Length > limit) return (null, new RuleError(file, 1, 1, $"the file is longer than {limit / 1024} KB"));
        try
        {
            return Build(new Parser(new StringReader(text)), file);
        }
        catch (YamlException failure)
        {
            return (null, new RuleError(file, Math.Max(1, failure.Start.Line), Math.Max(1, failure.Start.Column), $"no valid YAML: {(failure.InnerException ?? failure).Message}"));
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet's scanner throws these of itself at some broken texts, without a place.
            return (null, new RuleError(file, 1, 1, "no valid YAML"));
        }
    }

    private static (RuleNode?, RuleError?) Build(Parser parser, string file)
    {
        RuleNode? root = null;
        Stack<(RuleNode Node, RuleNode? Key)> open = new();
        int count = 0;
        bool seen = false;
        while (parser.MoveNext())
        {
            ParsingEvent now = parser.Current!;
            RuleNode? node = null;
            switch (now)
            {
                case DocumentStart when seen:
                    return Refused("one document a file");
                case DocumentStart:
                    seen = true;
                    continue;
                case AnchorAlias:
                    return Refused("aliases (*name) are not allowed in rule files");
                case NodeEvent named when !named.Anchor.IsEmpty:
                    return Refused("anchors (&name) are not allowed in rule files");
                case NodeEvent tagged when !tagged.Tag.IsEmpty:
                    return Refused("tags (!name) are not allowed in rule files");
                case Scalar scalar:
                    node = new RuleNode(NodeKind.Scalar, now.Start.Line, now.Start.Column) { Text = scalar.Value, IsPlain = scalar.Style == ScalarStyle.Plain };
                    break;
                case SequenceStart:
                    node = new RuleNode(NodeKind.List, now.Start.Line, now.Start.Column);
                    break;
                case MappingStart:
                    node = new RuleNode(NodeKind.Map, now.Start.Line, now.Start.Column);
                    break;
                case SequenceEnd or MappingEnd:
                    open.Pop();
                    continue;
                default:
                    continue;
            }

            if (++count > Nodes) return Refused("too many values");
            if (open.Count == 0) root = node;
            else if (Place(open, node) is { } wrong) return Refused(wrong);
            if (node.Kind != NodeKind.Scalar)
            {
                if (open.Count == Depth) return Refused("nested too deeply");
                open.Push((node, null));
            }

            (RuleNode?, RuleError?) Refused(string why) => (null, new RuleError(file, now.Start.Line, now.Start.Column, why));
        }

        return root is null ? (null, new RuleError(file, 1, 1, "the file is empty")) : (root, null);
    }

    private static string? Place(Stack<(RuleNode Node, RuleNode? Key)> open, RuleNode node)
    {
        (RuleNode parent, RuleNode? key) = open.Peek();
        if (parent.Kind == NodeKind.List)
        {
            parent.Add(node);
            return null;
        }

        if (key is null)
        {
            if (node.Kind != NodeKind.Scalar) return "a key must be a word";
            if (parent.Get(node.Text) is not null) return $"'{node.Text}' stands here twice";
            open.Pop();
            open.Push((parent, node));
            return null;
        }

        parent.Add(key, node);
        open.Pop();
        open.Push((parent, null));
        return null;
    }
}
