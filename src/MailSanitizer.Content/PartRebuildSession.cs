using System.Text;
using MailSanitizer.Content.Identification;

namespace MailSanitizer.Content;

/// <summary>One rebuild: the walk again, from the original bytes, into those parts only in or below which something changes.</summary>
internal sealed class PartRebuildSession
{
    private readonly PartWalkJob _job;
    private readonly RebuildJob _order;
    private readonly Dictionary<string, Treatment> _treatments = new(StringComparer.Ordinal);
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly List<ChangeFact> _changes = [];
    private readonly List<DoneFact> _done = [];

    public PartRebuildSession(PartWalkJob job, RebuildJob order)
    {
        _job = job;
        _order = order;
        foreach (Treatment treatment in order.Treatments)
        {
            if (treatment.Kind is TreatmentKind.Keep) continue;
            if (!_treatments.TryAdd(treatment.Path, treatment)) _job.Remember(new JobFailedException($"two treatments of {treatment.Path}"));
            _open.Add(treatment.Path);
            _touched.Add("");
            for (int slash = -1; (slash = treatment.Path.IndexOf('/', slash + 1)) >= 0;) _touched.Add(treatment.Path[..slash]);
            _touched.Add(treatment.Path);
        }
    }

    public RebuildReport Run(PartBytes input, IPartOutput output)
    {
        try
        {
            ChildDescription description = _order.FileName is { } name ? new ChildDescription(new PartName("filename", name)) : new ChildDescription();
            Part root = new("", null, description, input);
            Identify(root, isMessage: _order.FileName is null);
            using Rebuilt rebuilt = Treat(root, canBeReplaced: _order.FileName is not null);
            if (_job.Fault is not null) throw _job.Fault;
            if (_open.Count > 0) throw new JobFailedException($"no such part: {_open.Order(StringComparer.Ordinal).First()}");
            if (rebuilt.Kind is ChildDecisionKind.Keep) output.Copy(0, input.Length);
            else if (rebuilt.Content is { } content) Replay(content, input, output);
            return new RebuildReport(_changes, _done, FileName: rebuilt.Name);
        }
        catch (JobFailedException failed)
        {
            return new RebuildReport([], [], failed.Message);
        }
    }

    // Copied ranges of the input stay copies, through however many handlers they came.
    private static void Replay(PartBytes content, PartBytes input, IPartOutput output)
    {
        if (content == input)
        {
            output.Copy(0, input.Length);
            return;
        }

        Emit(content, 0, content.Length);

        void Emit(PartBytes from, long offset, long length)
        {
            if (from == input)
            {
                output.Copy(offset, length);
            }
            else if (from is SegmentedPartBytes segmented)
            {
                segmented.ForEach(offset, length, Emit);
            }
            else
            {
                byte[] buffer = new byte[64 * 1024];
                for (int got; length > 0 && (got = from.Read(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length)))) > 0; offset += got, length -= got)
                    output.Write(buffer.AsSpan(0, got));
            }
        }
    }

    private void Identify(Part part, bool isMessage)
    {
        if (isMessage)
        {
            part.Format = PartFormats.Message;
            part.Formats = new HashSet<string>(StringComparer.Ordinal) { PartFormats.Message };
            return;
        }

        Identified identified = Identifier.Identify(part.Description, part.Bytes, _job.Limits);
        part.Format = identified.Format;
        part.Formats = identified.Formats;
    }

    /// <summary>Applies what is ordered for a part and for what lies below it.</summary>
    private Rebuilt Treat(Part part, bool canBeReplaced)
    {
        Treatment? treatment = _treatments.GetValueOrDefault(part.Path);
        if (treatment is not null)
        {
            if (!string.Equals(treatment.Sha256In, part.Bytes.Sha256, StringComparison.OrdinalIgnoreCase)) throw Fail($"other bytes than decided on: {part.Path}");
            _open.Remove(part.Path);
        }

        if (treatment?.Kind is TreatmentKind.Strip or TreatmentKind.Replace)
        {
            SettleBelow(part.Path);
            if (!canBeReplaced || (part.Parent is null && treatment.Kind is TreatmentKind.Strip)) throw Fail("the message as a whole cannot be taken out");
            if (treatment.Kind is TreatmentKind.Replace) return Notice(part, treatment, "replaced", "");
            _changes.Add(new ChangeFact(part.Path, part.Bytes.Sha256, null, "stripped", ""));
            return new Rebuilt(ChildDecisionKind.Strip);
        }

        return Write(part, treatment, canBeReplaced);
    }

    private Rebuilt Write(Part part, Treatment? treatment, bool canBeReplaced)
    {
        PartBytes current = part.Bytes;
        List<IDisposable> owned = [];
        string? name = null, mediaType = null, failure = null;
        bool handled = false;
        int doneBefore = _done.Count;
        int changesBefore = _changes.Count;
        foreach (IPartHandler handler in _job.HandlersOf(part))
        {
            handled = true;
            Part view = current == part.Bytes ? part : new Part(part.Path, part.Parent, part.Description, current) { Format = part.Format, Formats = part.Formats };
            Recorder recorder = new(_job, current);
            owned.Add(recorder);
            Context context = new(this, view, treatment);
            RebuildOutcome outcome;
            try
            {
                _job.Check();
                outcome = handler.Rebuild(view, context, recorder);
            }
            catch (LimitReachedException reached)
            {
                outcome = RebuildOutcome.Failed(reached.Kind.Id);
            }
            catch (Exception broken) when (_job.IsContentFailure(broken))
            {
                outcome = RebuildOutcome.Failed($"{handler.GetType().Name}: {broken.GetType().Name}");
            }
            finally
            {
                context.Dispose();
            }

            if (_job.Fault is not null)
            {
                Release(owned);
                throw _job.Fault;
            }

            if (outcome.Kind is RebuildKind.Unchanged) continue;
            if (outcome.Kind is RebuildKind.Stripped && canBeReplaced && part.Parent is not null)
            {
                Release(owned);
                SettleBelow(part.Path);
                _changes.Add(new ChangeFact(part.Path, part.Bytes.Sha256, null, "stripped", ""));
                return new Rebuilt(ChildDecisionKind.Strip);
            }

            if (outcome.Kind is RebuildKind.Failed or RebuildKind.Stripped)
            {
                failure = outcome.Failure ?? handler.GetType().Name;
                break;
            }

            current = recorder.Complete();
            owned.Add(current);
            name = outcome.Name ?? name;
            mediaType = outcome.MediaType ?? mediaType;
        }

        bool frame = treatment is not null && FrameChanges(part, treatment);
        if (treatment is not null && !handled && !frame) failure = "no handler for " + part.Format;
        if (failure is not null)
        {
            Release(owned);
            _changes.RemoveRange(changesBefore, _changes.Count - changesBefore);
            _done.RemoveRange(doneBefore, _done.Count - doneBefore);
            SettleBelow(part.Path);
            if (!canBeReplaced) throw Fail($"cannot be written anew: {failure}");
            return Notice(part, treatment ?? _treatments.Values.FirstOrDefault(below => IsBelow(below.Path, part.Path)), "disarm-failed", failure);
        }

        if (current == part.Bytes && !frame)
        {
            Release(owned);
            return new Rebuilt(ChildDecisionKind.Keep);
        }

        string done = treatment is null ? "repacked" : "disarmed";
        _changes.Add(new ChangeFact(part.Path, part.Bytes.Sha256, current == part.Bytes ? part.Bytes.Sha256 : current.Sha256, done, ""));
        return new Rebuilt(ChildDecisionKind.Replace, current, name, mediaType, owned);
    }

    /// <summary>True when the container found something on this child's frame that is to go: the child is then handed back as replaced, so that the frame is written anew.</summary>
    private bool FrameChanges(Part part, Treatment treatment)
    {
        bool any = false;
        foreach (ChildFinding finding in part.Description.Findings)
        {
            if (!Removes(treatment, finding.Kind)) continue;
            any = true;
            _done.Add(new DoneFact(finding.Kind.Id, part.Path, finding.Location, "written-anew"));
        }

        return any;
    }

    private static bool Removes(Treatment treatment, FindingKind kind) =>
        treatment.Kind is TreatmentKind.Disarm
        && ((treatment.Remove is null ? kind.Class is FindingClass.Active : treatment.Remove.Contains(kind.Id)) || treatment.Also?.Contains(kind.Id) is true)
        && treatment.Allow?.Contains(kind.Id) is not true;

    private Rebuilt Notice(Part part, Treatment? treatment, string done, string detail)
    {
        // A handler that fails names the finding first ("program has no passive form").
        IEnumerable<string> reasons = treatment is { Reasons.Count: > 0 } ? treatment.Reasons : [detail.Split(' ')[0]];
        string text = treatment?.Notice ?? PartNotice.Write(part.Name, part.Format, part.Formats, part.Bytes.Length, part.Bytes.Sha256, reasons, _order.NoticeId);
        byte[] content = Encoding.UTF8.GetBytes(text);
        MemoryPartBytes bytes = new(content);
        _changes.Add(new ChangeFact(part.Path, part.Bytes.Sha256, bytes.Sha256, done, detail));
        string name = treatment?.NoticeName ?? PartNotice.FileName(part.Name, _job.Limits.PathSegment);
        return new Rebuilt(ChildDecisionKind.Replace, bytes, name, "text/plain; charset=utf-8");
    }

    private static void Release(List<IDisposable> owned)
    {
        foreach (IDisposable one in owned) one.Dispose();
    }

    // What lies below a part that goes as a whole goes with it.
    private void SettleBelow(string path) => _open.RemoveWhere(open => open == path || IsBelow(open, path));

    private static bool IsBelow(string path, string above) =>
        above.Length == 0 ? path.Length > 0 : path.Length > above.Length && path[above.Length] == '/' && path.StartsWith(above, StringComparison.Ordinal);

    private Exception Fail(string why) => _job.Remember(new JobFailedException(why));

    private ChildDecision Child(Part parent, Context context, ChildDescription description, Func<Stream> open)
    {
        if (parent.Description.AlternativeReading && !description.AlternativeReading) description = description with { AlternativeReading = true };
        _job.Check();
        string path = context.Paths.Next(description);
        if (!_touched.Contains(path)) return ChildDecision.Keep;
        if (description.AlternativeReading)
        {
            // Never delivered: whatever was decided on it is done by writing its container from the other reading.
            SettleBelow(path);
            return ChildDecision.Strip;
        }

        _job.Parts++;
        StoredPart stored;
        using (Stream content = open()) stored = _job.StoreChild(content, description.PackedSize);
        Part part = new(path, parent, description, stored.Bytes);
        context.Own(stored.Bytes);
        Identify(part, isMessage: false);
        Rebuilt rebuilt = Treat(part, canBeReplaced: true);
        context.Own(rebuilt);
        return new ChildDecision(rebuilt.Kind, rebuilt.Content, rebuilt.Name, rebuilt.MediaType);
    }

    /// <summary>A part's new state, with what it stands on.</summary>
    private sealed class Rebuilt(ChildDecisionKind kind, PartBytes? content = null, string? name = null, string? mediaType = null, List<IDisposable>? owned = null) : IDisposable
    {
        public ChildDecisionKind Kind => kind;

        public PartBytes? Content => content;

        public string? Name => name;

        public string? MediaType => mediaType;

        public void Dispose()
        {
            if (owned is not null) Release(owned);
        }
    }

    private sealed class Context(PartRebuildSession session, Part part, Treatment? treatment) : IMessageRebuildContext, IDisposable
    {
        private readonly List<IDisposable> _owned = [];

        public PartWalkPaths Paths { get; } = new(part, session._job.Limits);

        public Limits Limits => session._job.Limits;

        public CancellationToken Cancellation => session._job.Cancellation;

        public IReadOnlyList<Password> Passwords => session._order.Passwords;

        public string Repack => treatment?.Repack ?? "locked";

        public IReadOnlyList<Banner> Banners => part.Parent is null && session._order.FileName is null ? session._order.Banners : [];

        public bool Removes(FindingKind kind) => treatment is not null && PartRebuildSession.Removes(treatment, kind);

        public ChildDecision Child(ChildDescription description, Func<Stream> open) => session.Child(part, this, description, open);

        public void Done(FindingKind kind, string location, string done) => session._done.Add(new DoneFact(kind.Id, part.Path, location, done));

        public void Changed(string path, string done, string detail) => session._changes.Add(new ChangeFact(path, "", null, done, detail));

        public void Own(IDisposable owned) => _owned.Add(owned);

        public void Dispose() => Release(_owned);
    }

    /// <summary>Writes down what a handler puts out: ranges of the part's bytes as ranges, new bytes in the store.</summary>
    private sealed class Recorder(PartWalkJob job, PartBytes source) : IPartOutput, IDisposable
    {
        private readonly List<(bool IsCopy, long Offset, long Length)> _segments = [];
        private readonly PartStore.PartWriter _writer = job.Store.Create();

        public void Copy(long offset, long length)
        {
            if (offset < 0 || length < 0 || offset + length > source.Length) throw new ArgumentOutOfRangeException(nameof(offset), "a copy outside the part");
            Add(isCopy: true, offset, length);
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            Add(isCopy: false, _writer.Length, bytes.Length);
            try
            {
                _writer.Write(bytes);
            }
            catch (ScratchFailedException failed)
            {
                throw job.Remember(failed);
            }

            job.Check();
        }

        public PartBytes Complete()
        {
            PartBytes written = _writer.Complete();
            return new SegmentedPartBytes(_segments.Select(segment => (segment.IsCopy ? source : written, segment.Offset, segment.Length)), written);
        }

        public void Dispose() => _writer.Dispose();

        private void Add(bool isCopy, long offset, long length)
        {
            if (length == 0) return;
            if (_segments.Count > 0 && _segments[^1] is var last && last.IsCopy == isCopy && last.Offset + last.Length == offset)
                _segments[^1] = (isCopy, last.Offset, last.Length + length);
            else
                _segments.Add((isCopy, offset, length));
        }
    }
}
