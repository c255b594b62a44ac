using MailSanitizer.Content.Formats.Opc;
using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>The list of content types after parts went or changed.</summary>
internal static class ContentTypeEdits
{
    /// <summary>Edits the list; <paramref name="plan"/> is asked only when something changes.</summary>
    public static void Apply(OpcPackage package, HashSet<OpcPart> gone, Dictionary<OpcPart, string> retyped, Func<XmlPlan> plan)
    {
        if (gone.Count == 0 && retyped.Count == 0) return;
        Dictionary<string, OpcPart> byKey = [];
        foreach (OpcPart part in package.Parts) byKey.TryAdd(part.Key, part);
        HashSet<string> overridden = [.. package.ContentTypes.Where(row => row.IsOverride).Select(row => row.Key)];
        HashSet<string> used = [.. package.Parts.Where(part => !gone.Contains(part) && !overridden.Contains(part.Key)).Select(part => OpcNames.Extension(part.Key))];
        Dictionary<string, string> types = [];
        foreach ((OpcPart part, string type) in retyped)
        {
            if (!overridden.Contains(part.Key)) types[OpcNames.Extension(part.Key)] = type;
        }

        foreach (OpcContentType row in package.ContentTypes)
        {
            if (row.IsOverride)
            {
                OpcPart? part = byKey.GetValueOrDefault(row.Key);
                if (part is null || gone.Contains(part)) plan().Remove(row.Ordinal);
                else if (retyped.TryGetValue(part, out string? type)) plan().SetAttribute(row.Ordinal, "ContentType", "", type);
            }
            else if (types.TryGetValue(row.Key, out string? type))
            {
                plan().SetAttribute(row.Ordinal, "ContentType", "", type);
            }
            else if (!used.Contains(row.Key) && PartTypes.Of(row.Type).Look == PartLook.Goes)
            {
                plan().Remove(row.Ordinal);
            }
        }
    }
}
