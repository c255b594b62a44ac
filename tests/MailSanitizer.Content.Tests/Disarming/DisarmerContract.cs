using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming;

/// <summary>
/// What every disarmer promises, whatever its format. A room derives one class a format and gives samples; the tests run here,
/// through the walker with all handlers. Attack tests of single items stand in the room's own classes.
/// </summary>
public abstract class DisarmerContract
{
    private static readonly Random Noise = new(7);

    /// <summary>Ordinary files without anything active.</summary>
    public abstract IEnumerable<DisarmSample> Good { get; }

    /// <summary>Files in which something is active, and which can be disarmed in place.</summary>
    public abstract IEnumerable<DisarmSample> Attacks { get; }

    /// <summary>Broken or malicious bytes. Mutations of <see cref="Good"/> and <see cref="Attacks"/> are added to them.</summary>
    public virtual IEnumerable<DisarmSample> Hostile => [];

    /// <summary>Files that reach one of the room's own limits when it is lowered, with the finding that must follow.</summary>
    public abstract IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits { get; }

    /// <summary>The format of the output where the format itself is what is taken out (<c>docm</c> becomes <c>docx</c>); the same format otherwise.</summary>
    protected virtual string FormatAfter(string format) => format;

    [Fact]
    public void Nothing_active_is_byte_identical()
    {
        Assert.NotEmpty(Good);
        foreach (DisarmSample sample in Good)
        {
            Disarmed run = Disarmed.Run(sample);
            Assert.True(!Disarmed.Active(run.Before).Any() && !run.Before.Kinds.Contains(WalkFindings.NoDisarmer.Id), $"{sample}: {string.Join(", ", run.Before.Findings)}");
            Assert.True(run.IsUnchanged, $"{sample} changed");

            // Even when told to take out everything, a disarmer rewrites nothing where nothing is.
            Treatment everything = new("", run.Before.Parts[0].Sha256, TreatmentKind.Disarm);
            (RebuildReport report, byte[] bytes, long _) = Walks.Rebuild(sample.Bytes, new RebuildJob { FileName = sample.Name, Treatments = [everything] }, PartHandlers.All);
            Assert.True(report.Failure is null && report.Changes.Count == 0 && bytes.AsSpan().SequenceEqual(sample.Bytes), $"{sample}: {report.Failure} {string.Join(", ", report.Changes)} {string.Join(", ", report.Done)}");
        }
    }

    [Fact]
    public void What_is_active_is_found_and_gone_and_the_format_stays()
    {
        Assert.NotEmpty(Attacks);
        foreach (DisarmSample sample in Attacks)
        {
            Disarmed run = Disarmed.Run(sample);
            Assert.True(Disarmed.Active(run.Before).Any(), $"{sample}: nothing found");
            AssertSound(run);
            Assert.DoesNotContain(run.Report.Changes, change => change.Path.Length == 0 && change.Done != "disarmed");
            Assert.False(run.Left.Any(), $"{sample} still has {string.Join(", ", Disarmed.Active(run.After))}");
            Assert.Equal(FormatAfter(run.Before.Parts[0].Format), run.After.Parts[0].Format);
        }
    }

    [Fact]
    public void Twice_is_once()
    {
        foreach (DisarmSample sample in Attacks)
        {
            Disarmed once = Disarmed.Run(sample);
            string name = once.Report.FileName ?? sample.Name;
            Treatment everything = new("", once.After.Parts[0].Sha256, TreatmentKind.Disarm);
            (RebuildReport report, byte[] twice, long _) = Walks.Rebuild(once.Bytes, new RebuildJob { FileName = name, Treatments = [everything] }, PartHandlers.All);
            Assert.True(report.Failure is null && once.Bytes.AsSpan().SequenceEqual(twice), $"{sample}: the second time changed it again");
        }
    }

    [Fact]
    public void Any_bytes_end_in_findings_never_in_an_exception()
    {
        foreach (DisarmSample sample in Hostile.Concat(Mutated())) AssertSound(Disarmed.Run(sample));
    }

    [Fact]
    public void A_limit_is_a_finding_never_a_pass()
    {
        foreach ((DisarmSample sample, Limits limits, FindingKind kind) in OverLimits)
        {
            Assert.True(kind.Class is FindingClass.Limit, $"{kind} is no limit");
            Assert.DoesNotContain(kind.Id, Disarmed.Walk(sample).Kinds);
            Assert.Contains(kind.Id, Disarmed.Walk(sample, limits).Kinds);
        }
    }

    [Fact]
    public void Cancellation_is_honoured()
    {
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        DisarmSample sample = Attacks.First();
        using MemoryPartBytes bytes = new(sample.Bytes);
        foreach (IPartHandler handler in PartHandlers.All.Where(handler => handler.Formats.Intersect(Disarmed.Walk(sample).Parts[0].Formats).Any()))
        {
            Part part = new("", null, new ChildDescription(new PartName("filename", sample.Name)), bytes) { Formats = new HashSet<string>(handler.Formats) };
            Unpacking.Walked context = new() { Cancellation = cancelled.Token };
            Assert.ThrowsAny<OperationCanceledException>(() => handler.Walk(part, context));
        }
    }

    /// <summary>No handler threw: neither while walking nor while writing.</summary>
    protected static void AssertSound(Disarmed run)
    {
        Assert.True(!run.Before.Kinds.Contains(WalkFindings.ParseError.Id), $"{run.Sample}: {string.Join(", ", run.Before.Findings)}");
        Assert.True(!run.After.Kinds.Contains(WalkFindings.ParseError.Id), $"{run.Sample} after: {string.Join(", ", run.After.Findings)}");
        Assert.True(run.Report.Failure is null, $"{run.Sample}: {run.Report.Failure}");
        Assert.True(!run.Report.Changes.Any(change => change.Detail.Contains("Handler: ", StringComparison.Ordinal)), $"{run.Sample}: {string.Join(", ", run.Report.Changes)}");
    }

    private IEnumerable<DisarmSample> Mutated()
    {
        foreach (DisarmSample sample in Good.Concat(Attacks).Where(sample => sample.Bytes.Length is > 0 and < 256 * 1024))
        {
            foreach (double cut in (double[])[0.1, 0.5, 0.9, 0.99]) yield return new DisarmSample(sample.Name, sample.Bytes[..(int)(sample.Bytes.Length * cut)]);
            for (int round = 0; round < 6; round++)
            {
                byte[] damaged = (byte[])sample.Bytes.Clone();
                for (int times = 0; times < 1 << round; times++) damaged[Noise.Next(damaged.Length)] = (byte)Noise.Next(256);
                yield return new DisarmSample(sample.Name, damaged);
            }
        }
    }
}
