using System.Xml;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Disarming.Odf;

/// <summary>OpenDocument packages: macros, events, links, DDE and objects go; members that hold none of it are copied as they are.</summary>
public sealed class OdfHandler : IPartHandler
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["odf", "odt", "ott", "odm", "ods", "ots", "odp", "otp", "odg", "otg", "odc-chart", "odf-formula"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        if (ZipReader.Read(part.Bytes, context.Limits, context.Cancellation) is not { } zip)
        {
            // Named like one, and something else by content: its own handler looks at it.
            if (part.Format == "zip" || Formats.Contains(part.Format)) context.Report(OfficeFindings.DamagedDocument, "", "not readable as ZIP");
            return;
        }

        (FindingKind? packaging, string why) = OdfPackage.Packaging(zip);
        if (packaging is not null) context.Report(packaging, "", why);
        HashSet<string> locked = Locked(zip, context.Limits, context.Cancellation);
        if (locked.Count > 0 || zip.Entries.Any(entry => entry.IsEncrypted)) context.Report(WalkFindings.Locked, "META-INF/manifest.xml", "OpenDocument encryption");
        foreach (ZipEntry entry in zip.Entries)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            OdfMember kind = OdfPackage.Kind(zip, entry, context.Limits);
            switch (kind)
            {
                case OdfMember.Script:
                    context.Report(OfficeFindings.VbaProject, entry.Name);
                    break;
                case OdfMember.CustomUi:
                    context.Report(OfficeFindings.CustomUi, entry.Name);
                    break;
                case OdfMember.Signature:
                    context.Report(OfficeFindings.DocumentSignature, entry.Name);
                    break;
            }

            if (entry.IsEncrypted || locked.Contains(entry.Name)) continue;
            if (kind is OdfMember.Xml or OdfMember.Manifest)
            {
                using ZipEntryStream content = zip.Open(entry, context.Limits, context.Cancellation);
                OdfFilter filter = new((found, detail) =>
                {
                    context.Report(found, entry.Name, detail);
                    return false;
                }, context.Limits, context.Cancellation);
                Ended(filter.Run(content, null), content.Problem, entry.Name, context);
            }
            else if (kind is OdfMember.File or OdfMember.Ole)
            {
                if (kind == OdfMember.Ole) context.Report(OfficeFindings.OleObject, entry.Name);
                using ZipEntryStream content = zip.Open(entry, context.Limits, context.Cancellation);
                ChildResult result = context.Child(Description(entry), content);
                if (content.Problem is { } problem) context.Report(OfficeFindings.DamagedDocument, entry.Name, problem);
                if (result == ChildResult.Stop) return;
            }
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        if (ZipReader.Read(part.Bytes, context.Limits, context.Cancellation) is not { } zip) return part.Format == "zip" || Formats.Contains(part.Format) ? RebuildOutcome.Failed("not readable as ZIP") : RebuildOutcome.Unchanged;
        (FindingKind? packaging, string why) = OdfPackage.Packaging(zip);
        HashSet<string> locked = Locked(zip, context.Limits, context.Cancellation);
        Dictionary<ZipEntry, PartBytes?> changes = [];
        // Telling a file from an OLE object means unpacking its beginning: once for each member.
        Dictionary<ZipEntry, OdfMember> kinds = [];
        bool anew = packaging == OdfFindings.Disagreement && context.Removes(packaging);
        foreach (ZipEntry entry in zip.Entries)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            OdfMember kind = kinds[entry] = OdfPackage.Kind(zip, entry, context.Limits);
            if (Change(zip, entry, kind, locked, context, out PartBytes? content)) changes.Add(entry, content);
        }

        if (changes.Count == 0 && !anew) return RebuildOutcome.Unchanged;
        if (packaging is not null && packaging != OdfFindings.Disagreement) return RebuildOutcome.Failed(why);
        if (anew) context.Done(OdfFindings.Disagreement, "", "written anew");
        return Write(zip, kinds, changes, context, output);
    }

    private static RebuildOutcome Write(ZipContents zip, Dictionary<ZipEntry, OdfMember> kinds, Dictionary<ZipEntry, PartBytes?> changes, IRebuildContext context, IPartOutput output)
    {
        HashSet<string> gone = [.. changes.Where(change => change.Value is null).Select(change => change.Key.Name)];
        ZipWriter writer = new(output);
        foreach (ZipEntry entry in zip.Entries)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            OdfMember kind = kinds[entry];

            // The signature is over what was: it would only say that the document was tampered with.
            if (kind == OdfMember.Signature) continue;
            if (changes.TryGetValue(entry, out PartBytes? content))
            {
                if (content is not null) writer.Replace(entry, content, cancellation: context.Cancellation);
            }
            else if (kind == OdfMember.Manifest && gone.Count > 0)
            {
                if (Filtered(zip, entry, context, (_, _) => false, path => gone.Contains(path) || (path.EndsWith('/') && gone.Any(name => name.StartsWith(path, StringComparison.Ordinal)) && IsScriptFolder(path))) is { } manifest) writer.Replace(entry, manifest, cancellation: context.Cancellation);
                else writer.Copy(entry);
            }
            else if (entry.IsWhole)
            {
                writer.Copy(entry);
            }
            else
            {
                return RebuildOutcome.Failed($"{entry.Name} has no data");
            }
        }

        writer.Finish(zip.Comment.Span);
        return RebuildOutcome.Rewritten;
    }

    private static bool IsScriptFolder(string path) => path.Split('/')[0].ToLowerInvariant() is "basic" or "scripts" or "dialogs";

    /// <summary>True when a member changes; null content when it goes.</summary>
    private static bool Change(ZipContents zip, ZipEntry entry, OdfMember kind, HashSet<string> locked, IRebuildContext context, out PartBytes? content)
    {
        content = null;
        FindingKind? whole = kind switch { OdfMember.Script => OfficeFindings.VbaProject, OdfMember.CustomUi => OfficeFindings.CustomUi, OdfMember.Ole => OfficeFindings.OleObject, _ => null };
        bool goes = whole is not null && context.Removes(whole);
        if (goes) context.Done(whole!, entry.Name, "removed");
        if (entry.IsEncrypted || locked.Contains(entry.Name)) return goes;
        if (kind is OdfMember.File or OdfMember.Ole)
        {
            ChildDecision decision = context.Child(Description(entry), () => zip.Open(entry, context.Limits, context.Cancellation));
            if (decision.Kind == ChildDecisionKind.Replace && !goes)
            {
                content = decision.Content;
                return true;
            }

            return goes || decision.Kind == ChildDecisionKind.Strip;
        }

        if (kind is not (OdfMember.Xml or OdfMember.Manifest)) return goes;
        content = Filtered(zip, entry, context, (found, _) =>
        {
            if (!context.Removes(found)) return false;
            context.Done(found, entry.Name, "removed");
            return true;
        }, null);
        return content is not null;
    }

    // First without writing: most files of a document hold nothing that acts.
    private static MemoryPartBytes? Filtered(ZipContents zip, ZipEntry entry, IRebuildContext context, Func<FindingKind, string, bool> found, Predicate<string>? unlisted)
    {
        OdfFilter dry = new((kind, _) => context.Removes(kind) && unlisted is null, context.Limits, context.Cancellation) { Unlisted = unlisted };
        using (ZipEntryStream content = zip.Open(entry, context.Limits, context.Cancellation))
        {
            if (dry.Run(content, null) != OdfXmlResult.Complete || !dry.IsChanged) return null;
        }

        using ZipEntryStream again = zip.Open(entry, context.Limits, context.Cancellation);
        using MemoryStream written = new();
        OdfFilter filter = new(found, context.Limits, context.Cancellation) { Unlisted = unlisted };
        return filter.Run(again, written) == OdfXmlResult.Complete ? new MemoryPartBytes(written.ToArray()) : null;
    }

    private static ChildDescription Description(ZipEntry entry) => new(entry.Names) { PackedSize = Math.Max(1, entry.PackedSize) };

    /// <summary>Says how reading an XML file ended, where that was not well.</summary>
    internal static void Ended(OdfXmlResult result, string? problem, string location, IWalkContext context)
    {
        if (result == OdfXmlResult.OverLimit) context.Report(OdfFindings.OverXml, location);
        else if (result == OdfXmlResult.Damaged || problem is not null) context.Report(OfficeFindings.DamagedDocument, location, problem ?? "no well-formed XML");
    }

    /// <summary>Members that the manifest calls encrypted (ODF 1.3 part 2, 4.4).</summary>
    private static HashSet<string> Locked(ZipContents zip, Limits limits, CancellationToken cancellation)
    {
        HashSet<string> locked = new(StringComparer.Ordinal);
        if (zip.FindIgnoreCase("META-INF/manifest.xml") is not { } entry || zip.Read(entry, 4 * 1024 * 1024, limits, out _, cancellation) is not { } manifest) return locked;
        try
        {
            using XmlReader reader = XmlReader.Create(new MemoryStream(manifest), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
            string path = "";
            while (reader.Read())
            {
                if (reader.NodeType != XmlNodeType.Element) continue;
                if (reader.LocalName == "file-entry")
                {
                    path = "";
                    for (int i = 0; i < reader.AttributeCount; i++)
                    {
                        reader.MoveToAttribute(i);
                        if (reader.LocalName == "full-path") path = reader.Value;
                    }
                }
                else if (reader.LocalName == "encryption-data")
                {
                    locked.Add(path);
                }
            }
        }
        catch (Exception broken) when (broken is XmlException or ArgumentException or NotSupportedException)
        {
            // The manifest is read once more like every XML file, and what is wrong with it is a finding there.
        }

        return locked;
    }
}
