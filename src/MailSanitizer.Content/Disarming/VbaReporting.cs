using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Vba;

namespace MailSanitizer.Content.Disarming;

/// <summary>Findings of a VBA project, the same for every office format that holds one.</summary>
internal static class VbaReporting
{
    /// <summary>Reports the project in <paramref name="storage"/> (the root of a vbaProject.bin, <c>Macros</c>, <c>_VBA_PROJECT_CUR</c>): itself, what runs by itself, what it calls, what is compiled only.</summary>
    public static void Report(IWalkContext context, string location, CfbFile file, CfbEntry storage)
    {
        VbaSummary summary = VbaSummary.Of(VbaProject.Read(file, storage, context.Limits, context.Cancellation));
        context.Report(OfficeFindings.VbaProject, location, "modules: " + List(summary.Modules) + (summary.IsCut ? " (not all of it can be read)" : ""));
        if (summary.Autorun.Count > 0) context.Report(OfficeFindings.VbaAutorun, location, List(summary.Autorun));
        if (summary.Suspicious.Count > 0) context.Report(OfficeFindings.VbaSuspicious, location, List(summary.Suspicious));
        if (summary.Stomped.Count > 0) context.Report(OfficeFindings.VbaStomped, location, List(summary.Stomped));
    }

    private static string List(IReadOnlyList<string> names) => names.Count == 0 ? "none readable" : string.Join(", ", names);
}
