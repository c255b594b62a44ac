namespace MailSanitizer.Content.Formats.Xml;

/// <summary>What changes in one XML part, by the number of the element (<see cref="XmlFrame.Ordinal"/>). Made in one pass, carried out by <see cref="XmlRewriter"/> in a second one.</summary>
public sealed class XmlPlan
{
    private readonly Dictionary<int, XmlEdit> _edits = [];

    /// <summary>True when nothing changes.</summary>
    public bool IsEmpty => _edits.Count == 0;

    /// <summary>The edit of an element, or null.</summary>
    public XmlEdit? Of(int ordinal) => _edits.GetValueOrDefault(ordinal);

    /// <summary>Takes an element out with everything in it.</summary>
    public void Remove(int ordinal) => Edit(ordinal).Removed = true;

    /// <summary>True when the element is to be taken out.</summary>
    public bool IsRemoved(int ordinal) => Of(ordinal) is { Removed: true };

    /// <summary>Takes an element's tags out and leaves what is between them.</summary>
    public void Unwrap(int ordinal) => Edit(ordinal).Unwrapped = true;

    /// <summary>Takes an attribute out.</summary>
    public void RemoveAttribute(int ordinal, string local, string ns) => Edit(ordinal).Attributes[(local, ns)] = null;

    /// <summary>Gives an attribute that is there another value.</summary>
    public void SetAttribute(int ordinal, string local, string ns, string value) => Edit(ordinal).Attributes[(local, ns)] = value;

    /// <summary>Gives an element another local name.</summary>
    public void Rename(int ordinal, string local) => Edit(ordinal).Local = local;

    private XmlEdit Edit(int ordinal)
    {
        if (!_edits.TryGetValue(ordinal, out XmlEdit? edit)) _edits.Add(ordinal, edit = new XmlEdit());
        return edit;
    }
}

/// <summary>What changes in one element.</summary>
public sealed class XmlEdit
{
    /// <summary>It goes with all that is in it.</summary>
    public bool Removed { get; internal set; }

    /// <summary>Its tags go.</summary>
    public bool Unwrapped { get; internal set; }

    /// <summary>Its new local name, or null.</summary>
    public string? Local { get; internal set; }

    /// <summary>New values by local name and namespace; null takes the attribute out.</summary>
    public Dictionary<(string Local, string Namespace), string?> Attributes { get; } = [];
}
