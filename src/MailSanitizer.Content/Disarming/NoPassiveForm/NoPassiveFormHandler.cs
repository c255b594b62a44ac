namespace MailSanitizer.Content.Disarming.NoPassiveForm;

/// <summary>
/// Programs, scripts, shortcuts, disk images, installers, help files, macro-only formats: found by content and by any name or declared type, because a
/// <c>.bat</c> or an <c>.rdp</c> is text by content and a program by name. Archives among them (jar, iso, apk) are still opened by their own handlers.
/// </summary>
public sealed class NoPassiveFormHandler : IPartHandler
{
    private static readonly Dictionary<string, FindingKind> Kinds = PartFormats.WithoutPassiveForm.ToDictionary(row => row.Id, row => KindOf(row.Id, row.Family), StringComparer.Ordinal);

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = [.. Kinds.Keys.Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        foreach (IGrouping<FindingKind, string> found in Found(part)) context.Report(found.Key, "", string.Join(", ", found.Select(id => Why(part, id))));
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output) =>
        Found(part).FirstOrDefault(found => context.Removes(found.Key)) is { } going ? RebuildOutcome.Failed($"{going.Key.Id} has no passive form") : RebuildOutcome.Unchanged;

    private static IEnumerable<IGrouping<FindingKind, string>> Found(Part part) =>
        part.Formats.Where(Kinds.ContainsKey).Order(StringComparer.Ordinal).GroupBy(id => Kinds[id]);

    private static string Why(Part part, string id) => id + (part.Format == id ? " by content" : " by name or type");

    private static FindingKind KindOf(string id, string family) => id switch
    {
        "iqy" or "dqy" or "oqy" or "rqy" or "odc" or "udl" or "dsn-file" or "slk" => NoPassiveFormFindings.QueryFile,
        "reg" or "inf" or "mobileconfig" or "printerexport" or "theme" or "themepack" => NoPassiveFormFindings.SettingsFile,
        "rdp" or "rdg" or "ica" or "vpn" or "jnlp" or "webpnp" => NoPassiveFormFindings.RemoteConfig,
        "mdb" or "accdb" => NoPassiveFormFindings.Database,
        _ => family switch
        {
            "program" => NoPassiveFormFindings.Program,
            "installer" => NoPassiveFormFindings.Installer,
            "script" => NoPassiveFormFindings.Script,
            "shortcut" => NoPassiveFormFindings.Shortcut,
            "disk-image" => NoPassiveFormFindings.DiskImage,
            "help" => NoPassiveFormFindings.HelpFile,
            "macro-only" => NoPassiveFormFindings.MacroOnly,
            _ => throw new InvalidOperationException($"no kind of finding for the family {family}"),
        },
    };
}
