using System.Text;
using System.Xml;

namespace MailSanitizer.Content.Formats.Xml;

/// <summary>Writes an XML part anew with the edits of a plan: streaming, in UTF-8, prefixes and namespace declarations as they were. Comments and processing instructions are left out.</summary>
public static class XmlRewriter
{
    /// <summary>Carries a plan out. The content must be what the plan was made from, so it is known to be well-formed. <paramref name="application"/>: the processing instruction by which Windows chooses the program, or null.</summary>
    public static void Write(Stream content, XmlPlan plan, Stream output, Limits limits, FindingKind over, CancellationToken cancellation, string? application = null)
    {
        using XmlReader reader = XmlWalk.Open(content, 0, limits, over, cancellation);
        using XmlWriter writer = XmlWriter.Create(output, new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(false),
            NewLineHandling = NewLineHandling.Entitize,
            CloseOutput = false,
            CheckCharacters = false,
        });
        writer.WriteStartDocument(true);
        if (application is not null) writer.WriteProcessingInstruction("mso-application", application);
        Copy(reader, plan, writer);
        writer.WriteEndDocument();
    }

    private static void Copy(XmlReader reader, XmlPlan plan, XmlWriter writer)
    {
        Stack<bool> unwrapped = [];
        char[] buffer = new char[8192];
        int count = 0, removedDepth = -1;
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    XmlEdit? edit = plan.Of(count++);
                    bool empty = reader.IsEmptyElement;
                    if (removedDepth >= 0) break;
                    if (edit is { Removed: true })
                    {
                        if (!empty) removedDepth = reader.Depth;
                        break;
                    }

                    bool unwrap = edit is { Unwrapped: true };
                    if (!unwrap) Start(reader, edit, writer);
                    if (empty && !unwrap) writer.WriteEndElement();
                    else if (!empty) unwrapped.Push(unwrap);
                    break;
                case XmlNodeType.EndElement:
                    if (removedDepth >= 0)
                    {
                        if (reader.Depth == removedDepth) removedDepth = -1;
                    }
                    else if (!unwrapped.Pop())
                    {
                        writer.WriteFullEndElement();
                    }

                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace when removedDepth < 0 && unwrapped.Count > 0:
                    Text(reader, writer, buffer);
                    break;
                default:
                    break;
            }
        }
    }

    private static void Start(XmlReader reader, XmlEdit? edit, XmlWriter writer)
    {
        writer.WriteStartElement(reader.Prefix, edit?.Local ?? reader.LocalName, reader.NamespaceURI);
        while (reader.MoveToNextAttribute())
        {
            string? value = edit is not null && edit.Attributes.TryGetValue((reader.LocalName, reader.NamespaceURI), out string? changed) ? changed : reader.Value;
            if (value is null) continue;
            writer.WriteAttributeString(reader.Prefix, reader.LocalName, reader.NamespaceURI, value);
        }

        reader.MoveToElement();
    }

    // A pair of surrogates may fall on the border of two pieces; the writer wants it whole.
    internal static void Text(XmlReader reader, XmlWriter writer, char[] buffer)
    {
        int kept = 0;
        for (int got; (got = reader.ReadValueChunk(buffer, kept, buffer.Length - kept)) > 0;)
        {
            int length = kept + got;
            kept = char.IsHighSurrogate(buffer[length - 1]) ? 1 : 0;
            char last = buffer[length - 1];
            writer.WriteChars(buffer, 0, length - kept);
            if (kept == 1) buffer[0] = last;
        }

        if (kept == 1) writer.WriteChars(buffer, 0, 1);
    }
}
