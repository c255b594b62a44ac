using System.Globalization;
using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Rules;
using MailSanitizer.Rules.Reference;
using NJsonSchema;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MailSanitizer.Tests.Rules;

/// <summary>Schema, reference page and loader are made from the same tables and say the same.</summary>
public sealed class SchemaTests
{
    private static readonly Lazy<Task<JsonSchema>> Schema = new(() => JsonSchema.FromJsonAsync(SchemaWriter.Write()));

    public static TheoryData<string> Broken() => [.. Directory.GetFiles(BrokenRulesTests.Folder, "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Fact]
    public void The_stored_pages_are_what_the_tables_say()
    {
        Assert.True(SchemaWriter.Write() == File.ReadAllText(Path.Combine(Repository.Root, "rules/schema/rule.schema.json")), "mailsanitizer rules schema > rules/schema/rule.schema.json");
        Assert.True(ReferenceWriter.Write() == File.ReadAllText(Path.Combine(Repository.Root, "rules/REFERENCE.md")), "mailsanitizer rules schema --reference > rules/REFERENCE.md");
    }

    [Fact]
    public void No_stored_kind_of_finding_is_gone()
    {
        JsonNode stored = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "rules/schema/rule.schema.json")))!["definitions"]!["kind"]!["enum"]!;
        Assert.All(stored.AsArray(), kind => Assert.NotNull(FindingKinds.Find(kind!.GetValue<string>())));
    }

    [Fact]
    public async Task The_schema_takes_every_shipped_rule()
    {
        JsonSchema schema = await Schema.Value;
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "rules"), "*.yaml").Where(file => !file.EndsWith(".test.yaml", StringComparison.Ordinal)))
            Assert.True(schema.Validate(Json(File.ReadAllText(file))).Count == 0, $"{file}: {string.Join(", ", schema.Validate(Json(File.ReadAllText(file))))}");
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task The_schema_refuses_what_the_loader_refuses_for_its_shape(string name)
    {
        string text = await File.ReadAllTextAsync(Path.Combine(BrokenRulesTests.Folder, name), TestContext.Current.CancellationToken);
        IReadOnlyList<RuleError> errors = RuleSetLoader.ReadRule(text, name).Errors;
        string json;
        try
        {
            json = Json(text);
        }
        catch (YamlException)
        {
            // No YAML at all: an editor says so before it asks a schema.
            Assert.NotEmpty(errors);
            return;
        }

        // What YAML itself has and JSON has not (anchors, tags, repeated keys, a second document) never reaches a schema.
        if (errors.Any(error => error.Message.Contains("not allowed in rule files", StringComparison.Ordinal) || error.Message is "one document a file" or "nested too deeply" || error.Message.EndsWith("twice", StringComparison.Ordinal))) return;
        bool refused = (await Schema.Value).Validate(json).Count > 0;
        Assert.True(refused == errors.Any(error => error.Kind == RuleErrorKind.Shape), $"schema {(refused ? "refuses" : "takes")}, loader: {string.Join("; ", errors)}");
    }

    [Fact]
    public async Task Every_example_of_the_reference_page_is_a_condition_for_both()
    {
        JsonSchema schema = await Schema.Value;
        foreach (string example in File.ReadLines(Path.Combine(Repository.Root, "rules/REFERENCE.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal) && line.Count(one => one == '`') >= 4 && line.Contains(": ", StringComparison.Ordinal)))
        {
            string[] cells = example.Split('`');
            string condition = cells[^2];
            if (!condition.Contains(": ", StringComparison.Ordinal)) continue;
            string text = RuleBench.Text($"{{ {condition} }}", "quarantine");
            RuleError[] errors = [.. RuleSetLoader.ReadRule(text, "one.yaml").Errors.Where(error => !error.Message.Contains("there is no list", StringComparison.Ordinal))];
            Assert.True(errors.Length == 0, $"{condition}: {string.Join("; ", errors.Select(error => error.ToString()))}");
            Assert.True(schema.Validate(Json(text)).Count == 0, $"{condition}: {string.Join("; ", schema.Validate(Json(text)))}");
        }
    }

    /// <summary>YAML's core schema as JSON, as editors read it.</summary>
    internal static string Json(string yaml)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(yaml));
        return stream.Documents.Count == 0 ? "null" : Node(stream.Documents[0].RootNode)?.ToJsonString() ?? "null";
    }

    private static JsonNode? Node(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                JsonObject map = [];
                foreach ((YamlNode key, YamlNode value) in mapping.Children) map[((YamlScalarNode)key).Value!] = Node(value);
                return map;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Children.Select(Node)]);
            default:
                YamlScalarNode scalar = (YamlScalarNode)node;
                string text = scalar.Value ?? "";
                if (scalar.Style != ScalarStyle.Plain) return JsonValue.Create(text);
                if (text is "" or "~" or "null" or "Null" or "NULL") return null;
                if (text is "true" or "false") return JsonValue.Create(text == "true");
                if (text.Length < 16 && text.All(char.IsAsciiDigit)) return JsonValue.Create(long.Parse(text, CultureInfo.InvariantCulture));
                return JsonValue.Create(text);
        }
    }
}
