using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace MailSanitizer.Tests;

/// <summary>The import table of the design: who may know whom. A violation names both types.</summary>
public sealed class ArchitectureTests
{
    private static readonly string[] Stages =
        ["Reception", "Authentication", "Isolation", "Scanning", "Rules", "Sealing", "Holding", "Quarantine", "Audit", "Notices", "Reinjection"];

    [Fact]
    public void Imports_follow_the_table()
    {
        System.Reflection.Assembly[] assemblies = [typeof(global::MailSanitizer.Content.Limits).Assembly, typeof(global::MailSanitizer.Worker.WorkerHost).Assembly, typeof(global::MailSanitizer.Mail.Envelope).Assembly];
        Architecture architecture = new ArchLoader().LoadAssemblies(assemblies).Build();
        SortedSet<string> violations = new(StringComparer.Ordinal);
        foreach (IType type in architecture.Types)
        {
            string from = Room(type.Namespace?.FullName);
            if (from.Length == 0) continue;
            foreach (var dependency in type.Dependencies)
            {
                // A type parameter of a generic method belongs to whoever calls it.
                if (dependency.Target is GenericParameter) continue;
                string to = Room(dependency.Target.Namespace?.FullName);
                if (to.Length > 0 && to != from && !Allowed(from, to, dependency.Target.Name)) violations.Add($"{type.FullName} knows {dependency.Target.FullName}");
            }
        }

        Assert.True(violations.Count == 0, string.Join("\n", violations));
    }

    [Theory]
    [InlineData("Content.Formats.Zip", "Content.Unpacking", "X", false)]
    [InlineData("Content.Unpacking.Zip", "Content.Unpacking.Tar", "X", false)]
    [InlineData("Content.Unpacking.Zip", "Content.Unpacking", "X", true)]
    [InlineData("Content.Disarming.Pdf", "Content.Formats.Pdf", "X", true)]
    [InlineData("Content.Disarming.Pdf", "Content.Identification", "X", false)]
    [InlineData("Content.Disarming.Pdf", "Content", "PartWalker", false)]
    [InlineData("Content", "Mail", "X", false)]
    [InlineData("Worker", "Mail", "X", false)]
    [InlineData("Scanning", "Rules", "X", false)]
    [InlineData("Scanning", "Mail", "X", true)]
    [InlineData("Pipeline", "Scanning", "X", true)]
    [InlineData("Mail", "Pipeline", "X", false)]
    public void The_table_itself_says(string from, string to, string target, bool allowed) => Assert.Equal(allowed, Allowed(from, to, target));

    private static string Room(string? name) =>
        name is null ? "" : name == "MailSanitizer" ? "Program" : name.StartsWith("MailSanitizer.", StringComparison.Ordinal) ? name["MailSanitizer.".Length..] : "";

    private static bool Allowed(string from, string to, string target)
    {
        if (from.StartsWith("Content", StringComparison.Ordinal)) return to.StartsWith("Content", StringComparison.Ordinal) && AllowedInContent(from, to, target);
        string room = from.Split('.')[0];
        string other = to.Split('.')[0];
        if (room == other) return true;
        bool contentFacts = to == "Content" || to.StartsWith("Content.Formats.HeaderFields", StringComparison.Ordinal) || to.StartsWith("Content.Formats.Charsets", StringComparison.Ordinal);
        return room switch
        {
            "Worker" => other == "Content",
            "Mail" => contentFacts,
            "Storage" or "Control" => other is "Mail" || contentFacts,
            _ when Stages.Contains(room) => other is "Mail" or "Storage" || contentFacts,
            "Configuration" => contentFacts || other is "Mail" or "Scanning",
            "Pipeline" => true,
            "Cli" or "Web" or "Program" => other is "Pipeline" or "Rules" or "Authentication" or "Sealing" or "Holding" or "Quarantine" or "Audit" or "Configuration" or "Control" or "Storage" or "Mail" or "Cli" or "Web" || contentFacts,
            _ => false,
        };
    }

    private static bool AllowedInContent(string from, string to, string target)
    {
        // The root holds contracts (Limits, Finding, Part, …), which know nothing, and the walker with its neighbours, which know everything.
        if (from == "Content") return true;
        if (to == "Content") return target is not ("PartWalker" or "PartHandlers");
        if (to.StartsWith("Content.Formats.", StringComparison.Ordinal)) return true;
        // The parent folder, never a sibling.
        return from.StartsWith(to + ".", StringComparison.Ordinal) && to != "Content";
    }
}
