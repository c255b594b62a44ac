using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Opc;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>What the macros of a package say of themselves: told beside the finding that they are there, which does not depend on whether they can be read.</summary>
internal static class PackageVba
{
    private const int MostBytes = 64 * 1024 * 1024;

    /// <summary>Reports every project that a content type or a relationship announces.</summary>
    public static void Report(OpcPackage package, IWalkContext context)
    {
        HashSet<string> announced = [.. package.Parts.SelectMany(part => part.Relationships).Concat(package.Relationships).Where(link => !link.IsExternal && RelationshipTypes.Name(link.Type) == "vbaproject").Select(link => link.TargetKey)];
        foreach (OpcPart part in package.Parts.Where(part => announced.Contains(part.Key) || part.Types.Any(type => type.EndsWith("vbaproject", StringComparison.Ordinal))))
        {
            if (part.Read(MostBytes, context.Cancellation) is not { } bytes) continue;
            using MemoryPartBytes content = new(bytes);
            if (CfbFile.Open(content, context.Limits, out _, context.Cancellation) is { } file) VbaReporting.Report(context, part.Name, file, file.Root);
        }
    }
}
