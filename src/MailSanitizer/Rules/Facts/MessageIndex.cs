using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;

namespace MailSanitizer.Rules.Facts;

/// <summary>The facts of one message, arranged for asking. Built once a decision, lazily where only some rules ask.</summary>
internal sealed class MessageIndex
{
    private readonly Dictionary<string, List<HeaderFact>> _headers = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, PartFact> _parts = new(StringComparer.Ordinal);
    private readonly ILookup<string, FindingFact> _findings;
    private readonly Lazy<ILookup<string, ScanFact>> _scans;
    private readonly Lazy<ILookup<string, ScanFact>> _sandbox;
    private readonly Lazy<ILookup<string, LinkFact>> _links;
    private readonly Dictionary<string, IReadOnlyList<Mailbox>> _mailboxes = new(StringComparer.Ordinal);

    public MessageIndex(MessageFacts facts)
    {
        Facts = facts;
        foreach (HeaderFact header in facts.Headers)
        {
            if (!_headers.TryGetValue(header.Name, out List<HeaderFact>? same)) _headers[header.Name] = same = [];
            same.Add(header);
        }

        foreach (PartFact part in facts.Parts) _parts.TryAdd(part.Path, part);
        _findings = facts.Findings.ToLookup(finding => finding.Path, StringComparer.Ordinal);
        _scans = new(() => facts.Scans.ToLookup(scan => scan.Sha256, StringComparer.OrdinalIgnoreCase));
        _sandbox = new(() => facts.SandboxVerdicts.ToLookup(scan => scan.Sha256, StringComparer.OrdinalIgnoreCase));
        _links = new(() => facts.Links.ToLookup(link => link.Path, StringComparer.Ordinal));
        Kinds = facts.Findings.Select(finding => finding.Kind).ToHashSet(StringComparer.Ordinal);
    }

    public MessageFacts Facts { get; }

    /// <summary>Kinds of finding anywhere in the message.</summary>
    public IReadOnlySet<string> Kinds { get; }

    public IReadOnlyList<HeaderFact> Headers(string name) => _headers.GetValueOrDefault(name) ?? (IReadOnlyList<HeaderFact>)[];

    public PartFact? PartAt(string path) => _parts.GetValueOrDefault(path);

    public IEnumerable<FindingFact> FindingsOf(PartFact part) => _findings[part.Path];

    // A verdict is on content: of equal parts only the first is named in it.
    public IEnumerable<ScanFact> ScansOf(PartFact part) =>
        part.Path.Length == 0 ? Facts.Scans.Where(scan => scan.Path is "" or "skeleton" or "message") : _scans.Value[part.Sha256];

    public IEnumerable<ScanFact> SandboxOf(PartFact part) => _sandbox.Value[part.Sha256];

    public IEnumerable<LinkFact> LinksOf(PartFact part) => _links.Value[part.Path];

    /// <summary>The containers of a part, from its own outwards; the message itself is the last.</summary>
    public IEnumerable<PartFact> ContainersOf(PartFact part)
    {
        // Facts come from a worker: a circle of parents must not hold us.
        string? parent = part.Parent;
        for (int steps = 0; parent is not null && steps < 64 && PartAt(parent) is { } container; steps++)
        {
            yield return container;
            parent = container.Parent;
        }
    }

    /// <summary>The addresses of every field of that name; unclear where readers could see others.</summary>
    public IReadOnlyList<Mailbox> Mailboxes(string field)
    {
        if (_mailboxes.TryGetValue(field, out IReadOnlyList<Mailbox>? known)) return known;
        List<Mailbox> found = [];
        IReadOnlyList<HeaderFact> fields = Headers(field);
        // RFC 5322 3.6: From, Reply-To and Sender stand once; of two, every reader picks his own.
        bool several = fields.Count > 1;
        foreach (HeaderFact header in fields)
        {
            AddressList list = AddressList.Read(Encoding.Latin1.GetBytes(header.RawValue), Limits.Default);
            bool unclear = several || list.IsOdd || list.IsCut || header.Value.Length >= FactValue.TextLimit;
            foreach (MailAddress address in list.Addresses) found.Add(new Mailbox(address.DisplayName, address.Address, address.Domain, unclear));
        }

        return _mailboxes[field] = found;
    }
}

/// <summary>One address of a header field.</summary>
/// <param name="DisplayName">Decoded.</param>
/// <param name="Address">Local part and domain.</param>
/// <param name="Domain">Lower case.</param>
/// <param name="IsUnclear">Readers could see another one.</param>
internal sealed record Mailbox(string DisplayName, string Address, string Domain, bool IsUnclear);
