using MailSanitizer.Content.Formats.Pdf;

namespace MailSanitizer.Content.Disarming.Pdf;

/// <summary>
/// PDF and FDF files: everything that acts is found in every object that stands anywhere in the bytes; embedded files become parts; what is to
/// go goes by writing the file anew from one reading. A file in which nothing is to go is not touched.
/// </summary>
public sealed class PdfHandler : IPartHandler
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["pdf"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        // Its container said everything of it.
        if (PdfOpenedFile.Is(part.Description)) return;
        try
        {
            PdfReading reading = PdfReading.Of(part.Bytes, context.Limits, context.Passwords, context.ChargeGuessing, context.Cancellation);
            Report(reading, context);
            if (!reading.File.IsOpen) return;
            foreach (string link in reading.Links.Distinct(StringComparer.Ordinal)) context.Link(link, "pdf");
            PdfPictures.Look(reading.File, reading.Pictures, context);
            if (reading.Opened is { } password && !HandOpened(reading.File, password, context)) return;
            foreach (PdfEmbedded embedded in reading.Embedded)
            {
                if (!Hand(reading, embedded, context)) return;
            }
        }
        catch (PdfLimitException limit)
        {
            context.Report(PdfFindings.OverLimit, "", limit.Message);
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        try
        {
            PdfReading reading = PdfReading.Of(part.Bytes, context.Limits, context.Passwords, _ => true, context.Cancellation);
            return new PdfRewrite(reading, context, output).Run();
        }
        catch (PdfLimitException limit)
        {
            return RebuildOutcome.Failed(limit.Message);
        }
    }

    /// <summary>What the walk and the rebuild both say of an embedded file.</summary>
    internal static ChildDescription Describe(PdfEmbedded embedded, Password? opened) => new([.. embedded.Names.Select(name => new PartName("embedded", name))])
    {
        PackedSize = embedded.Stream.Length,
        OpenedWith = opened?.Source,
    };

    private static void Report(PdfReading reading, IWalkContext context)
    {
        if (reading.Opened is { } password) context.Opened(password);
        bool locked = reading.File.UnknownLock is null && !reading.File.IsOpen;
        foreach (PdfFound found in reading.Found)
        {
            // Nothing can be taken out of a lock that is shut: it is held for its password, and everything is said when that opened it.
            if (!locked || found.Kind.Class is not FindingClass.Active) context.Report(found.Kind, found.Location, found.Detail, found.Text.Span);
        }

        if (!locked && reading.IsSigned && reading.Found.Any(found => found.Kind.Class is FindingClass.Active)) context.Report(PdfFindings.SignatureLost);
        if (reading.File.UnknownLock is { } unknown) context.Report(PdfFindings.Unreadable, "", unknown);
        else if (locked) context.Report(WalkFindings.Locked, "", string.Join(", ", reading.Found.Where(found => found.Kind.Class is FindingClass.Active).Select(found => found.Kind.Id).Distinct().Prepend(reading.File.Lock!.Name)));
        else if (reading.File.Root is null) context.Report(PdfFindings.Unreadable, "", "no catalogue was found");
        else if (reading.File.Damage.Length > 0) context.Report(PdfFindings.Recovered, "", reading.File.Damage);
        if (reading.GuessingCut) context.Report(WalkFindings.GuessingLimit, "", $"{context.Passwords.Count} passwords at hand");
    }

    private static bool HandOpened(PdfFile file, Password password, IWalkContext context)
    {
        using Stream content = PdfOpenedFile.Read(file);
        ChildResult result = context.Child(PdfOpenedFile.Describe(file, password), content);
        if (result == ChildResult.Broken) context.Report(PdfFindings.OverLimit, "", "the opened file could not be written down");
        return result != ChildResult.Stop;
    }

    private static bool Hand(PdfReading reading, PdfEmbedded embedded, IWalkContext context)
    {
        PdfFile file = reading.File;
        ChildDescription description = Describe(embedded, reading.Opened);
        string location = $"object {embedded.Stream.Number}";
        using Stream? content = file.OpenDecoded(embedded.Stream, out string? unknown);
        if (content is null)
        {
            context.Report(PdfFindings.EmbeddedUnreadable, location, $"filter {unknown}");
            using Stream packed = file.OpenRaw(embedded.Stream);
            return context.Child(description with { AlternativeReading = true }, packed) != ChildResult.Stop;
        }

        ChildResult result = context.Child(description, content);
        if (result == ChildResult.Broken) context.Report(PdfFindings.EmbeddedUnreadable, location, "the data breaks off");
        return result != ChildResult.Stop;
    }
}
