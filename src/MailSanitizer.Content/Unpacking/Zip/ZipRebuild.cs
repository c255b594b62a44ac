using System.Text;
using MailSanitizer.Content.Formats.Charsets;
using MailSanitizer.Content.Formats.Crypto;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Unpacking.Zip;

/// <summary>Writes one archive anew: members in their order, untouched ones copied compressed, others replaced or left out, nothing from other readings.</summary>
internal sealed class ZipRebuild(ZipContents zip, Part part, IRebuildContext context)
{
    // What a walk has opened is opened again: not metered.
    private readonly ZipOpener _opener = new(zip, context.Passwords, static _ => true, context.Limits, context.Cancellation);
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);
    private bool _changed;
    private string? _failure;

    public RebuildOutcome Write(IPartOutput output)
    {
        if (zip.ListCut || zip.Damaged) return RebuildOutcome.Failed("not every member can be read");
        if (zip.Disagreements.Any(found => ZipVerdicts.Of(found.Kind) is { Class: FindingClass.Ambiguous or FindingClass.Unscannable })) return RebuildOutcome.Failed("readers could see different contents");
        HashSet<ZipEntry> dropped = Harmless();
        ZipWriter writer = new(output);
        Dictionary<ZipEntry, ZipChild> children = ZipChild.Of(zip).Where(child => child.Entry is not null && !child.Description.AlternativeReading).ToDictionary(child => child.Entry!);
        foreach (ZipEntry entry in zip.Entries)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            Member(writer, entry, children.GetValueOrDefault(entry), dropped.Contains(entry));
            if (_failure is not null) return RebuildOutcome.Failed(_failure);
        }

        // Asked for so that paths are the same as in the walk; what they become never matters, since none of it is written.
        foreach (ZipChild child in ZipChild.Of(zip).Where(child => child.Description.AlternativeReading))
        {
            if (Asked(child) is { } asked) _ = context.Child(asked, () => Open(child));
        }

        if (!_changed) return RebuildOutcome.Unchanged;
        writer.Finish(zip.Comment.Span);
        return RebuildOutcome.Rewritten;
    }

    // Disagreements that vanish because every archive we write has one reading; a second copy of a member is left out.
    private HashSet<ZipEntry> Harmless()
    {
        HashSet<ZipEntry> dropped = [];
        if (!context.Removes(UnpackingFindings.Disagreement)) return dropped;
        foreach (ZipDisagreement found in zip.Disagreements)
        {
            if (ZipVerdicts.Of(found.Kind) != UnpackingFindings.Disagreement) continue;
            _changed = true;
            if (found.Kind == ZipDisagreementKind.Prefix && IsProgram()) _failure = "a program with an archive in it";
            if (found.Kind == ZipDisagreementKind.DuplicateMember && found.Entry is { } twin) dropped.Add(twin);
            context.Done(UnpackingFindings.Disagreement, found.Entry?.Name ?? "", "removed");
        }

        return dropped;
    }

    private bool IsProgram()
    {
        Span<byte> head = stackalloc byte[4];
        head = head[..part.Bytes.Read(0, head)];
        return head.StartsWith("MZ"u8) || head.StartsWith("\u007FELF"u8);
    }

    private void Member(ZipWriter writer, ZipEntry entry, ZipChild? child, bool dropped)
    {
        ChildDescription? asked = child is null ? null : Asked(child);
        ChildDecision decision = asked is null ? ChildDecision.Keep : context.Child(asked, () => Open(child!));
        if (dropped) return;
        if (ZipHandler.Link(entry) is { } link && context.Removes(link))
        {
            context.Done(link, entry.Name, "removed");
            _changed = true;
            return;
        }

        if (decision.Kind == ChildDecisionKind.Strip)
        {
            _changed = true;
            return;
        }

        ZipKey? key = entry.IsEncrypted ? _opener.Search(entry).Key : null;
        if (key is not null && context.Repack == "parts")
        {
            _failure = "the members of a locked archive cannot go on as parts of their own";
            return;
        }

        if (key is { Keyed: false } && context.Removes(WalkFindings.UnkeyedLock)) context.Done(WalkFindings.UnkeyedLock, entry.Name, "locked anew");
        (byte[]? rawName, bool utf8) = Name(entry, decision.Name);
        if (decision.Kind == ChildDecisionKind.Keep)
        {
            // Without a keyed proof the same locked bytes can hold another content for another password: only what was seen goes on, locked anew.
            if (key is not null && (!key.Keyed || context.Repack == "open")) Write(writer, entry, () => _opener.Open(entry), entry.Size, key, rawName, utf8);
            else if (!entry.IsWhole) _failure = $"{entry.Name} has no data";
            else writer.Copy(entry, rawName, utf8);
            return;
        }

        Write(writer, entry, decision.Content!.OpenRead, decision.Content!.Length, key, rawName, utf8);
    }

    // What came locked goes out locked by the same password and method or, when a rule says so, open.
    private void Write(ZipWriter writer, ZipEntry entry, Func<Stream> content, long size, ZipKey? key, byte[]? rawName, bool utf8)
    {
        _changed = true;
        ZipSeal? seal = key is null || context.Repack == "open" ? null : ZipSeal.Like(entry, key);
        writer.Replace(entry, content, size, seal, rawName, utf8, context.Cancellation);
    }

    /// <summary>The name's bytes when they change: a new one from the decision, a safe one where findings are taken out. Kept unique.</summary>
    private (byte[]? Raw, bool Utf8) Name(ZipEntry entry, string? given)
    {
        string name = entry.Name;
        FindingKind[] bad = [.. ZipHandler.Names(entry).Where(context.Removes)];
        if (bad.Length > 0) name = MemberNames.MakeSafe(name);
        foreach (FindingKind kind in bad) context.Done(kind, entry.Name, "neutralised");
        if (given is not null) name = name[..(name.LastIndexOfAny(['/', '\\']) + 1)] + given[(given.LastIndexOfAny(['/', '\\']) + 1)..];
        bool changed = bad.Length > 0 || given is not null;

        // Only names of our own making get out of the way; two members that came with one name are a finding, not ours to mend.
        for (int number = 2; changed && _taken.Contains(name); number++) name = Numbered(name, number);
        _taken.Add(name);
        if (!changed) return (null, false);
        _changed = true;

        // In the charset it had: Explorer in Japan wrote CP932 for decades and expects it back from old programs.
        bool cp932 = (entry.Flags & ZipFlags.Utf8) == 0 && NameCharset.TryUtf8(entry.RawName.Span) is null && NameCharset.TryCp932(entry.RawName.Span) is not null;
        if (cp932 && TryEncode(name) is { } raw) return (raw, false);
        return (Encoding.UTF8.GetBytes(name), !Ascii.IsValid(name));
    }

    private static byte[]? TryEncode(string name)
    {
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(932, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!.GetBytes(name);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }

    private static string Numbered(string name, int number)
    {
        int slash = name.LastIndexOf('/');
        int dot = name.LastIndexOf('.');
        return dot > slash + 1 ? $"{name[..dot]} ({number}){name[dot..]}" : $"{name} ({number})";
    }

    /// <summary>The description under which the walk handed a child out; null when it could not (locked, unknown method).</summary>
    private ChildDescription? Asked(ZipChild child)
    {
        if (child.Entry is not { } entry) return child.Description;
        if (entry.IsEncrypted)
        {
            return _opener.Search(entry).Key is { } key ? child.Description with { OpenedWith = key.Password.Source } : null;
        }

        if (entry.CompressionMethod is ZipMethods.Stored or ZipMethods.Deflate) return child.Description;
        using ZipEntryStream content = zip.Open(entry, context.Limits, context.Cancellation);
        return content.ProblemKind == ZipProblem.None ? child.Description : null;
    }

    private Stream Open(ZipChild child)
    {
        if (child.Gap is { } gap) return zip.Bytes.OpenRead(gap.Offset, gap.Length);
        return _opener.Open(child.Entry!);
    }
}
