using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Crypto;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>
/// Office Open XML behind a password: opened, walked as a document of its own, and locked again with the same password where something in it changed. The verifier proves the
/// password and the HMAC the content, so what did not change goes on in its own bytes.
/// </summary>
public sealed class LockedPackageHandler : IPartHandler
{
    private const int MostInformation = 1024 * 1024;
    private static readonly string[] Known = ["EncryptionInfo", "EncryptedPackage", "\u0006DataSpaces", "\u0005SummaryInformation", "\u0005DocumentSummaryInformation"];

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["encrypted-ooxml"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (Opened.Of(part, context.Limits, context.Cancellation, out string why) is not { } locked)
        {
            context.Report(CfbFile.IsCfb(part.Bytes) && why.Length > 0 ? WalkFindings.Locked : OfficeFindings.DamagedDocument, "", why);
            return;
        }

        foreach (string extra in locked.Extra) context.Report(OleFindings.Disorder, extra.Replace("\u0005", "\\5", StringComparison.Ordinal), "not a part of a locked document");
        if (!locked.MayTry(context.Limits))
        {
            context.Report(WalkFindings.Locked, "", $"{locked.Lock.Name}, above the limit of {context.Limits.OfficeLockRounds}");
            return;
        }

        (OfficeKey? key, bool cut) = locked.Search(context.Passwords, context.ChargeGuessing, context.Cancellation);
        if (key is null)
        {
            LockSearch.Report(context, "", locked.Lock.Name, cut);
            return;
        }

        context.Opened(key.Password, "");
        if (locked.Lock.IsAuthentic(locked.Package, key.Key, context.Cancellation) is false) context.Report(OfficeFindings.DamagedDocument, "EncryptedPackage", "changed after it was locked");
        if (locked.IsCut) context.Report(OfficeFindings.DamagedDocument, "EncryptedPackage", "shorter than it says");
        using Stream content = locked.Lock.Open(locked.Package, key.Key);
        if (context.Child(LockSearch.Describe(part, key), content) == ChildResult.Broken) context.Report(OfficeFindings.DamagedDocument, "EncryptedPackage", "cannot be read");
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        if (Opened.Of(part, context.Limits, context.Cancellation, out _) is not { } locked || !locked.MayTry(context.Limits)) return RebuildOutcome.Unchanged;
        if (locked.Search(context.Passwords, static _ => true, context.Cancellation).Key is not { } key) return RebuildOutcome.Unchanged;
        ChildDecision decision = context.Child(LockSearch.Describe(part, key), () => locked.Lock.Open(locked.Package, key.Key));
        bool tidied = locked.Extra.Count > 0 && context.Removes(OleFindings.Disorder);
        if (decision.Kind == ChildDecisionKind.Keep && !tidied && context.Repack != "open") return RebuildOutcome.Unchanged;
        if (decision.Kind == ChildDecisionKind.Strip || decision.MediaType?.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase) is true) return RebuildOutcome.Failed("the locked document cannot be written without what has to go");
        if (context.Repack == "parts") return RebuildOutcome.Failed("a locked document cannot go on as parts of its own");
        if (locked.IsCut || locked.Lock.IsAuthentic(locked.Package, key.Key, context.Cancellation) is false) return RebuildOutcome.Failed("not all of it can be read");
        foreach (string extra in locked.Extra.Where(_ => tidied)) context.Done(OleFindings.Disorder, extra, "removed");
        RebuildOutcome outcome = new(RebuildKind.Rewritten, decision.Name, decision.MediaType);
        if (context.Repack == "open")
        {
            using Stream plain = decision.Content?.OpenRead() ?? locked.Lock.Open(locked.Package, key.Key);
            Copy(plain, output, context.Cancellation);
            return outcome;
        }

        if (decision.Content is null)
        {
            CfbNode kept = CfbNode.From(locked.File, keep: entry => entry.Parent?.Kind != CfbKind.Root || Known.Contains(entry.Name));
            return CfbWriter.Write(kept, output, context.Cancellation) is { } problem ? RebuildOutcome.Failed(problem) : outcome;
        }

        if (decision.Content.Length > context.Limits.OfficeLockBytes) return RebuildOutcome.Failed($"longer than {context.Limits.OfficeLockBytes} bytes");
        return CfbWriter.Write(AgileSeal.Lock(decision.Content, key.Password.Text, context.Cancellation), output, context.Cancellation) is { } failure ? RebuildOutcome.Failed(failure) : outcome;
    }

    private static void Copy(Stream from, IPartOutput output, CancellationToken cancellation)
    {
        byte[] buffer = new byte[64 * 1024];
        for (int got; (got = from.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            output.Write(buffer.AsSpan(0, got));
        }
    }

    private sealed record Opened(CfbFile File, PackageLock Lock, PartBytes Package, IReadOnlyList<string> Extra)
    {
        /// <summary>True when the content is shorter than its head says.</summary>
        public bool IsCut
        {
            get
            {
                Span<byte> head = stackalloc byte[8];
                return Package.Read(0, head) < 8 || System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(head) > (ulong)(Package.Length - 8);
            }
        }

        public static Opened? Of(Part part, Limits limits, CancellationToken cancellation, out string why)
        {
            if (CfbFile.Open(part.Bytes, limits, out why, cancellation) is not { } file) return null;
            if (file.Root.Find("EncryptedPackage") is not { Kind: CfbKind.Stream } package) why = "no locked content";
            else if (file.Root.Find("EncryptionInfo") is not { Kind: CfbKind.Stream } info) why = "locked by rights management";
            else if (file.Content(info).ToArray(MostInformation) is not { } bytes) why = "more encryption information than any writer makes";
            else if (PackageLock.Read(bytes, out why) is { } found) return new Opened(file, found, file.Content(package), [.. file.Root.Children.Where(child => !Known.Contains(child.Name)).Select(child => child.Name)]);
            return null;
        }

        public bool MayTry(Limits limits) => Lock.Rounds <= limits.OfficeLockRounds;

        // 0.6 microseconds a round, rounded up from the benchmark: fixed, so that the same message always gives the same result.
        public (OfficeKey? Key, bool Cut) Search(IReadOnlyList<Password> passwords, Func<TimeSpan, bool> charge, CancellationToken cancellation) =>
            LockSearch.Find(passwords, TimeSpan.FromMicroseconds(1 + (0.6 * Lock.Rounds)), charge, Lock.KeyFor, cancellation);
    }
}
