using MailSanitizer.Content.Formats.Opc;
using MailSanitizer.Content.Formats.Xml;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>
/// Office Open XML. Runs behind the archive level (<c>ZipPackageHandler</c>) and sees every part by its name; embedded documents, pictures and media are children,
/// everything else is judged here. Parts that do not change are copied packed, byte for byte.
/// </summary>
public sealed class OoxmlHandler : IPartHandler
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats => OpcFormats.All;

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (Open(part, context.Limits, context.Cancellation) is not { } package)
        {
            if (NobodyElseLooks(part)) context.Report(OfficeFindings.DamagedDocument, "", "not a readable package");
            return;
        }

        WalkJudge judge = new(context);
        OoxmlInspection inspection = new(package, judge, new Dictionary<OpcPart, ChildDecision>(), context.Limits, context.Cancellation);
        inspection.Run();
        judge.Finish();
        PackageVba.Report(package, context);
        foreach (OpcPart child in inspection.Children)
        {
            using Stream content = child.Open(context.Cancellation);
            ChildResult result = context.Child(Describe(child), content);
            if (result == ChildResult.Complete && OpcPart.Drain(content)) context.Report(OfficeFindings.DamagedDocument, child.Name, "the packed content is broken");
            if (result == ChildResult.Stop) return;
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        if (Open(part, context.Limits, context.Cancellation) is not { } package) return NobodyElseLooks(part) ? RebuildOutcome.Failed("not a readable package") : RebuildOutcome.Unchanged;
        Dictionary<OpcPart, ChildDecision> decisions = [];
        RebuildJudge judge = new(context);
        OoxmlInspection inspection = new(package, judge, decisions, context.Limits, context.Cancellation);
        foreach (OpcPart child in inspection.Children)
        {
            ChildDecision decision = context.Child(Describe(child), () => child.Open(context.Cancellation));
            if (decision.Kind != ChildDecisionKind.Keep) decisions.Add(child, decision);
        }

        inspection.Run();
        if (inspection.Problem is { } problem) return RebuildOutcome.Failed(problem);
        if (!inspection.Changes) return RebuildOutcome.Unchanged;
        judge.Record(context);
        if (inspection.IsSigned) context.Done(OfficeFindings.DocumentSignature, "", "the signature is lost");
        Write(package, inspection, context, output);
        return Named(part, inspection);
    }

    private static OpcPackage? Open(Part part, Limits limits, CancellationToken cancellation)
    {
        if (ZipReader.Read(part.Bytes, limits, cancellation) is not { } zip || zip.FindIgnoreCase("[Content_Types].xml") is null) return null;
        return OpcPackage.Read(zip, limits, OoxmlFindings.OverLimit, cancellation);
    }

    // A document by its name alone is what its content is, and that has its own handler (a plain archive, a page, a PDF). A document by its content is ours.
    private static bool NobodyElseLooks(Part part) => part.Format == "unknown" || part.Formats.All(format => Known.Contains(format));

    private static readonly HashSet<string> Known = [.. new OoxmlHandler().Formats];

    internal static ChildDescription Describe(OpcPart part) => new(new PartName("member", part.Name))
    {
        PackedSize = Math.Max(1, part.PackedSize),
        DeclaredType = part.Types[0] is { } type && (type.StartsWith("image/", StringComparison.Ordinal) || type.StartsWith("audio/", StringComparison.Ordinal) || type.StartsWith("video/", StringComparison.Ordinal)) ? type : null,
    };

    private static void Write(OpcPackage package, OoxmlInspection inspection, IRebuildContext context, IPartOutput output)
    {
        ZipWriter writer = new(output);
        foreach (OpcPart part in package.Parts)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (inspection.Gone.Contains(part)) continue;
            if (inspection.Replaced.TryGetValue(part, out PartBytes? replaced))
            {
                writer.Replace(part.Entry!, replaced, cancellation: context.Cancellation);
            }
            else if (inspection.Plans.TryGetValue(part, out XmlPlan? plan) && !plan.IsEmpty)
            {
                using MemoryStream rewritten = new();
                using Stream content = part.Open(context.Cancellation);
                XmlRewriter.Write(content, plan, rewritten, context.Limits, OoxmlFindings.OverLimit, context.Cancellation);
                using MemoryPartBytes bytes = new(rewritten.GetBuffer().AsMemory(0, (int)rewritten.Length));
                writer.Replace(part.Entry!, bytes, cancellation: context.Cancellation);
            }
            else
            {
                writer.Copy(part.Entry!);
            }
        }

        writer.Finish();
    }

    private static RebuildOutcome Named(Part part, OoxmlInspection inspection)
    {
        if (!inspection.Retyped.Keys.Any(main => main.Types.Count > 0 && PartTypes.WithoutMacros(main.Types[0]) is not null)) return RebuildOutcome.Rewritten;
        int dot = part.Name.LastIndexOf('.');
        if (dot >= 0 && PartTypes.PlainName(part.Name[(dot + 1)..].Trim()) is { } plain) return new RebuildOutcome(RebuildKind.Rewritten, part.Name[..(dot + 1)] + plain.Extension, plain.MediaType);
        return PartTypes.PlainName(part.Format) is { } typed ? new RebuildOutcome(RebuildKind.Rewritten, null, typed.MediaType) : RebuildOutcome.Rewritten;
    }

    /// <summary>Reports; of one kind some by place, the rest as one line.</summary>
    internal sealed class WalkJudge(IWalkContext context) : IOoxmlJudge
    {
        private const int MostOfAKind = 50;
        private readonly Dictionary<FindingKind, int> _counts = [];

        public bool Takes(FindingKind kind, string location, string detail)
        {
            int count = _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
            if (count <= MostOfAKind) context.Report(kind, location, detail);
            return true;
        }

        public void Says(FindingKind kind, string location, string detail) => Takes(kind, location, detail);

        public void Link(string url) => context.Link(url, "office");

        public void Finish()
        {
            foreach ((FindingKind kind, int count) in _counts)
            {
                if (count > MostOfAKind) context.Report(kind, "", $"and {count - MostOfAKind} more");
            }
        }
    }

    /// <summary>Takes what the treatment names.</summary>
    internal sealed class RebuildJudge(IRebuildContext context) : IOoxmlJudge
    {
        private readonly List<(FindingKind Kind, string Location)> _taken = [];

        public bool Takes(FindingKind kind, string location, string detail)
        {
            if (!context.Removes(kind)) return false;
            if (_taken.Count < 1_000) _taken.Add((kind, location));
            return true;
        }

        public void Says(FindingKind kind, string location, string detail)
        {
        }

        public void Link(string url)
        {
        }

        public void Record(IRebuildContext to)
        {
            foreach ((FindingKind kind, string location) in _taken) to.Done(kind, location, "removed");
        }
    }
}
