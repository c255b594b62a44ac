using System.IO.Compression;
using SharpCompress.Compressors.BZip2;

namespace MailSanitizer.Content.Unpacking.Pgp;

/// <summary>
/// OpenPGP (RFC 9580): literal and compressed packets are taken out and walked, also from under signatures; what is encrypted is a finding. Binary and armoured.
/// </summary>
public sealed class PgpHandler : ArchiveHandler
{
    private const int Literal = 11;
    private const int Compressed = 8;
    private const int MaxPackets = 10_000;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["pgp-message"];

    /// <summary>The content takes the place of its wrapping.</summary>
    public override RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        ArchiveReading reading = new(part, context);
        int count = 0;
        ChildDecision? changed = null;
        string name = "";
        foreach (ArchiveMember member in Guarded(reading))
        {
            count++;
            ChildDecision decision = context.Child(member.Description, member.Open!);
            if (decision.Kind == ChildDecisionKind.Keep) continue;
            if (decision.Kind == ChildDecisionKind.Strip || changed is not null) return RebuildOutcome.Failed("its content cannot be written anew");
            changed = decision;
            name = decision.Name ?? member.Name;
            using Stream content = decision.Content!.OpenRead();
            content.CopyTo(new PartOutputStream(output));
        }

        if (changed is null) return RebuildOutcome.Unchanged;
        return count == 1 ? new RebuildOutcome(RebuildKind.Rewritten, name, changed.MediaType) : RebuildOutcome.Failed("several contents in one message");
    }

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        byte[] first = reading.Take(0, 1) ?? [];
        if (first.Length == 0 || (first[0] & 0x80) == 0)
        {
            IReadOnlyList<ArchiveMember> blocks = PgpArmor.Blocks(reading);
            if (blocks.Count == 0) throw new InvalidDataException("neither packets nor armour");
            foreach (ArchiveMember block in blocks) yield return block;
            yield break;
        }

        PgpPackets packets = new(reading.Bytes);
        int number = 0;
        while (packets.Next() is { } packet)
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            if (++number > MaxPackets) throw new InvalidDataException("more packets than can be");
            switch (packet.Tag)
            {
                case Literal: yield return LiteralMember(packet, reading); break;
                case Compressed: yield return CompressedMember(packet, reading); break;
                case 9 or 18 or 20:
                    reading.Report(WalkFindings.EncryptedMessage, $"packet {number}", "encrypted data");
                    break;
                case 1 or 3 or 2 or 4 or 5 or 6 or 7 or 12 or 13 or 14 or 17 or 19 or 21 or 10: break;
                default:
                    reading.Report(ArchiveFindings.UnsupportedArchive, $"packet {number}", $"of kind {packet.Tag}");
                    break;
            }
        }
    }

    private static ArchiveMember LiteralMember(PgpPacket packet, ArchiveReading reading)
    {
        using Stream head = packet.Open();
        byte[] start = new byte[2];
        if (head.ReadAtLeast(start, 2, throwOnEndOfStream: false) < 2) throw new InvalidDataException("a literal packet without a header");
        byte[] rest = new byte[start[1] + 4];
        if (head.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false) < rest.Length) throw new InvalidDataException("a literal packet without a header");
        int skip = 2 + rest.Length;
        byte[] raw = rest[..start[1]];
        PartName derived = new("derived", Inner(reading.Part.Name));
        PartName[] names = raw.Length > 0 && !raw.AsSpan().SequenceEqual("_CONSOLE"u8) ? [ArchiveNames.Decode("member", raw), derived] : [derived];
        return new ArchiveMember(new ChildDescription(names) { PackedSize = reading.Bytes.Length })
        {
            Open = () =>
            {
                Stream content = packet.Open();
                content.ReadExactly(new byte[skip]);
                return content;
            },
        };
    }

    // What is inside is packets again: a child, so that the walker counts the level.
    private static ArchiveMember CompressedMember(PgpPacket packet, ArchiveReading reading)
    {
        ChildDescription description = new(new PartName("derived", Inner(reading.Part.Name) + ".pgp")) { DeclaredType = "application/pgp", PackedSize = reading.Bytes.Length };
        return new ArchiveMember(description) { Open = () => Decompress(packet) };
    }

    private static Stream Decompress(PgpPacket packet)
    {
        Stream source = packet.Open();
        int algorithm = source.ReadByte();
        return algorithm switch
        {
            0 => source,
            1 => new MailSanitizer.Content.Formats.Compression.InflateStream(source),
            2 => new SalvagingStream(() => new ZLibStream(Skipped(packet), CompressionMode.Decompress)),
            3 => new SalvagingStream(() => BZip2Stream.Create(Skipped(packet), SharpCompress.Compressors.CompressionMode.Decompress, false, false, false)),
            _ => throw new InvalidDataException($"a compression of unknown kind {algorithm}"),
        };
    }

    private static Stream Skipped(PgpPacket packet)
    {
        Stream source = packet.Open();
        _ = source.ReadByte();
        return source;
    }

    private static string Inner(string name)
    {
        foreach (string suffix in new[] { ".pgp", ".gpg", ".asc", ".sig" })
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) return name[..^suffix.Length];
        }

        return name.Length > 0 ? name : "content";
    }
}
