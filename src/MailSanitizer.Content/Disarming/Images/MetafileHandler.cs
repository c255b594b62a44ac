using System.Buffers.Binary;

namespace MailSanitizer.Content.Disarming.Images;

/// <summary>
/// Windows metafiles: a list of drawing calls. One of them hands code to the printer ([MS-WMF] 2.3.6.1, SETABORTPROC); a file with it is never written anew,
/// because no good one has it. All other records only draw.
/// </summary>
public sealed class MetafileHandler : IPartHandler
{
    private const int Escape = 0x0626;
    private const int SetAbortProc = 9;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["emf", "wmf"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        context.Report(ImageFindings.Metafile, "", part.Format);
        long escape = FindEscape(part.Bytes, context.Limits.ImageSegments, context.Cancellation, out bool cut);
        if (escape >= 0) context.Report(ImageFindings.MetafileEscape, $"offset {escape}", "SETABORTPROC");
        if (cut) context.Report(ImageFindings.OverPixels, "", $"more than {context.Limits.ImageSegments} records");
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output) =>
        context.Removes(ImageFindings.MetafileEscape) && FindEscape(part.Bytes, context.Limits.ImageSegments, context.Cancellation, out _) >= 0
            ? RebuildOutcome.Failed($"{ImageFindings.MetafileEscape.Id} has no passive form")
            : RebuildOutcome.Unchanged;

    /// <summary>Where the call stands in a WMF; -1 when nowhere. Records follow the header, each with its length in words.</summary>
    private static long FindEscape(PartBytes bytes, int most, CancellationToken cancellation, out bool cut)
    {
        cut = false;
        Span<byte> head = stackalloc byte[8];
        if (bytes.Read(0, head) < 8) return -1;
        long at = BinaryPrimitives.ReadUInt32LittleEndian(head) == 0x9AC6CDD7 ? 22 : 0;
        if (bytes.Read(at, head) < 8 || BinaryPrimitives.ReadUInt16LittleEndian(head) is not (1 or 2) || BinaryPrimitives.ReadUInt16LittleEndian(head[2..]) != 9) return -1;
        at += 18;
        for (int count = 0; bytes.Read(at, head) >= 6; count++)
        {
            if ((count & 1023) == 0) cancellation.ThrowIfCancellationRequested();
            if (count >= most)
            {
                cut = true;
                return -1;
            }

            // The flaw itself was reached with a record length of 1: what is too short to be a record still counts as one.
            long words = Math.Max(3, BinaryPrimitives.ReadUInt32LittleEndian(head));
            if (BinaryPrimitives.ReadUInt16LittleEndian(head[4..]) == Escape && BinaryPrimitives.ReadUInt16LittleEndian(head[6..]) == SetAbortProc) return at;
            at += words * 2;
        }

        return -1;
    }
}
