namespace MailSanitizer.Rules.Files;

/// <summary>What a node is.</summary>
internal enum NodeKind
{
    /// <summary>One text.</summary>
    Scalar,

    /// <summary>A list.</summary>
    List,

    /// <summary>Keys and values.</summary>
    Map,
}

/// <summary>One node of a rule file with its place. The tree is bounded in depth and count by <see cref="BoundedYaml"/>.</summary>
internal sealed class RuleNode(NodeKind kind, long line, long column)
{
    private readonly List<RuleNode> _items = [];
    private readonly List<KeyValuePair<RuleNode, RuleNode>> _entries = [];
    private readonly Dictionary<string, RuleNode> _byKey = new(StringComparer.Ordinal);

    public NodeKind Kind => kind;

    public long Line => line;

    public long Column => column;

    /// <summary>The text of a scalar; empty for a null.</summary>
    public string Text { get; init; } = "";

    /// <summary>Written without quotes: may be a number, a flag or nothing.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Nothing, as YAML's core schema has it.</summary>
    public bool IsNull => kind == NodeKind.Scalar && IsPlain && (Text is "" or "~" or "null" or "Null" or "NULL");

    public IReadOnlyList<RuleNode> Items => _items;

    public IReadOnlyList<KeyValuePair<RuleNode, RuleNode>> Entries => _entries;

    public void Add(RuleNode item) => _items.Add(item);

    public void Add(RuleNode key, RuleNode value)
    {
        _entries.Add(KeyValuePair.Create(key, value));
        _byKey[key.Text] = value;
    }

    public RuleNode? Get(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>The items of a list, or the node itself where one stands for a list of one.</summary>
    public IReadOnlyList<RuleNode> OneOrMany() => kind == NodeKind.List ? _items : [this];
}
