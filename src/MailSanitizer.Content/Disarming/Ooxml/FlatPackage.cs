using System.Text;
using System.Xml;
using MailSanitizer.Content.Formats.Opc;
using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>A package in one XML file (Flat OPC, "Word XML document"): read into parts, written anew from them.</summary>
internal static class FlatPackage
{
    /// <summary>The namespace of the envelope.</summary>
    public const string Namespace = "http://schemas.microsoft.com/office/2006/xmlPackage";

    /// <summary>Reads the parts; null when it is no such file, and <paramref name="why"/> says why. Throws <see cref="LimitReachedException"/>.</summary>
    public static OpcPackage? Read(PartBytes bytes, Limits limits, out string why, CancellationToken cancellation)
    {
        why = "not a flat package";
        List<OpcPart> parts = [];
        List<OpcContentType> types = [];
        try
        {
            using Stream content = bytes.OpenRead();
            using XmlReader reader = XmlWalk.Open(content, 0, limits, OoxmlFindings.OverLimit, cancellation);
            while (reader.Read())
            {
                if (reader.NodeType != XmlNodeType.Element || reader.LocalName != "part") continue;
                string name = Attribute(reader, "name").TrimStart('/');
                string type = Attribute(reader, "contentType").Trim().ToLowerInvariant();
                byte[] data = Content(reader, limits);
                if (parts.Count >= limits.ArchiveEntries) throw new LimitReachedException(OoxmlFindings.OverLimit);
                parts.Add(new OpcPart(name, _ => new MemoryStream(data, writable: false), null, 0, data.Length));
                types.Add(new OpcContentType(0, true, OpcNames.Key(name), type));
            }
        }
        catch (Exception broken) when (broken is XmlException or ArgumentException or FormatException or NotSupportedException)
        {
            why = "not well-formed";
            return null;
        }

        return parts.Count == 0 ? null : OpcPackage.Of(parts, types, limits, OoxmlFindings.OverLimit, cancellation);
    }

    /// <summary>Writes what stays.</summary>
    public static void Write(OpcPackage package, OoxmlInspection inspection, Stream output, Limits limits, CancellationToken cancellation)
    {
        using XmlWriter writer = XmlWriter.Create(output, new XmlWriterSettings { Encoding = new UTF8Encoding(false), NewLineHandling = NewLineHandling.Entitize, CheckCharacters = false });
        writer.WriteStartDocument(true);
        string program = package.Find("xl/workbook.xml") is not null ? "Excel.Sheet" : package.Find("ppt/presentation.xml") is not null ? "PowerPoint.Show" : "Word.Document";
        writer.WriteProcessingInstruction("mso-application", $"progid=\"{program}\"");
        writer.WriteStartElement("pkg", "package", Namespace);
        foreach (OpcPart part in package.Parts)
        {
            cancellation.ThrowIfCancellationRequested();
            if (inspection.Gone.Contains(part)) continue;
            string type = inspection.Retyped.GetValueOrDefault(part) ?? part.Types[0];
            byte[] bytes = Final(part, inspection, limits, cancellation);
            writer.WriteStartElement("pkg", "part", Namespace);
            writer.WriteAttributeString("pkg", "name", Namespace, "/" + part.Name);
            writer.WriteAttributeString("pkg", "contentType", Namespace, type);
            if (type.EndsWith("xml", StringComparison.Ordinal) || type.EndsWith("vmldrawing", StringComparison.Ordinal))
            {
                writer.WriteStartElement("pkg", "xmlData", Namespace);
                using XmlReader reader = XmlWalk.Open(new MemoryStream(bytes), 0, limits, OoxmlFindings.OverLimit, cancellation);
                reader.MoveToContent();
                if (!reader.EOF) writer.WriteNode(reader, true);
            }
            else
            {
                writer.WriteAttributeString("pkg", "compression", Namespace, "store");
                writer.WriteStartElement("pkg", "binaryData", Namespace);
                writer.WriteBase64(bytes, 0, bytes.Length);
            }

            writer.WriteEndElement();
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
        writer.WriteEndDocument();
    }

    private static byte[] Final(OpcPart part, OoxmlInspection inspection, Limits limits, CancellationToken cancellation)
    {
        if (inspection.Replaced.TryGetValue(part, out PartBytes? replaced)) return replaced.ToArray(limits.XmlPartBytes) ?? [];
        if (!inspection.Plans.TryGetValue(part, out XmlPlan? plan) || plan.IsEmpty) return part.Read(limits.XmlPartBytes, cancellation) ?? [];
        using MemoryStream rewritten = new();
        using Stream content = part.Open(cancellation);
        XmlRewriter.Write(content, plan, rewritten, limits, OoxmlFindings.OverLimit, cancellation);
        return rewritten.ToArray();
    }

    private static string Attribute(XmlReader reader, string local)
    {
        string value = "";
        while (reader.MoveToNextAttribute())
        {
            if (reader.LocalName == local) value = reader.Value;
        }

        reader.MoveToElement();
        return value;
    }

    private static byte[] Content(XmlReader reader, Limits limits)
    {
        using MemoryStream data = new();
        if (reader.IsEmptyElement) return [];
        using XmlReader part = reader.ReadSubtree();
        while (part.Read())
        {
            if (part.NodeType != XmlNodeType.Element) continue;
            if (part.LocalName == "xmlData")
            {
                using XmlReader inner = part.ReadSubtree();
                inner.Read();
                using XmlWriter writer = XmlWriter.Create(data, new XmlWriterSettings { Encoding = new UTF8Encoding(false), NewLineHandling = NewLineHandling.Entitize, CloseOutput = false, CheckCharacters = false, ConformanceLevel = ConformanceLevel.Fragment });
                while (inner.Read() && inner.NodeType != XmlNodeType.Element)
                {
                }

                if (inner.NodeType == XmlNodeType.Element) Copy(inner, writer, limits);
            }
            else if (part.LocalName == "binaryData" && !part.IsEmptyElement)
            {
                byte[] buffer = new byte[16 * 1024];
                for (int got; (got = part.ReadElementContentAsBase64(buffer, 0, buffer.Length)) > 0;) data.Write(buffer, 0, got);
            }
        }

        return data.ToArray();
    }

    // One element with all that is in it, without recursion and within the depth that every part has.
    private static void Copy(XmlReader reader, XmlWriter writer, Limits limits)
    {
        int depth = 0;
        char[] buffer = new char[4096];
        do
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    bool empty = reader.IsEmptyElement;
                    writer.WriteStartElement(reader.Prefix, reader.LocalName, reader.NamespaceURI);
                    writer.WriteAttributes(reader, false);
                    if (empty) writer.WriteEndElement();
                    else if (++depth > limits.XmlDepth) throw new LimitReachedException(OoxmlFindings.OverLimit);
                    if (empty && depth == 0) return;
                    break;
                case XmlNodeType.EndElement:
                    writer.WriteFullEndElement();
                    if (--depth == 0) return;
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    XmlRewriter.Text(reader, writer, buffer);
                    break;
                default:
                    break;
            }
        }
        while (reader.Read());
    }
}
