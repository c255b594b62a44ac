namespace MailSanitizer.Content.Disarming;

/// <summary>One change that takes one thing out of a markup document, by offsets into its view. Edits may lie inside each other: whichever applies first wins.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Behind it.</param>
/// <param name="Replacement">What stands there afterwards; empty when nothing.</param>
/// <param name="Kind">What it is done for.</param>
/// <param name="What">The element and attribute, for the report.</param>
internal readonly record struct MarkupEdit(int Start, int End, string Replacement, FindingKind Kind, string What);

/// <summary>Edits in the order of the document.</summary>
internal sealed class MarkupEdits
{
    private readonly List<MarkupEdit> _edits = [];

    /// <summary>Hosts that passive content comes from.</summary>
    public Dictionary<string, int> RemoteHosts { get; } = new(StringComparer.Ordinal);

    public void Add(int start, int end, FindingKind kind, string what, string replacement = "") => _edits.Add(new MarkupEdit(start, end, replacement, kind, what));

    public void Remote(int start, int end, string host, string what, string replacement = "")
    {
        if (RemoteHosts.Count < 1_000 || RemoteHosts.ContainsKey(host)) RemoteHosts[host] = RemoteHosts.GetValueOrDefault(host) + 1;
        Add(start, end, MarkupFindings.Remote, what, replacement);
    }

    /// <summary>Adds what another reading of the same document found.</summary>
    public void Join(MarkupEdits other)
    {
        foreach ((string host, int count) in other.RemoteHosts) RemoteHosts[host] = Math.Max(count, RemoteHosts.GetValueOrDefault(host));
        HashSet<(int, int, FindingKind)> known = [.. _edits.Select(edit => (edit.Start, edit.End, edit.Kind))];
        _edits.AddRange(other._edits.Where(edit => known.Add((edit.Start, edit.End, edit.Kind))));
    }

    /// <summary>Sorted; the outer one of two that lie inside each other first.</summary>
    public List<MarkupEdit> Sorted() => [.. _edits.OrderBy(edit => edit.Start).ThenByDescending(edit => edit.End)];
}
