using MailSanitizer.Rules;
using MailSanitizer.Rules.Reference;
using MailSanitizer.Tests.Cli;
using NJsonSchema;

namespace MailSanitizer.Tests.Rules;

/// <summary>The manual: each command as it is printed, each YAML block for loader and schema.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ManualTests
{
    private static readonly string[] Blocks = File.ReadAllText(Path.Combine(Repository.Root, "rules/README.md")).Split("```");

    public static TheoryData<string> Commands() => [.. Blocks.Where(block => block.StartsWith("console\n", StringComparison.Ordinal)).SelectMany(block => block.Split('\n').Skip(1)).Where(line => line.Length > 0).Distinct()];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Each_command_runs_as_printed(string command)
    {
        string[] words = command.Split(' ');
        Assert.Equal(["mailsanitizer", "rules"], words[..2]);
        // Folders stand in the manual as they are seen from the checkout.
        Printed printed = CommandLineRun.RunAsTyped([words[1], .. words[2..].Select(word => word == "rules" || word.StartsWith("rules/", StringComparison.Ordinal) ? Path.Combine(Repository.Root, word) : word)]);
        Assert.True(printed.Exit == 0, $"{command}: {printed.Exit} {printed.Output} {printed.Error}");
    }

    [Fact]
    public async Task Every_yaml_block_is_good_for_loader_and_schema()
    {
        JsonSchema schema = await JsonSchema.FromJsonAsync(SchemaWriter.Write(), TestContext.Current.CancellationToken);
        string[] rules = [.. Blocks.Where(block => block.StartsWith("yaml\n", StringComparison.Ordinal)).Select(block => block["yaml\n".Length..])];
        Assert.True(rules.Length >= 5);
        foreach (string rule in rules)
        {
            IReadOnlyList<RuleError> errors = RuleSetLoader.ReadRule(rule, "README.md", Path.Combine(Repository.Root, "rules")).Errors;
            Assert.True(errors.Count == 0, $"{rule}\n{string.Join("\n", errors)}");
            Assert.Empty(schema.Validate(SchemaTests.Json(rule)));
        }
    }
}
