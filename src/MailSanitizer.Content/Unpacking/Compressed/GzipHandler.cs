using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace MailSanitizer.Content.Unpacking.Compressed;

/// <summary>gzip (RFC 1952). Written again as gzip.</summary>
public sealed class GzipHandler : CompressedFileHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["gz", "svgz"];

    /// <inheritdoc/>
    public override RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        ArchiveReading reading = new(part, context);
        GzipMember? header;
        try
        {
            header = GzipMember.Read(part.Bytes, 0);
        }
        catch (InvalidDataException failure)
        {
            return RebuildOutcome.Failed(failure.Message);
        }

        if (header is null) return RebuildOutcome.Failed("not a gzip file");
        ChildDecision decision = context.Child(Describe(header, reading), () => new GzipContent(part.Bytes, header, firstOnly: false));
        switch (decision.Kind)
        {
            case ChildDecisionKind.Keep: return RebuildOutcome.Unchanged;
            case ChildDecisionKind.Strip: return RebuildOutcome.Failed("its only content is left out");
        }

        WriteHeader(header, decision.Name, part.Bytes, output);
        WriteContent(decision.Content!, output, context.Cancellation);
        return decision.Name is null ? RebuildOutcome.Rewritten : new RebuildOutcome(RebuildKind.Rewritten, OuterName(part.Name, decision.Name));
    }

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        GzipMember? header = GzipMember.Read(reading.Bytes, 0) ?? throw new InvalidDataException("not a gzip file");
        GzipContent content = new(reading.Bytes, header, firstOnly: false);
        ChildDescription description = Describe(header, reading);
        yield return new ArchiveMember(description)
        {
            Open = () => content,
            Modified = header.Modified == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(header.Modified).UtcDateTime,
        };
        foreach ((FindingKind kind, string location, string detail) in content.Problems) reading.Report(kind, location, detail);
        if (content.Members < 2) yield break;

        // Some readers stop behind the first member: what they see is scanned too.
        yield return new ArchiveMember(description with { AlternativeReading = true }) { Open = () => new GzipContent(reading.Bytes, header, firstOnly: true) };
    }

    private static ChildDescription Describe(GzipMember header, ArchiveReading reading)
    {
        ChildDescription derived = Describe(reading);
        return header.Name is { Length: > 0 } name ? derived with { Names = [ArchiveNames.Decode("member", name), .. derived.Names] } : derived;
    }

    private static void WriteHeader(GzipMember header, string? renamed, PartBytes original, IPartOutput output)
    {
        if (renamed is null)
        {
            output.Copy(0, header.End);
            return;
        }

        // Extra fields and comment speak of the old content; method, time and system stay.
        byte[] fixedPart = new byte[10];
        _ = original.Read(0, fixedPart);
        fixedPart[3] = header.Name is null ? (byte)0 : (byte)8;
        output.Write(fixedPart);
        if (header.Name is null) return;
        output.Write(Encoding.UTF8.GetBytes(renamed.Replace("\0", "", StringComparison.Ordinal)));
        output.Write([0]);
    }

    private static void WriteContent(PartBytes content, IPartOutput output, CancellationToken cancellation)
    {
        Crc32 crc = new();
        byte[] buffer = new byte[81920];
        using (DeflateStream deflate = new(new PartOutputStream(output), CompressionLevel.Optimal))
        {
            for (long at = 0; at < content.Length;)
            {
                cancellation.ThrowIfCancellationRequested();
                int got = content.Read(at, buffer);
                if (got == 0) break;
                crc.Append(buffer.AsSpan(0, got));
                deflate.Write(buffer, 0, got);
                at += got;
            }
        }

        Span<byte> trailer = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(trailer, crc.GetCurrentHashAsUInt32());
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], (uint)content.Length);
        output.Write(trailer);
    }
}
