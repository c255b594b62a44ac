using System.Net;
using MailSanitizer.Mail.Signatures;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Conditions;

/// <summary>
/// A list from a file <c>lists/NAME.txt</c>: one entry a line, <c>#</c> begins a comment. What an entry means follows from the fact it is compared with: a domain stands for
/// itself and, with a leading dot, for those below it; an address for itself, a domain among addresses for all of its addresses; a network for its addresses.
/// </summary>
internal sealed class NamedList
{
    /// <summary>Largest file (bytes). Origin: product decision; a million hashes are 65 MB. At it: an error.</summary>
    public const long FileLimit = 80L * 1024 * 1024;

    private readonly HashSet<string> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _below = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<IPNetwork> _networks = [];

    private NamedList(string name) => Name = name;

    public string Name { get; }

    public int Count => _entries.Count + _below.Count + _networks.Count;

    /// <summary>The plain entries, for comparing by look.</summary>
    public IReadOnlyCollection<string> Entries => _entries;

    public static NamedList Read(string name, TextReader reader)
    {
        NamedList list = new(name);
        while (reader.ReadLine() is { } line)
        {
            int comment = line.StartsWith('#') ? 0 : line.IndexOf(" #", StringComparison.Ordinal);
            string entry = (comment < 0 ? line : line[..comment]).Trim();
            if (entry.Length > 0) list.Add(entry);
        }

        return list;
    }

    public bool Contains(FactValue value, FactType type)
    {
        if (type == FactType.Ip) return value.Item is IPAddress address && _networks.Any(network => network.Contains(address));
        if (_entries.Contains(value.Text)) return true;
        if (type is not (FactType.Domain or FactType.Address)) return false;
        string domain = value.Text[(value.Text.LastIndexOf('@') + 1)..];
        if (type == FactType.Address && _entries.Contains(Values.Domain(domain))) return true;
        for (string? parent = DomainName.Parent(Values.Domain(domain)); parent is not null; parent = DomainName.Parent(parent))
            if (_below.Contains(parent)) return true;
        return false;
    }

    private void Add(string entry)
    {
        if (entry.StartsWith('.'))
        {
            _below.Add(Values.Domain(entry[1..]));
        }
        else if (IPNetwork.TryParse(entry, out IPNetwork network))
        {
            _networks.Add(network);
        }
        else if (IPAddress.TryParse(entry, out IPAddress? address))
        {
            _networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
        }
        else
        {
            _entries.Add(entry);
            // A domain is compared in A-labels; as written it may be text of another kind too.
            if (entry.Contains('.', StringComparison.Ordinal) && !entry.Contains('@', StringComparison.Ordinal)) _entries.Add(Values.Domain(entry));
        }
    }
}
