using MailSanitizer.Content.Formats.Xml;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>What slides and drawings have: actions of shapes and text, and animations that give an object an order.</summary>
internal sealed class SlideXml(PartXml part)
{
    public void Start(XmlWalk walk, XmlFrame element)
    {
        switch (element.Local)
        {
            case "hlinkClick" or "hlinkHover" or "hlinkMouseOver":
                string action = walk.Reader.GetAttribute("action")?.Trim() ?? "";
                if (!IsPassive(action) && part.Takes(OfficeFindings.SlideAction, action.Length > 200 ? action[..200] : action)) part.Remove(walk, element);
                break;
            case "cmd" when walk.Reader.GetAttribute("type")?.Trim().Equals("verb", StringComparison.OrdinalIgnoreCase) is true:
                // Orders the object of the shape to open: what CVE-2014-4114 did. An animation may not lose its only step, so it becomes one that does nothing here.
                if (!part.Takes(OfficeFindings.SlideAction, "verb")) break;
                part.Plan.SetAttribute(element.Ordinal, "type", "", "evt");
                part.Plan.SetAttribute(element.Ordinal, "cmd", "", "onstopaudio");
                break;
            case "htmlPubPr":
                if (part.Takes(OfficeFindings.ExternalLink, "htmlPubPr")) part.Remove(walk, element);
                break;
            default:
                break;
        }
    }

    // ECMA-376 part 1, 21.1.2.3.5: what moves inside the show, and what a media shape does with itself.
    private static bool IsPassive(string action)
    {
        if (action.Length == 0) return true;
        string lower = action.ToLowerInvariant();
        int end = lower.IndexOf('?', StringComparison.Ordinal);
        return (end < 0 ? lower : lower[..end]) is "ppaction://noaction" or "ppaction://hlinksldjump" or "ppaction://hlinkshowjump" or "ppaction://customshow" or "ppaction://media";
    }
}
