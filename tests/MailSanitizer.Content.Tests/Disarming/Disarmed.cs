using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming;

/// <summary>A file for a disarmer: its bytes under a name.</summary>
/// <param name="Name">File name, as a reader of the mail sees it; the format may follow from it.</param>
/// <param name="Bytes">The content.</param>
public sealed record DisarmSample(string Name, byte[] Bytes)
{
    /// <summary>Text as UTF-8.</summary>
    public static DisarmSample Of(string name, string text) => new(name, System.Text.Encoding.UTF8.GetBytes(text));

    public override string ToString() => Name;
}

/// <summary>One file through the whole machine: walk, rebuild by the floor (every active finding of every part is taken out), walk of the result.</summary>
public sealed class Disarmed
{
    private Disarmed(DisarmSample sample, RecordingSink before, RebuildReport report, byte[] bytes, RecordingSink after)
    {
        Sample = sample;
        Before = before;
        Report = report;
        Bytes = bytes;
        After = after;
    }

    public DisarmSample Sample { get; }

    /// <summary>What the walk of the original said.</summary>
    public RecordingSink Before { get; }

    public RebuildReport Report { get; }

    /// <summary>What came out; the original bytes when nothing active was found.</summary>
    public byte[] Bytes { get; }

    /// <summary>What the walk of <see cref="Bytes"/> said.</summary>
    public RecordingSink After { get; }

    public bool IsUnchanged => Bytes.AsSpan().SequenceEqual(Sample.Bytes);

    /// <summary>Ids of active findings left in the result.</summary>
    public IEnumerable<string> Left => Active(After).Select(finding => finding.Kind);

    public static IEnumerable<FindingFact> Active(RecordingSink sink) => sink.Findings.Where(finding => FindingKinds.Find(finding.Kind)!.Class is FindingClass.Active);

    public static RecordingSink Walk(DisarmSample sample, Limits? limits = null, IReadOnlyList<IPartHandler>? handlers = null) =>
        Walks.Walk(sample.Bytes, new WalkJob { FileName = sample.Name, Limits = limits ?? Limits.Default, Candidates = false }, handlers ?? PartHandlers.All);

    /// <summary>Walks, rebuilds, walks again. <paramref name="treat"/> changes the treatment of a part (other kinds to take out or to allow).</summary>
    public static Disarmed Run(DisarmSample sample, Limits? limits = null, IReadOnlyList<IPartHandler>? handlers = null, Func<Treatment, Treatment>? treat = null, IReadOnlyList<string>? also = null)
    {
        RecordingSink before = Walk(sample, limits, handlers);
        HashSet<string> paths = [.. before.Findings.Where(finding => FindingKinds.Find(finding.Kind)!.Class is FindingClass.Active || also?.Contains(finding.Kind) is true).Select(finding => finding.Path)];
        IEnumerable<Treatment> treatments = before.Parts.Where(part => paths.Contains(part.Path))
            .Select(part => new Treatment(part.Path, part.Sha256, TreatmentKind.Disarm)
            {
                Remove = also is null ? null : [.. FindingKinds.All.Values.Where(kind => kind.Class is FindingClass.Active).Select(kind => kind.Id), .. also],
            })
            .Select(treatment => treat?.Invoke(treatment) ?? treatment);
        RebuildJob job = new() { FileName = sample.Name, Limits = limits ?? Limits.Default, Treatments = [.. treatments] };
        (RebuildReport report, byte[] bytes, long _) = Walks.Rebuild(sample.Bytes, job, handlers ?? PartHandlers.All);
        string name = report.FileName ?? sample.Name;
        return new Disarmed(sample, before, report, bytes, Walk(new DisarmSample(name, bytes), limits, handlers));
    }
}
