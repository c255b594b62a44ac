using MailSanitizer.Content.Identification;
using MailSanitizer.Content.Passwords;

namespace MailSanitizer.Content;

/// <summary>One walk. The only place that goes down a level, and it counts the levels.</summary>
internal sealed class PartWalkSession(PartWalkJob job, WalkJob order, IWalkSink sink)
{
    private readonly List<CandidateText> _texts = [];
    private readonly List<string> _attachmentNames = [];
    private readonly HashSet<FindingKind> _limitsSaid = [];
    private readonly bool _leaves = order.Send.Contains("leaves");
    private readonly bool _containers = order.Send.Contains("containers");
    private readonly bool _skeleton = order.Send.Contains("skeleton");
    private long _textLength;
    private int _findings;
    private int _links;

    public void Run(PartBytes input)
    {
        ChildDescription description = order.FileName is { } name ? new ChildDescription(new PartName("filename", name)) : new ChildDescription();
        Part root = new("", null, description, input);
        job.Parts = 1;
        WalkPart(root, isMessage: order.FileName is null, stored: default);
        if (job.Fault is not null) throw job.Fault;
        if (order.Candidates) Candidates();
    }

    /// <summary>Identifies, reports, lets every handler look, gives out what is to be scanned.</summary>
    private void WalkPart(Part part, bool isMessage, StoredPart stored)
    {
        IReadOnlyList<(FindingKind Kind, string Detail)> found = [];
        try
        {
            if (isMessage)
            {
                part.Format = PartFormats.Message;
                part.Formats = new HashSet<string>(StringComparer.Ordinal) { PartFormats.Message };
            }
            else
            {
                Identified identified = Identifier.Identify(part.Description, part.Bytes, job.Limits);
                part.Format = identified.Format;
                part.Formats = identified.Formats;
                found = identified.Findings;
            }
        }
        catch (Exception failure) when (job.IsContentFailure(failure))
        {
            found = [(WalkFindings.ParseError, "identification: " + failure.GetType().Name)];
        }

        sink.Part(Fact(part));
        foreach (ChildFinding finding in part.Description.Findings) Report(part, finding.Kind, finding.Location, finding.Detail);
        foreach ((FindingKind kind, string detail) in found) Report(part, kind, "", detail);
        if (stored.Limit is not null) Report(part, stored.Limit, "", "");

        Context context = new(this, part);
        HashSet<string> handled = new(StringComparer.Ordinal);
        foreach (IPartHandler handler in job.HandlersOf(part))
        {
            handled.UnionWith(handler.Formats);
            Look(handler, part, context);
        }

        // A format that is known by its content or one of its names, that is not passive, and that nobody can take apart.
        foreach (string format in PartFormats.Unhandled(part.Formats, handled).Order(StringComparer.Ordinal)) Report(part, WalkFindings.NoDisarmer, "", format);

        if (isMessage || part.Bytes.Length == 0) return;
        bool opened = handled.Contains(part.Format) && context.AllChildrenComplete && PartFormats.IsContainer(part.Format);
        if (opened ? _containers : _leaves) sink.Leaf(part.Path, part.Bytes.Sha256, opened ? "container" : "leaf", part.Bytes);
    }

    private void Look(IPartHandler handler, Part part, Context context)
    {
        try
        {
            job.Check();
            handler.Walk(part, context);
        }
        catch (LimitReachedException reached)
        {
            context.AllChildrenComplete = false;
            Report(part, reached.Kind, "", handler.GetType().Name);
        }
        catch (Exception failure) when (job.IsContentFailure(failure))
        {
            // A bug of ours by contract; the part counts as not looked at. The message of an exception may quote content: only its type is said.
            context.AllChildrenComplete = false;
            Report(part, WalkFindings.ParseError, "", $"{handler.GetType().Name}: {failure.GetType().Name}");
        }

        if (job.Fault is not null) throw job.Fault;
    }

    private ChildResult Child(Part parent, Context context, ChildDescription description, Stream content)
    {
        if (parent.Description.AlternativeReading && !description.AlternativeReading) description = description with { AlternativeReading = true };
        try
        {
            job.Check();
        }
        catch (LimitReachedException reached)
        {
            return Stop(parent, context, reached.Kind);
        }

        if (parent.Depth >= job.Limits.Depth) return Stop(parent, context, WalkFindings.OverDepth, everyPart: true);
        if (job.Parts >= job.Limits.Parts) return Stop(parent, context, WalkFindings.OverParts);
        if (job.Bytes >= job.Limits.TotalBytes) return Stop(parent, context, WalkFindings.OverSize);
        job.Parts++;
        string path = context.Paths.Next(description);
        StoredPart stored = job.StoreChild(content, description.PackedSize);
        using PartBytes bytes = stored.Bytes;
        WalkPart(new Part(path, parent, description, bytes), isMessage: false, stored);
        if (stored.Limit is null && stored.Broken is null) return ChildResult.Complete;
        context.AllChildrenComplete = false;
        return stored.Limit is not null ? ChildResult.Cut : ChildResult.Broken;
    }

    // The limits of the whole message are said once, at the container where they were reached: 10,000 lines would say no more.
    private ChildResult Stop(Part parent, Context context, FindingKind kind, bool everyPart = false)
    {
        context.AllChildrenComplete = false;
        if (everyPart ? context.SaidDepth++ == 0 : _limitsSaid.Add(kind)) Report(parent, kind, "", "");
        return ChildResult.Stop;
    }

    private void Report(Part part, FindingKind kind, string location, string detail, string? sha256 = null)
    {
        if (_findings > job.Limits.Findings) return;
        if (_findings++ == job.Limits.Findings)
        {
            sink.Finding(new FindingFact(WalkFindings.OverFindings.Id, "", "", "", null));
            return;
        }

        sink.Finding(new FindingFact(kind.Id, part.Path, Cut(location), Cut(detail), sha256));
    }

    private void Link(Part part, string url, string source, string text)
    {
        if (_links++ < job.Limits.Links) sink.Link(new LinkFact(part.Path, Cut(url), source, Cut(text)));
        else if (_links == job.Limits.Links + 1) Report(part, WalkFindings.OverFindings, "", "links");
    }

    private void Candidates()
    {
        IReadOnlyList<CandidateFact> candidates;
        try
        {
            candidates = CandidateReader.Read(_texts, _attachmentNames, job.Limits);
        }
        catch (Exception failure) when (job.IsContentFailure(failure))
        {
            sink.Finding(new FindingFact(WalkFindings.ParseError.Id, "", "candidates", failure.GetType().Name, null));
            return;
        }

        foreach (CandidateFact candidate in candidates) sink.Candidate(candidate);
    }

    private PartFact Fact(Part part) => new()
    {
        Path = part.Path,
        Parent = part.Parent?.Path,
        Name = Cut(part.Name),
        Names = [.. part.Description.Names.Take(64).Select(name => Cut(name.Text))],
        DeclaredType = part.Description.DeclaredType is { } type ? Cut(type) : null,
        Format = part.Format,
        Formats = [.. part.Formats.Order(StringComparer.Ordinal)],
        Size = part.Bytes.Length,
        Depth = part.Depth,
        Sha256 = part.Bytes.Sha256,
        Encrypted = part.Description.OpenedWith is not null,
        OpenedWith = part.Description.OpenedWith,
        IsBody = part.Description.IsBody,
        AlternativeReading = part.Description.AlternativeReading,
    };

    private string Cut(string text)
    {
        if (text.Length <= job.Limits.FactText) return text;
        int length = Math.Max(0, job.Limits.FactText - 1);
        if (length > 0 && char.IsHighSurrogate(text[length - 1])) length--;
        return string.Concat(text.AsSpan(0, length), "…");
    }

    private sealed class Context(PartWalkSession session, Part part) : IMessageWalkContext
    {
        private TimeSpan _guessed;

        public PartWalkPaths Paths { get; } = new(part, session.Job.Limits);

        public bool AllChildrenComplete { get; set; } = true;

        public int SaidDepth { get; set; }

        public Limits Limits => session.Job.Limits;

        public CancellationToken Cancellation => session.Job.Cancellation;

        public IReadOnlyList<Password> Passwords => session.Order.Passwords;

        public bool WantsSkeleton => session._skeleton;

        public bool WantsTexts => session.Order.Candidates && session._textLength < Limits.CandidateText;

        public void Report(FindingKind kind, string location, string detail, ReadOnlySpan<byte> removed)
        {
            // What a reader could not see into is not a container whose members stand for it.
            if (kind.Class is not (FindingClass.Note or FindingClass.Active)) AllChildrenComplete = false;
            string? sha256 = removed.IsEmpty ? null : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(removed));
            session.Report(part, kind, location, detail, sha256);
        }

        public ChildResult Child(ChildDescription description, Stream content) => session.Child(part, this, description, content);

        public void Link(string url, string source, string text) => session.Link(part, url, source, text);

        public bool ChargeGuessing(TimeSpan cpu) => session.Job.ChargeGuessing(cpu, ref _guessed);

        public TimeSpan Cpu => session.Job.Cpu;

        public bool ChargeLures(TimeSpan cpu) => session.Job.ChargeLures(cpu);

        public void Opened(Password password, string location) => session.Report(part, PartWalkFindings.Opened, location, password.Source);

        public void Skeleton(IReadOnlyList<(long Offset, long Length)> kept)
        {
            if (!WantsSkeleton) return;
            using SegmentedPartBytes skeleton = new(kept.Select(range => (part.Bytes, range.Offset, range.Length)));
            if (skeleton.Length > 0) session.Sink.Leaf(part.Path, skeleton.Sha256, "skeleton", skeleton);
        }

        public void Text(CandidateText text)
        {
            if (!WantsTexts || part.Description.AlternativeReading) return;
            int left = (int)(Limits.CandidateText - session._textLength);
            string kept = text.Text.Length <= left ? text.Text : text.Text[..left];
            session._textLength += kept.Length;
            session._texts.Add(text with { Text = kept });
        }

        public void AttachmentName(string name)
        {
            if (name.Length > 0 && session._attachmentNames.Count < 1_000) session._attachmentNames.Add(session.Cut(name));
        }
    }

    private PartWalkJob Job => job;

    private WalkJob Order => order;

    private IWalkSink Sink => sink;
}
