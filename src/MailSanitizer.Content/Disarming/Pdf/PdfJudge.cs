using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Pdf;

namespace MailSanitizer.Content.Disarming.Pdf;

/// <summary>One thing in a dictionary that can act.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">The entry that goes; null: the dictionary as a whole.</param>
/// <param name="Detail">For people.</param>
/// <param name="IsAnnotation">The whole dictionary is an annotation: its appearance may stay as a picture.</param>
internal readonly record struct PdfHit(FindingKind Kind, string? Key, string Detail, bool IsAnnotation = false);

/// <summary>
/// Says what in one dictionary can act. It does not ask how a reader comes to the dictionary: the same shapes act wherever they stand, and a
/// judgement by the way there would have to know every reader's ways. Walk and rebuild use the same judgement.
/// </summary>
internal sealed class PdfJudge(PdfFile file)
{
    /// <summary>Action types (12.6.4) that can stay, where nothing else in the action speaks against it.</summary>
    private static readonly HashSet<string> Passive = new(StringComparer.Ordinal) { "GoTo", "GoToDp", "Hide", "SetOCGState", "Trans", "Thread", "URI", "Named", "NOP" };

    private static readonly Dictionary<string, FindingKind> Actions = new(StringComparer.Ordinal)
    {
        ["JavaScript"] = PdfFindings.JavaScript,
        ["Launch"] = PdfFindings.Launch,
        ["SubmitForm"] = PdfFindings.SubmitForm,
        ["ResetForm"] = PdfFindings.ResetForm,
        ["ImportData"] = PdfFindings.ImportData,
        ["GoToR"] = PdfFindings.GoToRemote,
        ["GoToE"] = PdfFindings.GoToEmbedded,
        ["Sound"] = PdfFindings.Sound,
        ["Movie"] = PdfFindings.Movie,
        ["Rendition"] = PdfFindings.Rendition,
        ["GoTo3DView"] = PdfFindings.ThreeD,
        ["RichMediaExecute"] = PdfFindings.RichMedia,
        // Media objects carry their type in the same entry (13.2).
        ["MR"] = PdfFindings.Rendition,
        ["SR"] = PdfFindings.Rendition,
        ["MCD"] = PdfFindings.Rendition,
        ["MCS"] = PdfFindings.Rendition,
    };

    private static readonly Dictionary<string, FindingKind> Annotations = new(StringComparer.Ordinal)
    {
        ["RichMedia"] = PdfFindings.RichMedia,
        ["3D"] = PdfFindings.ThreeD,
        ["Movie"] = PdfFindings.Movie,
        ["Sound"] = PdfFindings.Sound,
        ["Screen"] = PdfFindings.Rendition,
    };

    private static readonly Dictionary<string, FindingKind> Types = new(StringComparer.Ordinal)
    {
        ["Rendition"] = PdfFindings.Rendition,
        ["MediaClip"] = PdfFindings.Rendition,
        ["RichMediaContent"] = PdfFindings.RichMedia,
        ["RichMediaSettings"] = PdfFindings.RichMedia,
        ["SlideShow"] = PdfFindings.RichMedia,
        ["Navigator"] = PdfFindings.RichMedia,
        ["3D"] = PdfFindings.ThreeD,
        ["Sound"] = PdfFindings.Sound,
        ["SpiderContentSet"] = PdfFindings.WebCapture,
    };

    /// <summary>Names that a dictionary with something active is written with; asked only of objects that did not parse cleanly.</summary>
    public static HashSet<string> Telling { get; } = new([.. Actions.Keys.Where(name => name.Length > 3), "JS", "OpenAction", "AA", "XFA", "RichMedia", "EmbeddedFile", "EmbeddedFiles", "EF", "URI", "3D"], StringComparer.Ordinal);

    private readonly Dictionary<string, bool> _links = new(StringComparer.Ordinal);
    private bool? _webBase;

    /// <summary>Everything in a dictionary that can act, in a stable order.</summary>
    public List<PdfHit> Look(PdfDictionary dictionary, bool isStream)
    {
        List<PdfHit> hits = [];
        foreach (string type in Names(dictionary, "S")) Action(dictionary, type, hits);
        string kind = file.NameOf(dictionary, "Type");
        if (kind == "Action") Unknown(dictionary, null, hits);
        Annotation(dictionary, hits);
        foreach (string type in Names(dictionary, "Type"))
        {
            if (Types.TryGetValue(type, out FindingKind? found) && (type is not ("3D" or "Sound") || isStream)) hits.Add(new PdfHit(found, null, type));
        }

        foreach ((string key, PdfValue value) in dictionary.Entries) Entry(dictionary, isStream, key, value, hits);
        Specification(dictionary, kind, isStream, hits);
        foreach (string type in Names(dictionary, "Subtype").Concat(Names(dictionary, "Subtype2")))
        {
            if (isStream && type == "PS") hits.Add(new PdfHit(PdfFindings.PostScript, null, "PostScript XObject"));
        }

        return hits;
    }

    /// <summary>The address of a link action, decoded; null when the dictionary is none.</summary>
    public string? LinkOf(PdfDictionary dictionary) => file.NameOf(dictionary, "S") == "URI" && file.Resolve(dictionary["URI"]) is PdfString text ? PdfText.Decode(text.Bytes) : null;

    /// <summary>True for a file specification with embedded bytes (7.11.3).</summary>
    public bool IsEmbedding(PdfDictionary dictionary) => file.Resolve(dictionary["EF"]) is PdfDictionary;

    private List<string> Names(PdfDictionary dictionary, string key)
    {
        List<string> names = [];
        foreach ((string name, PdfValue value) in dictionary.Entries)
        {
            if (name == key && file.Resolve(value) is PdfName given) names.Add(given.Text);
        }

        return names;
    }

    private void Action(PdfDictionary dictionary, string type, List<PdfHit> hits)
    {
        if (Actions.TryGetValue(type, out FindingKind? kind))
        {
            hits.Add(new PdfHit(kind, null, type));
        }
        else if (type == "Named")
        {
            foreach (string name in Names(dictionary, "N").Where(name => name is not ("NextPage" or "PrevPage" or "FirstPage" or "LastPage" or "GoBack" or "GoForward"))) hits.Add(new PdfHit(PdfFindings.NamedAction, null, name));
        }
        else if (type is "Thread" or "GoToDp" or "GoTo")
        {
            // Into another file: the entry F says which.
            if (file.Resolve(dictionary["F"]) is PdfString or PdfDictionary) hits.Add(new PdfHit(PdfFindings.GoToRemote, null, type));
        }
        else if (type == "JS")
        {
            // A requirement handler (12.11) names a script.
            hits.Add(new PdfHit(PdfFindings.JavaScript, null, "requirement handler"));
        }
    }

    private void Annotation(PdfDictionary dictionary, List<PdfHit> hits)
    {
        foreach (string type in Names(dictionary, "Subtype"))
        {
            if (!dictionary.Has("Rect")) continue;
            if (Annotations.TryGetValue(type, out FindingKind? kind)) hits.Add(new PdfHit(kind, null, $"{type} annotation", IsAnnotation: true));
            if (type == "FileAttachment" && dictionary["FS"] is { } file2 && file.Resolve(file2) is { } target && !(target is PdfDictionary specification && IsEmbedding(specification)))
                hits.Add(new PdfHit(PdfFindings.ExternalFile, null, "FileAttachment annotation", IsAnnotation: true));
        }
    }

    private void Entry(PdfDictionary dictionary, bool isStream, string key, PdfValue value, List<PdfHit> hits)
    {
        switch (key)
        {
            case "JS" when file.Resolve(value) is PdfString || (file.Resolve(value) is PdfStream script && !IsResource(script)):
                hits.Add(new PdfHit(PdfFindings.JavaScript, key, "JS"));
                break;
            case "JavaScript" when file.Resolve(value) is PdfDictionary or PdfArray or PdfString or PdfStream:
                hits.Add(new PdfHit(PdfFindings.JavaScript, key, "JavaScript names"));
                break;
            case "OpenAction" when file.Resolve(value) is PdfDictionary action:
                if (!Stays(action)) hits.Add(new PdfHit(PdfFindings.OpenAction, key, file.NameOf(action, "S")));
                Unknown(action, key, hits);
                break;
            case "AA":
                Triggers(value, hits);
                break;
            case "A" or "PA" when file.Resolve(value) is PdfDictionary action:
                Unknown(action, key, hits);
                break;
            case "Next" when file.Resolve(value) is PdfDictionary action && action.Has("S"):
                Unknown(action, key, hits);
                break;
            case "Next" when file.Resolve(value) is PdfArray actions:
                foreach (PdfValue one in actions.Items)
                {
                    if (file.Resolve(one) is PdfDictionary action) Unknown(action, key, hits);
                }

                break;
            case "XFA" when file.Resolve(value) is PdfArray or PdfStream or PdfString:
                hits.Add(new PdfHit(PdfFindings.Xfa, key, "XFA"));
                break;
            case "CO" when dictionary.Has("Fields") && file.Resolve(value) is PdfArray { Items.Count: > 0 }:
                hits.Add(new PdfHit(PdfFindings.CalculationOrder, key, "CO"));
                break;
            case "Renditions" when IsTree(value):
                hits.Add(new PdfHit(PdfFindings.Rendition, key, key));
                break;
            case "AlternatePresentations" when IsTree(value):
                hits.Add(new PdfHit(PdfFindings.RichMedia, key, key));
                break;
            case "Navigator" when file.Resolve(value) is PdfDictionary:
                hits.Add(new PdfHit(PdfFindings.RichMedia, key, key));
                break;
            case "RichMediaContent" or "RichMediaSettings" when file.Resolve(value) is PdfDictionary:
                hits.Add(new PdfHit(PdfFindings.RichMedia, key, key));
                break;
            case "SpiderInfo":
                hits.Add(new PdfHit(PdfFindings.WebCapture, key, key));
                break;
            case "IDS" or "URLS" when IsTree(value):
                hits.Add(new PdfHit(PdfFindings.WebCapture, key, key));
                break;
            case "OPI" when file.Resolve(value) is PdfDictionary:
                hits.Add(new PdfHit(PdfFindings.ExternalStream, key, "OPI proxy"));
                break;
            case "Ref" when isStream && file.Resolve(value) is PdfDictionary reference && reference.Has("F"):
                hits.Add(new PdfHit(PdfFindings.ExternalStream, key, "reference XObject"));
                break;
            case "F" or "FFilter" or "FDecodeParms" when isStream && file.Resolve(value) is not null:
                hits.Add(new PdfHit(PdfFindings.ExternalStream, key, $"stream with {key}"));
                break;
            case "URI" or "Base" or "URL" when file.IsOpen && file.Resolve(value) is PdfString address && !MayFollow(PdfText.Decode(address.Bytes)):
                hits.Add(new PdfHit(PdfFindings.Uri, key == "URI" && dictionary.Has("S") ? null : key, Shown(PdfText.Decode(address.Bytes))));
                break;
        }
    }

    // Streams that a page draws may be named JS; what a page draws is not run.
    private bool IsResource(PdfStream stream) => file.NameOf(stream.Dictionary, "Subtype") is "Image" or "Form" && !stream.Dictionary.Has("JS");

    private bool IsTree(PdfValue value) => file.Resolve(value) is PdfDictionary tree && (tree.Has("Names") || tree.Has("Kids"));

    private void Triggers(PdfValue value, List<PdfHit> hits)
    {
        if (file.Resolve(value) is not PdfDictionary triggers) return;
        foreach ((string name, PdfValue entry) in triggers.Entries)
        {
            if (file.Resolve(entry) is PdfDictionary action && !Stays(action))
            {
                hits.Add(new PdfHit(PdfFindings.AdditionalAction, "AA", $"{name}: {file.NameOf(action, "S")}"));
                return;
            }
        }
    }

    // What may run by itself: turning pages. A web page that opens by itself is not that.
    private bool Stays(PdfDictionary action)
    {
        foreach (string type in Names(action, "S"))
        {
            if (!Passive.Contains(type) || type == "URI") return false;
            List<PdfHit> hits = [];
            Action(action, type, hits);
            if (hits.Count > 0) return false;
        }

        return true;
    }

    private void Unknown(PdfDictionary action, string? key, List<PdfHit> hits)
    {
        foreach (string type in Names(action, "S"))
        {
            if (!Passive.Contains(type) && !Actions.ContainsKey(type)) hits.Add(new PdfHit(PdfFindings.UnknownAction, key, type));
        }
    }

    private void Specification(PdfDictionary dictionary, string type, bool isStream, List<PdfHit> hits)
    {
        bool embedding = IsEmbedding(dictionary);
        if (embedding) hits.Add(new PdfHit(PdfFindings.EmbeddedFile, null, NameOf(dictionary)));
        if (isStream || dictionary.Has("S")) return;
        if (file.NameOf(dictionary, "FS") == "URL") hits.Add(new PdfHit(PdfFindings.ExternalFile, null, "URL"));
        else if (!embedding && type is "Filespec" or "F" or "FileSpec" && (dictionary.Has("F") || dictionary.Has("UF") || dictionary.Has("DOS") || dictionary.Has("Unix") || dictionary.Has("Mac"))) hits.Add(new PdfHit(PdfFindings.ExternalFile, null, NameOf(dictionary)));
        else if (file.IsForm && !embedding && file.Resolve(dictionary["F"]) is PdfString or PdfDictionary && !dictionary.Has("Rect")) hits.Add(new PdfHit(PdfFindings.ExternalFile, "F", "file that the form belongs to"));
    }

    /// <summary>The name of a file specification, as a reader shows it.</summary>
    public string NameOf(PdfDictionary specification)
    {
        foreach (string key in (string[])["UF", "F", "Unix", "DOS", "Mac"])
        {
            if (file.Resolve(specification[key]) is PdfString { Bytes.Length: > 0 } text) return PdfText.Decode(text.Bytes);
        }

        return "";
    }

    private bool MayFollow(string url)
    {
        if (_links.TryGetValue(url, out bool known)) return known;
        JudgedUrl judged = UrlJudge.Judge(url);

        // Relative to the folder the file was saved in, unless the document names a base; readers take what begins like a host for one.
        bool may = judged.Kind is UrlKind.Relative ? judged.Text.StartsWith("www.", StringComparison.OrdinalIgnoreCase) || WebBase() : judged.MayLink;
        if (_links.Count < 10_000) _links[url] = may;
        return may;
    }

    private bool WebBase() => _webBase ??= file.Root is { } root && file.Resolve(root["URI"]) is PdfDictionary addresses && file.Resolve(addresses["Base"]) is PdfString text && UrlJudge.Judge(PdfText.Decode(text.Bytes)).Kind is UrlKind.Web;

    // The scheme says what it is; the rest of an address may be anything.
    private static string Shown(string url)
    {
        string text = UrlJudge.Judge(url) is { Scheme.Length: > 0 } judged ? judged.Scheme + ":" : "relative: " + url;
        return text.Length <= 200 ? text : text[..200];
    }
}
