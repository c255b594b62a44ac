using System.Buffers.Binary;
using System.Globalization;

namespace MailSanitizer.Content.Disarming.NoPassiveForm;

/// <summary>
/// OneNote sections ([MS-ONESTORE]): reported as a whole, with each embedded file (FileDataStoreObject, 2.6.13) handed over, wherever it stands: what no
/// page refers to any more is found too. A section is never written anew: when it, or a file in it, has to go, a notice comes in its place.
/// </summary>
public sealed class OneNoteHandler : IPartHandler
{
    private const int Window = 64 * 1024;
    private const int HeaderLength = 36;

    // {BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}
    private static readonly byte[] Header = new Guid("BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC").ToByteArray();

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["one"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Report(NoPassiveFormFindings.OneNote);
        foreach ((ChildDescription description, long offset, long length) in Embedded(part.Bytes, context.Cancellation))
        {
            using Stream content = part.Bytes.OpenRead(offset, length);
            if (context.Child(description, content) is ChildResult.Stop) return;
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        if (context.Removes(NoPassiveFormFindings.OneNote)) return RebuildOutcome.Failed("onenote has no passive form");
        foreach ((ChildDescription description, long offset, long length) in Embedded(part.Bytes, context.Cancellation))
        {
            if (context.Child(description, () => part.Bytes.OpenRead(offset, length)).Kind is not ChildDecisionKind.Keep) return RebuildOutcome.Failed("a file in a OneNote section cannot be changed");
        }

        return RebuildOutcome.Unchanged;
    }

    private static IEnumerable<(ChildDescription Description, long Offset, long Length)> Embedded(PartBytes bytes, CancellationToken cancellation)
    {
        byte[] buffer = new byte[Window];
        int number = 0;
        for (long at = 0; at < bytes.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            int got = bytes.Read(at, buffer);
            int found = buffer.AsSpan(0, got).IndexOf(Header);
            if (found < 0)
            {
                if (got < Window) yield break;
                at += got - (Header.Length - 1);
                continue;
            }

            long start = at + found;
            byte[] head = new byte[HeaderLength];
            long content = start + HeaderLength;
            if (bytes.Read(start, head) < HeaderLength) yield break;
            ulong stated = BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(16));

            // A length that leads out of the file is cut to what is there: a reader that forgives sees that much.
            long length = (long)Math.Min(stated, (ulong)(bytes.Length - content));
            yield return (new ChildDescription(new PartName("derived", "embedded-file-" + (++number).ToString(CultureInfo.InvariantCulture))) { PackedSize = length }, content, length);

            // On from behind the header, not behind the file: a length that lies must not hide the next one.
            at = content;
        }
    }
}
