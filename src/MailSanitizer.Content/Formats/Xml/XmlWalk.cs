using System.Text;
using System.Xml;

namespace MailSanitizer.Content.Formats.Xml;

/// <summary>What looks at an XML part while it streams by.</summary>
public interface IXmlVisitor
{
    /// <summary>An element begins; <see cref="XmlWalk.Reader"/> stands on it and has its attributes.</summary>
    void Start(XmlWalk walk, XmlFrame element);

    /// <summary>An element ends. <see cref="XmlFrame.Text"/> holds its own text when <see cref="XmlFrame.KeepText"/> was called at its start.</summary>
    void End(XmlWalk walk, XmlFrame element);
}

/// <summary>An element that is open. Used again for the next element of its depth: nothing of it may be kept beyond its end.</summary>
public sealed class XmlFrame
{
    /// <summary>Local name.</summary>
    public string Local { get; internal set; } = "";

    /// <summary>Namespace.</summary>
    public string Namespace { get; internal set; } = "";

    /// <summary>Number of the element in document order, the root being 0.</summary>
    public int Ordinal { get; internal set; }

    /// <summary>Elements right below it so far.</summary>
    public int Children { get; internal set; }

    /// <summary>For the visitor's own use: children that go.</summary>
    public int Gone { get; set; }

    /// <summary>For the visitor's own use.</summary>
    public object? Tag { get; set; }

    /// <summary>The element's own text so far, or null when nobody asked for it.</summary>
    public StringBuilder? Text { get; private set; }

    /// <summary>Asks for the element's own text.</summary>
    public void KeepText() => Text ??= new StringBuilder();

    internal void Begin(string local, string ns, int ordinal) => (Local, Namespace, Ordinal, Children, Gone, Tag, Text) = (local, ns, ordinal, 0, 0, null, null);
}

/// <summary>One pass over an XML part: streaming, without document types, bounded in depth, size and the length of what is held (<c>XmlLimits.cs</c>).</summary>
public sealed class XmlWalk
{
    private readonly List<XmlFrame> _frames = [];
    private readonly Limits _limits;
    private readonly FindingKind _over;

    private XmlWalk(XmlReader reader, Limits limits, FindingKind over) => (Reader, _limits, _over) = (reader, limits, over);

    /// <summary>Stands on the element that begins; otherwise not to be used.</summary>
    public XmlReader Reader { get; }

    /// <summary>Open elements, the one that begins or ends included.</summary>
    public int Depth { get; private set; }

    /// <summary>Elements so far.</summary>
    public int Count { get; private set; }

    /// <summary>The open element at a depth, the root being 0.</summary>
    public XmlFrame this[int depth] => _frames[depth];

    /// <summary>The open element <paramref name="above"/> levels above the current one, or null.</summary>
    public XmlFrame? Above(int above) => Depth - 1 - above >= 0 ? _frames[Depth - 1 - above] : null;

    /// <summary>The parser that every pass uses: no document types, nothing resolved.</summary>
    internal static XmlReader Open(Stream content, long packedSize, Limits limits, FindingKind over, CancellationToken cancellation) =>
        XmlReader.Create(new BoundedXmlStream(content, packedSize, limits, over, cancellation), new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            CloseInput = false,
        });

    /// <summary>
    /// Goes through a part. Null when it was read to its end; else why it is not XML that a program would read. Throws <see cref="LimitReachedException"/> with
    /// <paramref name="over"/> (or <see cref="WalkFindings.OverRatio"/>) at a limit.
    /// </summary>
    public static string? Run(Stream content, long packedSize, Limits limits, FindingKind over, IXmlVisitor visitor, CancellationToken cancellation)
    {
        try
        {
            using XmlReader reader = Open(content, packedSize, limits, over, cancellation);
            new XmlWalk(reader, limits, over).Run(visitor);
            return null;
        }
        catch (XmlException broken)
        {
            // Its message quotes content; the place is enough.
            return $"not well-formed at line {broken.LineNumber}, column {broken.LinePosition}";
        }
        catch (Exception broken) when (broken is DecoderFallbackException or ArgumentException or NotSupportedException)
        {
            return "an encoding that cannot be read";
        }
    }

    private void Run(IXmlVisitor visitor)
    {
        char[]? buffer = null;
        while (Reader.Read())
        {
            switch (Reader.NodeType)
            {
                case XmlNodeType.Element:
                    Start(visitor);
                    break;
                case XmlNodeType.EndElement:
                    End(visitor);
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace when Depth > 0 && _frames[Depth - 1].Text is { } text:
                    buffer ??= new char[4096];
                    for (int got; (got = Reader.ReadValueChunk(buffer, 0, buffer.Length)) > 0;)
                    {
                        if (text.Length + got > _limits.XmlTextLength) throw new LimitReachedException(_over);
                        text.Append(buffer, 0, got);
                    }

                    break;
                default:
                    break;
            }
        }
    }

    private void Start(IXmlVisitor visitor)
    {
        bool empty = Reader.IsEmptyElement;
        if (Depth >= _limits.XmlDepth) throw new LimitReachedException(_over);
        if (Depth > 0) _frames[Depth - 1].Children++;
        if (_frames.Count == Depth) _frames.Add(new XmlFrame());
        XmlFrame frame = _frames[Depth++];
        frame.Begin(Reader.LocalName, Reader.NamespaceURI, Count++);
        visitor.Start(this, frame);
        if (empty) End(visitor);
    }

    private void End(IXmlVisitor visitor)
    {
        visitor.End(this, _frames[Depth - 1]);
        Depth--;
    }
}
