using MailSanitizer.Content.Formats.Crypto;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Unpacking.Zip;

/// <summary>ZIP archives: every member of every reading becomes a part; names, links, locks and disagreements become findings; the archive is written anew from one reading.</summary>
public sealed class ZipHandler : IPartHandler
{
    // Findings of one kind that are listed one by one; the rest is one line.
    private const int MostOfAKind = 50;

    /// <inheritdoc/>
    // Program packages have no disarmer of their own that would open them; documents (docx, odt) have.
    public IReadOnlyCollection<string> Formats { get; } = ["zip", "jar", "apk", "ipa", "xap", "air", "xpi", "crx", "vsix", "nupkg", "msix", "appx", "pyz"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        if (ZipReader.Read(part.Bytes, context.Limits, context.Cancellation) is not { } zip)
        {
            context.Report(ArchiveFindings.DamagedArchive, "", "neither an end record nor a member");
            return;
        }

        Report(zip, context);
        ZipOpener opener = new(zip, context.Passwords, context.ChargeGuessing, context.Limits, context.Cancellation);
        bool cut = false;
        foreach (ZipChild child in ZipChild.Of(zip))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (!Hand(zip, child, opener, ref cut, context)) return;
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output) =>
        ZipReader.Read(part.Bytes, context.Limits, context.Cancellation) is { } zip
            ? new ZipRebuild(zip, part, context).Write(output)
            : RebuildOutcome.Failed("not readable as ZIP");

    private static void Report(ZipContents zip, IWalkContext context)
    {
        if (zip.ListCut) context.Report(UnpackingFindings.OverEntries, "", $"limit {context.Limits.ArchiveEntries} members, {context.Limits.DirectoryBytes} bytes of directory");
        if (zip.Damaged) context.Report(ArchiveFindings.DamagedArchive, "", "the list of members is broken");
        Counted findings = new(context);
        foreach (ZipDisagreement disagreement in zip.Disagreements)
        {
            if (ZipVerdicts.Of(disagreement.Kind) is { } kind) findings.Add(kind, disagreement.Entry?.Name ?? "", $"{disagreement.Kind}: {disagreement.Detail}");
        }

        foreach (ZipEntry entry in zip.Entries)
        {
            foreach (FindingKind kind in Names(entry)) findings.Add(kind, entry.Name, "");
            if (Link(entry) is { } link) findings.Add(link, entry.Name, "");
        }

        findings.Finish();
    }

    /// <summary>What is wrong with any of a member's names.</summary>
    internal static IEnumerable<FindingKind> Names(ZipEntry entry) => entry.Names.Where(name => name.Source != "cut-at-nul").SelectMany(name => MemberNames.Inspect(name.Text)).Distinct();

    /// <summary>The finding for a member that is no plain file or folder by its Unix mode.</summary>
    internal static FindingKind? Link(ZipEntry entry) => (entry.UnixMode & 0xF000) switch
    {
        0xA000 => UnpackingFindings.SymbolicLink,
        0 or 0x8000 or 0x4000 => null,
        _ => UnpackingFindings.SpecialFile,
    };

    private static bool Hand(ZipContents zip, ZipChild child, ZipOpener opener, ref bool cut, IWalkContext context)
    {
        if (child.Gap is { } gap)
        {
            using Stream bytes = zip.Bytes.OpenRead(gap.Offset, gap.Length);
            return context.Child(child.Description, bytes) != ChildResult.Stop;
        }

        ZipEntry entry = child.Entry!;
        ChildDescription description = child.Description;
        if (entry.IsEncrypted && !Unlock(entry, opener, ref cut, ref description, context)) return true;
        using ZipEntryStream content = opener.Open(entry);
        if (content.ProblemKind != ZipProblem.None)
        {
            context.Report(Finding(content.ProblemKind), entry.Name, content.Problem!);
            return true;
        }

        ChildResult result = context.Child(description, content);
        if (result == ChildResult.Broken) context.Report(ArchiveFindings.DamagedArchive, entry.Name, "the content cannot be read");
        if (result == ChildResult.Complete && content.ProblemKind is var problem and not ZipProblem.None)
        {
            context.Report(Finding(problem), entry.Name, content.Problem!);

            // What stands behind the end of the compressed data is another reader's next member: the packed bytes are scanned as they are.
            if (problem == ZipProblem.InputLeft)
            {
                using Stream packed = zip.Bytes.OpenRead(entry.DataOffset, entry.PackedSize);
                result = context.Child(new ChildDescription { Segment = $"packed-{entry.DataOffset}", AlternativeReading = true }, packed);
            }
        }

        return result != ChildResult.Stop;
    }

    private static bool Unlock(ZipEntry entry, ZipOpener opener, ref bool cut, ref ChildDescription description, IWalkContext context)
    {
        ZipKeySearch search = opener.Search(entry);
        if (search.Key is { } key)
        {
            context.Opened(key.Password, entry.Name);
            if (!key.Keyed) context.Report(WalkFindings.UnkeyedLock, entry.Name, ZipOpener.Lock(entry));
            description = description with { OpenedWith = key.Password.Source };
            return true;
        }

        context.Report(WalkFindings.Locked, entry.Name, ZipOpener.Lock(entry));
        if (search.Cut && !cut) context.Report(WalkFindings.GuessingLimit, entry.Name, $"{context.Passwords.Count} passwords at hand");
        cut |= search.Cut;
        return false;
    }

    private static FindingKind Finding(ZipProblem problem) => problem switch
    {
        ZipProblem.Unsupported => ArchiveFindings.UnsupportedArchive,
        ZipProblem.OverMemory => ArchiveFindings.OverMemory,
        ZipProblem.SizeDiffers => ArchiveFindings.SizeMismatch,
        ZipProblem.CrcDiffers => ArchiveFindings.ChecksumMismatch,
        ZipProblem.InputLeft => UnpackingFindings.Ambiguous,
        _ => ArchiveFindings.DamagedArchive,
    };

    private sealed class Counted(IWalkContext context)
    {
        private readonly Dictionary<FindingKind, int> _counts = [];

        public void Add(FindingKind kind, string location, string detail)
        {
            int count = _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
            if (count <= MostOfAKind) context.Report(kind, location, detail);
        }

        public void Finish()
        {
            foreach ((FindingKind kind, int count) in _counts)
            {
                if (count > MostOfAKind) context.Report(kind, "", $"and {count - MostOfAKind} more");
            }
        }
    }
}
