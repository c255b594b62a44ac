using MailSanitizer.Content.Formats.Opc;
using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>Office documents that are one XML file: flat packages, and the XML formats of Word and Excel 2003.</summary>
public sealed class OfficeXmlHandler : IPartHandler
{
    // A flat package is held in memory; one that is larger is none that a program wrote for mail.
    private const long MostFlat = 64 * 1024 * 1024;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["flat-opc", "word-xml", "spreadsheet-xml"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        OoxmlHandler.WalkJudge judge = new(context);
        if (!part.Formats.Contains("flat-opc"))
        {
            (PartXml? _, string? why) = Look(part, judge, context.Limits, context.Cancellation);
            if (why is not null) judge.Says(OfficeFindings.DamagedDocument, "", why);
            judge.Finish();
            return;
        }

        if (part.Bytes.Length > MostFlat) throw new LimitReachedException(OoxmlFindings.OverLimit);
        if (FlatPackage.Read(part.Bytes, context.Limits, out string broken, context.Cancellation) is not { } package)
        {
            context.Report(OfficeFindings.DamagedDocument, "", broken);
            return;
        }

        OoxmlInspection inspection = new(package, judge, new Dictionary<OpcPart, ChildDecision>(), context.Limits, context.Cancellation);
        inspection.Run();
        judge.Finish();
        PackageVba.Report(package, context);
        foreach (OpcPart child in inspection.Children)
        {
            using Stream content = child.Open(context.Cancellation);
            if (context.Child(OoxmlHandler.Describe(child), content) == ChildResult.Stop) return;
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        OoxmlHandler.RebuildJudge judge = new(context);
        using MemoryStream written = new();
        if (!part.Formats.Contains("flat-opc"))
        {
            (PartXml? visitor, string? why) = Look(part, judge, context.Limits, context.Cancellation);
            if (visitor is null || why is not null) return RebuildOutcome.Failed(why ?? "not readable");
            if (visitor.Plan.IsEmpty) return RebuildOutcome.Unchanged;
            using Stream content = part.Bytes.OpenRead();
            bool word = part.Formats.Contains("word-xml");
            XmlRewriter.Write(content, visitor.Plan, written, context.Limits, OoxmlFindings.OverLimit, context.Cancellation, word ? "progid=\"Word.Document\"" : "progid=\"Excel.Sheet\"");
        }
        else
        {
            if (part.Bytes.Length > MostFlat) return RebuildOutcome.Failed(OoxmlFindings.OverLimit.Id);
            if (FlatPackage.Read(part.Bytes, context.Limits, out string broken, context.Cancellation) is not { } package) return RebuildOutcome.Failed(broken);
            Dictionary<OpcPart, ChildDecision> decisions = [];
            OoxmlInspection inspection = new(package, judge, decisions, context.Limits, context.Cancellation);
            foreach (OpcPart child in inspection.Children)
            {
                ChildDecision decision = context.Child(OoxmlHandler.Describe(child), () => child.Open(context.Cancellation));
                if (decision.Kind != ChildDecisionKind.Keep) decisions.Add(child, decision);
            }

            inspection.Run();
            if (inspection.Problem is { } problem) return RebuildOutcome.Failed(problem);
            if (!inspection.Changes) return RebuildOutcome.Unchanged;
            FlatPackage.Write(package, inspection, written, context.Limits, context.Cancellation);
        }

        judge.Record(context);
        output.Write(written.GetBuffer().AsSpan(0, (int)written.Length));
        return RebuildOutcome.Rewritten;
    }

    private static (PartXml? Visitor, string? Why) Look(Part part, IOoxmlJudge judge, Limits limits, CancellationToken cancellation)
    {
        OpcPackage none = OpcPackage.Of([], [], limits, OoxmlFindings.OverLimit, cancellation);
        OoxmlInspection inspection = new(none, judge, new Dictionary<OpcPart, ChildDecision>(), limits, cancellation);
        OpcPart whole = new("", _ => part.Bytes.OpenRead(), null, 0, part.Bytes.Length);
        PartXml visitor = new(inspection, whole, part.Formats.Contains("word-xml") ? PartXml.Word2003 : PartXml.Excel2003, new Dictionary<string, FindingKind>());
        using Stream content = part.Bytes.OpenRead();
        string? why = XmlWalk.Run(content, 0, limits, OoxmlFindings.OverLimit, visitor, cancellation);
        if (why is null) visitor.Finish();
        return (visitor, why);
    }
}
