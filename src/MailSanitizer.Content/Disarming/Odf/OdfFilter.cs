using System.Text;
using System.Xml;

namespace MailSanitizer.Content.Disarming.Odf;

/// <summary>How reading one XML file ended.</summary>
internal enum OdfXmlResult
{
    /// <summary>Read to its end.</summary>
    Complete,

    /// <summary>No well-formed XML, or XML with a document type.</summary>
    Damaged,

    /// <summary>A limit ended it.</summary>
    OverLimit,
}

/// <summary>One pass over an OpenDocument XML file: what acts is told to <paramref name="found"/>; where that answers true it is left out of what is written.</summary>
/// <param name="found">Kind and detail of each place; true: it goes.</param>
/// <param name="limits">Limits in force.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class OdfFilter(Func<FindingKind, string, bool> found, Limits limits, CancellationToken cancellation)
{
    private bool _changed;

    /// <summary>Entries of the manifest that are left out, by path; null in every other file.</summary>
    public Predicate<string>? Unlisted { get; init; }

    /// <summary>True when something was left out.</summary>
    public bool IsChanged => _changed;

    /// <summary>Reads; writes to <paramref name="output"/> when that is given.</summary>
    public OdfXmlResult Run(Stream input, Stream? output)
    {
        using CountedStream counted = new(input, limits.OdfXmlBytes, cancellation);
        XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, CloseInput = false };
        using XmlWriter? writer = output is null ? null : XmlWriter.Create(output, new XmlWriterSettings { Encoding = new UTF8Encoding(false), NewLineHandling = NewLineHandling.Entitize, CloseOutput = false });
        try
        {
            using XmlReader reader = XmlReader.Create(counted, settings);
            return Run(reader, writer, counted);
        }
        catch (Exception broken) when (broken is XmlException or ArgumentException or NotSupportedException or InvalidDataException)
        {
            // Besides its own exception the reader lets through those of encodings that nobody has and of surrogates that stand alone.
            return counted.IsCut ? OdfXmlResult.OverLimit : OdfXmlResult.Damaged;
        }
    }

    private OdfXmlResult Run(XmlReader reader, XmlWriter? writer, CountedStream counted)
    {
        List<int> unwrapped = [];
        bool more = reader.Read();
        while (more)
        {
            cancellation.ThrowIfCancellationRequested();
            if (reader.Depth > limits.OdfXmlDepth) return OdfXmlResult.OverLimit;
            if (reader.NodeType == XmlNodeType.Element)
            {
                OdfAct act = Judge(reader, unwrapped.Count > 0);
                if (act == OdfAct.Drop && reader.Depth > 0)
                {
                    // Skip() stands on what follows. Nested levels are counted by the reader, not by the stack.
                    if (reader.IsEmptyElement) more = reader.Read();
                    else more = Skip(reader);
                    continue;
                }

                if (act == OdfAct.Unwrap && reader.Depth > 0)
                {
                    if (!reader.IsEmptyElement) unwrapped.Add(reader.Depth);
                }
                else
                {
                    Start(reader, writer);
                }
            }
            else if (reader.NodeType == XmlNodeType.EndElement && unwrapped.Count > 0 && unwrapped[^1] == reader.Depth)
            {
                unwrapped.RemoveAt(unwrapped.Count - 1);
            }
            else
            {
                Other(reader, writer);
            }

            more = reader.Read();
        }

        writer?.Flush();
        return counted.IsCut ? OdfXmlResult.OverLimit : OdfXmlResult.Complete;
    }

    private bool Skip(XmlReader reader)
    {
        int depth = reader.Depth;
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            if (reader.NodeType == XmlNodeType.EndElement && reader.Depth == depth) return reader.Read();
        }

        return false;
    }

    private OdfAct Judge(XmlReader reader, bool inUnwrapped)
    {
        if (Unlisted is not null && reader.LocalName == "file-entry")
        {
            string? path = null;
            for (int i = 0; i < reader.AttributeCount; i++)
            {
                reader.MoveToAttribute(i);
                if (reader.LocalName == "full-path") path = reader.Value;
            }

            reader.MoveToElement();
            if (path is null || !Unlisted(path)) return OdfAct.Keep;
            _changed = true;
            return OdfAct.Drop;
        }

        (OdfAct act, FindingKind? kind, string detail) = OdfVerdict.Element(reader);
        if (act == OdfAct.Keep && inUnwrapped && reader.LocalName == "event-listeners") return OdfAct.Drop;
        if (kind is not null && found(kind, detail))
        {
            _changed = true;
            return act;
        }

        // A reference that is loaded takes its element with it: an image without a file is none.
        return HasLoad(reader) ? OdfAct.Drop : OdfAct.Keep;
    }

    private bool HasLoad(XmlReader reader)
    {
        string family = OdfVerdict.Family(reader.NamespaceURI), element = reader.LocalName;
        bool loads = false;
        for (int i = 0; i < reader.AttributeCount && !loads; i++)
        {
            reader.MoveToAttribute(i);
            if (reader.LocalName != "href") continue;
            (OdfAct act, FindingKind? kind, string detail) = OdfVerdict.Attribute(family, element, OdfVerdict.Family(reader.NamespaceURI), reader.LocalName, reader.Value);
            loads = act == OdfAct.Drop && (kind == OfficeFindings.ExternalLink || kind == OfficeFindings.LinkedMedia || kind == OfficeFindings.LinkedObject) && found(kind, detail);
        }

        reader.MoveToElement();
        _changed |= loads;
        return loads;
    }

    private void Start(XmlReader reader, XmlWriter? writer)
    {
        string family = OdfVerdict.Family(reader.NamespaceURI), element = reader.LocalName;
        bool empty = reader.IsEmptyElement;
        writer?.WriteStartElement(reader.Prefix, reader.LocalName, reader.NamespaceURI);
        for (int i = 0; i < reader.AttributeCount; i++)
        {
            reader.MoveToAttribute(i);
            (OdfAct act, FindingKind? kind, string detail) = OdfVerdict.Attribute(family, element, OdfVerdict.Family(reader.NamespaceURI), reader.LocalName, reader.Value);
            bool asked = reader.LocalName == "href" && (kind == OfficeFindings.ExternalLink || kind == OfficeFindings.LinkedMedia || kind == OfficeFindings.LinkedObject);
            if (act == OdfAct.Drop && !asked && found(kind!, detail))
            {
                _changed = true;

                // A named expression must have one: of:=0 calculates nothing.
                if (reader.LocalName == "expression") writer?.WriteAttributeString(reader.Prefix, reader.LocalName, reader.NamespaceURI, "0");
                continue;
            }

            writer?.WriteAttributeString(reader.Prefix, reader.LocalName, reader.NamespaceURI, reader.Value);
        }

        reader.MoveToElement();
        if (empty) writer?.WriteEndElement();
    }

    private static void Other(XmlReader reader, XmlWriter? writer)
    {
        if (writer is null) return;
        switch (reader.NodeType)
        {
            case XmlNodeType.EndElement: writer.WriteFullEndElement(); break;
            case XmlNodeType.Text: writer.WriteString(reader.Value); break;
            case XmlNodeType.CDATA: writer.WriteCData(reader.Value); break;
            case XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace: writer.WriteWhitespace(reader.Value); break;
            case XmlNodeType.Comment: writer.WriteComment(reader.Value); break;
            case XmlNodeType.ProcessingInstruction: writer.WriteProcessingInstruction(reader.Name, reader.Value); break;
        }
    }

    /// <summary>Ends at the limit, and says so: the XML reader takes it for a broken file.</summary>
    private sealed class CountedStream(Stream inner, long most, CancellationToken cancellation) : ForwardStream
    {
        private long _count;

        public bool IsCut { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_count >= most)
            {
                IsCut = inner.ReadByte() >= 0 || IsCut;
                return 0;
            }

            int got = inner.Read(buffer[..(int)Math.Min(buffer.Length, most - _count)]);
            _count += got;
            return got;
        }
    }
}
