using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;
using MailSanitizer.Rules.Files;

namespace MailSanitizer.Rules.Reference;

/// <summary>The JSON schema (draft-07) of rule files, made from the tables that the loader reads by.</summary>
public static class SchemaWriter
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const string ListName = "^[a-z0-9-]{1,64}$";

    private const string NotBlank = "\\S";

    /// <summary>The schema, with a line end at its end.</summary>
    public static string Write() => Schema().ToJsonString(Indented) + "\n";

    private static JsonObject Schema()
    {
        JsonObject definitions = new()
        {
            ["texts"] = OneOrMany(Text(2000)),
            ["conditions"] = Conditions(),
            ["alternatives"] = new JsonObject { ["oneOf"] = new JsonArray(Ref("conditions"), new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = Ref("conditions") }) },
            ["kind"] = Words(FindingKinds.All.Keys.Order(StringComparer.Ordinal)),
            ["fact-name"] = new JsonObject { ["type"] = "string", ["anyOf"] = new JsonArray(Words(FactTable.Names), new JsonObject { ["pattern"] = "^header\\.[!-9;-~]{1,100}$" }) },
            ["domain-fact-name"] = Words(FactTable.All.Where(fact => fact.Type == FactType.Domain).Select(fact => fact.Name)),
            ["then"] = Then(),
        };
        foreach (FactType type in Enum.GetValues<FactType>())
        {
            Define(definitions, Name(type), type, PlainValue(type));
            foreach (ItemField field in ItemField.Of(type)) DefineField(definitions, type, field);
        }

        foreach (Fact fact in FactTable.All.Where(fact => fact.Words.Count > 0)) Define(definitions, fact.Name, fact.Type, Words(fact.Words));

        return new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "A rule of MailSanitizer",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = Array(RuleReader.Required),
            ["properties"] = new JsonObject
            {
                ["version"] = new JsonObject { ["enum"] = new JsonArray(1, "1") },
                ["id"] = new JsonObject { ["type"] = "string", ["pattern"] = "^[a-z]([a-z0-9-]{0,78}[a-z0-9])?$", ["description"] = "The stable name in logs, headers and audit; the file is named after it." },
                ["title"] = Text(120),
                ["why"] = Text(2000),
                ["status"] = Words(RuleReader.Statuses),
                ["severity"] = Words(RuleReader.Severities),
                ["when"] = Ref("alternatives"),
                ["unless"] = Ref("alternatives"),
                ["then"] = Ref("then"),
                ["on-error"] = Words(RuleReader.OnError),
                ["false-positives"] = Lines(),
                ["references"] = Lines(),
            },
            ["definitions"] = definitions,
        };
    }

    private static JsonObject Conditions()
    {
        JsonObject properties = [];
        JsonObject patterns = [];
        foreach (Fact fact in FactTable.All)
        {
            JsonObject condition = Ref(fact.Words.Count > 0 ? fact.Name : Name(fact.Type));
            if (fact.IsOpen) patterns["^" + fact.Name[..^1].Replace(".", "\\.", StringComparison.Ordinal) + "[!-9;-~]{1,100}$"] = condition;
            else properties[fact.Name] = new JsonObject { ["allOf"] = new JsonArray(condition), ["description"] = fact.Doc };
        }

        properties["any"] = new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = Ref("conditions") };
        properties["all"] = new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = Ref("conditions") };
        foreach (string word in new[] { "not", "any-part", "all-parts" }) properties[word] = Ref("conditions");
        return new JsonObject { ["type"] = "object", ["minProperties"] = 1, ["additionalProperties"] = false, ["properties"] = properties, ["patternProperties"] = patterns };
    }

    /// <summary>What may stand behind a fact: a value, a list, operators; each under a name of its own, so that the file stays small.</summary>
    private static void Define(JsonObject definitions, string name, FactType type, JsonObject value)
    {
        definitions[$"value-{name}"] = value;
        definitions[$"braces-{name}"] = Braces(name, type);
        definitions[name] = new JsonObject
        {
            ["anyOf"] = new JsonArray(Ref($"value-{name}"), Ref($"braces-{name}"), List(name), Alone("not", Ref(name)), Alone("exists", Boolean())),
        };
    }

    // Fields of a finding take values, lists and operators, but neither "not" nor "exists".
    private static void DefineField(JsonObject definitions, FactType of, ItemField field)
    {
        string name = $"{Name(of)}-{field.Name}";
        definitions[$"value-{name}"] = field.Words.Count == FindingKinds.All.Count ? Ref("kind") : field.Words.Count > 0 ? Words(field.Words) : PlainValue(field.Type);
        definitions[$"braces-{name}"] = Braces(name, field.Type);
        definitions[name] = With(new JsonObject { ["anyOf"] = new JsonArray(Ref($"value-{name}"), Ref($"braces-{name}"), List(name)) }, field.Doc);
    }

    private static JsonObject List(string name) =>
        new() { ["type"] = "array", ["minItems"] = 1, ["maxItems"] = 2000, ["items"] = new JsonObject { ["anyOf"] = new JsonArray(Ref($"value-{name}"), Ref($"braces-{name}")) } };

    private static JsonObject Alone(string word, JsonObject value) =>
        new() { ["type"] = "object", ["additionalProperties"] = false, ["required"] = Array([word]), ["properties"] = new JsonObject { [word] = value } };

    private static JsonObject Braces(string name, FactType type)
    {
        JsonObject properties = [];
        foreach (ItemField field in ItemField.Of(type)) properties[field.Name] = Ref($"{Name(type)}-{field.Name}");
        if (properties.Count == 0)
            foreach (MatchOperator one in MatchOperator.Of(type).Where(one => one.Operand is not (Operand.Condition or Operand.Flag))) properties[one.Name] = With(Operation(one, Ref($"value-{name}")), one.Doc);
        return new JsonObject { ["type"] = "object", ["minProperties"] = 1, ["additionalProperties"] = false, ["properties"] = properties };
    }

    private static JsonObject Operation(MatchOperator one, JsonObject value) => one.Operand switch
    {
        Operand.Values => OneOrMany(value),
        Operand.Texts => Ref("texts"),
        Operand.Patterns => OneOrMany(Text(PatternMatcher.PatternLimit)),
        Operand.Domains => OneOrMany(Value(FactType.Domain)),
        Operand.DomainsOrList => new JsonObject
        {
            ["anyOf"] = new JsonArray(OneOrMany(Value(FactType.Domain)), Alone("list", new JsonObject { ["type"] = "string", ["pattern"] = ListName }), Alone("fact", Ref("domain-fact-name"))),
        },
        Operand.Networks => Ref("texts"),
        Operand.ListName => new JsonObject { ["type"] = "string", ["pattern"] = ListName },
        Operand.FactName => Ref("fact-name"),
        Operand.Bound => value,
        _ => new JsonObject { ["type"] = "array", ["minItems"] = 2, ["maxItems"] = 2, ["items"] = value },
    };

    private static JsonObject Value(FactType type) => Ref($"value-{Name(type)}");

    private static JsonObject PlainValue(FactType type) => type switch
    {
        FactType.Flag => Boolean(),
        FactType.Number => Pattern("^[0-9]{1,15}$", true),
        FactType.Size => Pattern("^[0-9]{1,15}( *[kKmMgG][bB])?$", true),
        FactType.Duration => Pattern("^[0-9]{1,5}[smhd]$"),
        FactType.TimeOfDay => Pattern("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
        FactType.Hash => Pattern("^[0-9A-Fa-f]{64}$"),
        FactType.Domain => Pattern("^[^\\s@/:]{1,254}$"),
        FactType.Address => Pattern("^[^\\s@<>,;\"()]+@[^\\s<>,;\"()]*[^\\s@<>,;\"()]$"),
        FactType.Ip => Pattern("^[0-9A-Fa-f:.]{2,45}(%[0-9a-z]+)?$"),
        FactType.Finding => Ref("kind"),
        FactType.Scan => Words(ItemField.Short(FactType.Scan).Words),
        FactType.Link => Pattern("^[^\\s@/:]{1,254}$"),
        _ => Text(4000),
    };

    private static JsonObject Then()
    {
        JsonObject map = new()
        {
            ["type"] = "object",
            ["minProperties"] = 1,
            ["additionalProperties"] = false,
            ["properties"] = new JsonObject
            {
                ["pass"] = True(),
                ["strip"] = True(),
                ["quarantine"] = True(),
                ["disarm"] = new JsonObject { ["anyOf"] = new JsonArray(True(), OneOrMany(Ref("kind"))) },
                ["replace"] = new JsonObject { ["anyOf"] = new JsonArray(True(), new JsonObject { ["type"] = "string", ["pattern"] = ListName }) },
                ["hold"] = new JsonObject
                {
                    ["anyOf"] = new JsonArray(True(), Words(ActionReader.HoldFor), Map(new JsonObject
                    {
                        ["for"] = Words(ActionReader.HoldFor),
                        ["whole-for"] = Value(FactType.Duration),
                        ["keep-for"] = Value(FactType.Duration),
                        ["at-end"] = Words(ActionReader.AtEnd),
                    })),
                },
                ["reject"] = new JsonObject
                {
                    ["anyOf"] = new JsonArray(True(), Map(new JsonObject
                    {
                        ["code"] = new JsonObject { ["enum"] = new JsonArray(521, 550, 551, 552, 553, 554, 556) },
                        ["enhanced"] = Pattern("^5\\.[0-9]{1,3}\\.[0-9]{1,3}$"),
                        ["text"] = Pattern("^(?=.*[!-~])[ -~]{1,200}$"),
                    })),
                },
                ["annotate"] = With(Map(new JsonObject
                {
                    ["subject-tag"] = Text(40),
                    ["header"] = new JsonObject
                    {
                        ["type"] = "object",
                        ["minProperties"] = 1,
                        ["additionalProperties"] = false,
                        ["patternProperties"] = new JsonObject { ["^(?![Xx]-[Mm][Aa][Ii][Ll][Ss][Aa][Nn][Ii][Tt][Ii][Zz][Ee][Rr]-([Ii][Dd]|[Dd][Ee][Cc][Ii][Ss][Ii][Oo][Nn]|[Ss][Cc][Aa][Nn])$)[Xx]-[A-Za-z0-9-]{1,58}$"] = Text(500) },
                    },
                    ["banner"] = new JsonObject { ["type"] = "string", ["pattern"] = ListName },
                }), null, 1),
                ["redirect"] = OneOrMany(Value(FactType.Address), ActionReader.AddressLimit),
                ["copy-to"] = OneOrMany(Value(FactType.Address), ActionReader.AddressLimit),
                ["passwords"] = With(Map(new JsonObject { ["fixed"] = OneOrMany(Text(128)), ["templates"] = OneOrMany(Text(128)) }), null, 1),
                ["repack"] = Words(ActionReader.RepackWords),
                ["unseen"] = Words(["allow"]),
            },
        };
        return new JsonObject
        {
            ["anyOf"] = new JsonArray(Words(ActionReader.Words), map, new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = new JsonObject { ["anyOf"] = new JsonArray(Words(ActionReader.Words), map.DeepClone()) } }),
        };
    }

    private static string Name(FactType type) => type switch { FactType.TimeOfDay => "time-of-day", _ => type.ToString().ToLowerInvariant() };

    private static JsonObject Map(JsonObject properties) => new() { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };

    // YAML reads unquoted 1234 as a number where a rule means the text: both are taken.
    private static JsonObject Text(int limit) =>
        new() { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string", ["maxLength"] = limit, ["pattern"] = NotBlank }, new JsonObject { ["type"] = new JsonArray("number", "boolean") }) };

    private static JsonObject Pattern(string pattern, bool orNumber = false)
    {
        JsonObject text = new() { ["type"] = "string", ["pattern"] = pattern };
        return orNumber ? new JsonObject { ["anyOf"] = new JsonArray(text, new JsonObject { ["type"] = "integer", ["minimum"] = 0 }) } : text;
    }

    private static JsonObject Boolean() => new() { ["type"] = "boolean" };

    private static JsonObject True() => new() { ["enum"] = new JsonArray(true) };

    private static JsonObject Words(IEnumerable<string> words) => new() { ["enum"] = Array(words) };

    private static JsonObject Lines() => new() { ["anyOf"] = new JsonArray(Text(2000), new JsonObject { ["type"] = "array", ["items"] = Text(2000) }) };

    private static JsonObject OneOrMany(JsonObject item, int most = 2000) =>
        new() { ["anyOf"] = new JsonArray(item, new JsonObject { ["type"] = "array", ["minItems"] = 1, ["maxItems"] = most, ["items"] = item.DeepClone() }) };

    private static JsonObject Ref(string name) => new() { ["$ref"] = $"#/definitions/{name}" };

    private static JsonObject With(JsonObject schema, string? doc, int? least = null)
    {
        if (doc is not null) schema["description"] = doc;
        if (least is { } count) schema["minProperties"] = count;
        return schema;
    }

    private static JsonArray Array(IEnumerable<string> words) => new([.. words.Select(word => (JsonNode)JsonValue.Create(word))]);
}
