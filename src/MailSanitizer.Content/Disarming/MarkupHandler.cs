using System.Text;
using MailSanitizer.Content.Formats.Charsets;
using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming;

/// <summary>What the handlers of HTML, SVG, XML and CSS share: the charset, the report, and rounds of edits until nothing is left to take out.</summary>
public abstract class MarkupHandler : IPartHandler
{
    // Taking one thing out can join what stood around it to another; each round is a whole new look. An attacker who nests deeper gets a notice in its place.
    private const int MostRounds = 12;

    // Places of one kind that are listed one by one; the rest is one line.
    private const int MostOfAKind = 50;

    /// <inheritdoc/>
    public abstract IReadOnlyCollection<string> Formats { get; }

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (part.Bytes.ToArray(context.Limits.MarkupBytes) is not { } bytes)
        {
            context.Report(MarkupFindings.OverLimit, "", $"limit {context.Limits.MarkupBytes} bytes");
            return;
        }

        MarkupReading reading = MarkupReading.Of(bytes, part.Description);
        MarkupSource source = MarkupSource.Of(bytes, reading.Encoding);
        if (Unsound(reading, source) is { } why)
        {
            context.Report(MarkupFindings.Encoding, "", why);
            source = MarkupSource.Of(reading.Anew(bytes, part.Description), Charset.Utf8);
        }

        if (WholeFinding(part) is { } whole) context.Report(whole, "", part.Format);
        MarkupEdits edits = Find(source, part, context.Cancellation);
        Report(source, edits, context);
        Notes(source, part, context);
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (part.Bytes.ToArray(context.Limits.MarkupBytes) is not { } bytes) return RebuildOutcome.Failed("more markup than the limit");
        if (WholeFinding(part) is { } whole && context.Removes(whole))
        {
            context.Done(whole, "", "removed");
            return RebuildOutcome.Stripped;
        }

        MarkupReading reading = MarkupReading.Of(bytes, part.Description);
        MarkupSource source = MarkupSource.Of(bytes, reading.Encoding);
        bool unsound = Unsound(reading, source) is not null;
        bool anew = unsound && context.Removes(MarkupFindings.Encoding);
        MarkupDraft draft = new(anew ? reading.Anew(bytes, part.Description) : bytes, isOriginal: !anew);
        if (anew) context.Done(MarkupFindings.Encoding, "", "written-anew");
        for (int round = 0; round < MostRounds; round++)
        {
            source = MarkupSource.Of(draft.Bytes, anew ? Charset.Utf8 : reading.Encoding);
            List<MarkupEdit> edits = Chosen(Find(source, part, context.Cancellation), context);
            if (edits.Count == 0)
            {
                if (!draft.IsChanged) return RebuildOutcome.Unchanged;
                MarkupReading written = anew ? new MarkupReading(Charset.Utf8, null) : reading;
                ChildDescription description = anew && part.Description.DeclaredType is not null ? part.Description with { DeclaredCharset = "utf-8" } : part.Description;
                if (context.Removes(MarkupFindings.Encoding) && !ReadsAs(draft.Bytes, written, description))
                {
                    // What was taken out had named the charset, had hidden another name, or had made the bytes look like something.
                    draft = new MarkupDraft(written.Anew(draft.Bytes.Span, part.Description), isOriginal: false);
                    if (!anew) context.Done(MarkupFindings.Encoding, "", "written-anew");
                    anew = true;
                    continue;
                }

                draft.WriteTo(output);
                return anew ? new RebuildOutcome(RebuildKind.Rewritten, MediaType: (part.Description.DeclaredType ?? DefaultType) + "; charset=utf-8") : RebuildOutcome.Rewritten;
            }

            draft.Apply(source, edits);
            foreach (MarkupEdit edit in edits) context.Done(edit.Kind, Place(edit), edit.Replacement.Length == 0 ? "removed" : "neutralised");
        }

        return RebuildOutcome.Failed("built so that each part taken out makes another");
    }

    /// <summary>The media type of a document that was written anew and had none.</summary>
    protected abstract string DefaultType { get; }

    /// <summary>What has to go.</summary>
    private protected abstract MarkupEdits Find(MarkupSource source, Part part, CancellationToken cancellation);

    /// <summary>A finding on the part as a whole: it is left out when that is to go.</summary>
    private protected virtual FindingKind? WholeFinding(Part part) => null;

    /// <summary>Facts about what a reader sees.</summary>
    private protected virtual void Notes(MarkupSource source, Part part, IWalkContext context)
    {
    }

    private static string? Unsound(MarkupReading reading, MarkupSource source) =>
        reading.Conflict ?? (source.IsUnsound ? "wrong " + reading.Encoding.WebName : null);

    private static bool ReadsAs(ReadOnlyMemory<byte> bytes, MarkupReading reading, ChildDescription description)
    {
        MarkupReading now = MarkupReading.Of(bytes.Span, description);
        bool ascii = Ascii.IsValid(bytes.Span) && now.Conflict is null;
        return (ascii || now.Encoding.CodePage == reading.Encoding.CodePage) && Unsound(now, MarkupSource.Of(bytes, now.Encoding)) is null;
    }

    private static string Place(MarkupEdit edit) => $"offset {edit.Start} {edit.What}";

    private static List<MarkupEdit> Chosen(MarkupEdits found, IRebuildContext context)
    {
        List<MarkupEdit> chosen = [];
        Dictionary<FindingKind, bool> removes = [];
        int at = 0;
        foreach (MarkupEdit edit in found.Sorted())
        {
            if (!removes.TryGetValue(edit.Kind, out bool goes)) removes.Add(edit.Kind, goes = context.Removes(edit.Kind));
            if (!goes || edit.Start < at) continue;
            chosen.Add(edit);
            at = edit.End;
        }

        return chosen;
    }

    private static void Report(MarkupSource source, MarkupEdits edits, IWalkContext context)
    {
        Dictionary<FindingKind, int> counts = [];
        foreach (MarkupEdit edit in edits.Sorted())
        {
            // Passive pictures: a newsletter has a hundred, and one line says where they come from.
            if (edit.Kind == MarkupFindings.Remote) continue;
            int count = counts[edit.Kind] = counts.GetValueOrDefault(edit.Kind) + 1;
            if (count <= MostOfAKind) context.Report(edit.Kind, Place(edit), "", source.Raw(edit.Start, edit.End));
        }

        foreach ((FindingKind kind, int count) in counts)
            if (count > MostOfAKind) context.Report(kind, "", $"{count - MostOfAKind} more");
        if (edits.RemoteHosts.Count > 0)
        {
            int places = edits.RemoteHosts.Values.Sum();
            context.Report(MarkupFindings.Remote, "", $"{places} from {string.Join(", ", edits.RemoteHosts.OrderByDescending(host => host.Value).ThenBy(host => host.Key, StringComparer.Ordinal).Take(8).Select(host => host.Key))}");
        }
    }
}
