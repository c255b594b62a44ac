namespace MailSanitizer.Content.Disarming.Images;

/// <summary>
/// Pictures of pixels. Their size is asked before anybody decodes them; what stands behind their end and what their comments hold is looked at; pixels stay as they came
/// unless a treatment names <see cref="ImageFindings.Reencode"/>.
/// </summary>
public sealed class ImageHandler : IPartHandler
{
    private const int Hashed = 1024 * 1024;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["jpeg", "png", "gif", "webp", "bmp", "tiff", "ico", "heic", "avif", "jp2", "jxl", "cr3", "psd", "pcx", "tga", "pnm"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (ImageStructure.Read(part.Bytes, part.Format, context.Limits, context.Cancellation) is not { } image) return;
        ImageBytes bytes = new(part.Bytes, context.Cancellation);
        bool small = image.Pixels <= context.Limits.ImagePixels;
        if (!small) context.Report(ImageFindings.OverPixels, "", $"{image.Width} by {image.Height} pixels");
        if (image.IsCut) context.Report(ImageFindings.OverPixels, "", $"more than {context.Limits.ImageSegments} segments");
        foreach (ImageBlock block in Scripts(bytes, image)) context.Report(ImageFindings.ScriptInside, $"offset {block.Start}", block.Name, bytes.ToArray(block.Start, block.End, Hashed));
        string[] details = [.. image.Blocks.Where(block => block.Use is ImageBlockUse.Metadata).Select(block => block.Name).Distinct(), .. image.HasPlace ? ["GPS position"] : Array.Empty<string>()];
        if (details.Length > 0) context.Report(ImageFindings.Metadata, "", string.Join(", ", details));
        if (small && !image.IsCut) QrLook.Look(part.Bytes, image, context);
        if (BehindImage.Look(bytes, image, OpensComment(bytes, image.Format)) is not { } behind) return;
        FindingKind kind = behind.File >= 0 ? ImageFindings.FileBehind : ImageFindings.DataBehind;
        context.Report(kind, $"offset {behind.Start}", behind.What, bytes.ToArray(behind.Start, part.Bytes.Length, Hashed));
        if (behind.File < 0) return;
        using Stream file = part.Bytes.OpenRead(behind.File, part.Bytes.Length - behind.File);
        _ = context.Child(Behind, file);
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        if (ImageStructure.Read(part.Bytes, part.Format, context.Limits, context.Cancellation) is not { } image) return RebuildOutcome.Unchanged;
        ImageBytes bytes = new(part.Bytes, context.Cancellation);
        ImageEdits edits = new(part.Bytes, bytes, image);
        if (context.Removes(ImageFindings.ScriptInside))
        {
            foreach (ImageBlock block in Scripts(bytes, image))
            {
                edits.Remove(block);
                context.Done(ImageFindings.ScriptInside, $"offset {block.Start}", "removed");
            }
        }

        if (context.Removes(ImageFindings.Metadata))
        {
            List<ImageBlock> metadata = [.. image.Blocks.Where(block => block.Use is ImageBlockUse.Metadata)];
            foreach (ImageBlock block in metadata) edits.Remove(block);
            if (metadata.Count > 0) context.Done(ImageFindings.Metadata, "", "removed");
        }

        if (BehindImage.Look(bytes, image, OpensComment(bytes, image.Format)) is { } behind)
        {
            FindingKind kind = behind.File >= 0 ? ImageFindings.FileBehind : ImageFindings.DataBehind;

            // What becomes of the file is asked even where it goes with everything behind the image: its own treatment is settled by that.
            ChildDecision file = behind.File < 0 ? ChildDecision.Keep : context.Child(Behind, () => part.Bytes.OpenRead(behind.File, part.Bytes.Length - behind.File));
            if (context.Removes(kind) || file.Kind is not ChildDecisionKind.Keep)
            {
                edits.CutAt(behind.Start);
                context.Done(kind, $"offset {behind.Start}", "removed");
            }
        }

        if (context.Removes(ImageFindings.Reencode) && ImageEncoder.Takes(image.Format))
        {
            if (ImageEncoder.Encode(part.Bytes, image, context.Limits, out string why) is not { } anew) return RebuildOutcome.Failed($"{ImageFindings.Reencode.Id}: {why}");
            output.Write(anew);
            context.Done(ImageFindings.Reencode, "", image.IsAnimated ? "first picture made anew" : "made anew");
            return RebuildOutcome.Rewritten;
        }

        if (edits.IsEmpty) return RebuildOutcome.Unchanged;
        edits.Write(output);
        return RebuildOutcome.Rewritten;
    }

    private static ChildDescription Behind { get; } = new() { Segment = "behind" };

    private static IEnumerable<ImageBlock> Scripts(ImageBytes bytes, ImageStructure image)
    {
        bool opens = OpensComment(bytes, image.Format);
        return image.Blocks.Where(block => ScriptSigns.IsIn(bytes, block, opens));
    }

    // Where a picture can be read as JavaScript: its first bytes are a name or a sum, and the next two, which for the image are a size, open a comment.
    private static bool OpensComment(ImageBytes bytes, string format) => format switch
    {
        "gif" => bytes.Starts(6, "/*"u8),
        "bmp" => bytes.Starts(2, "/*"u8),
        "jpeg" => bytes.Starts(4, "/*"u8),
        _ => false,
    };
}
