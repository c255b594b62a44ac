using System.Text;
using MailSanitizer.Content.Formats.Crypto;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Unpacking;

/// <summary>Writes an archive that we can read and not write as ZIP: same members in the same order, under the same names (in UTF-8), with their times.</summary>
internal static class ZipConversion
{
    private static readonly string[] Extensions =
    [
        ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.lz", ".tar.z", ".7z", ".rar", ".lzh", ".lha", ".lzs", ".cab", ".arj", ".ace", ".iso", ".img", ".cpio", ".bz2", ".bz", ".tbz2", ".tbz", ".xz", ".txz", ".zst", ".tzst",
        ".lz", ".tlz", ".lzma", ".z", ".taz", ".dat", ".tnef", ".msg", ".oft", ".hqx", ".exe", ".001",
    ];

    /// <summary>Writes the archive whose members <paramref name="list"/> lists; it is asked again for content that was read once already.</summary>
    public static RebuildOutcome Write(Part part, IRebuildContext context, IPartOutput output, Func<ArchiveReading, IEnumerable<ArchiveMember>> list)
    {
        ArchiveReading reading = new(part, context);
        ZipWriter writer = new(output);
        bool changed = false;
        int index = -1;
        foreach (ArchiveMember member in list(reading))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            index++;
            ArchiveNames.Report(member, reading);
            if (member.Kind == MemberKind.Folder) writer.Add(Name(member, null, context).TrimEnd('/') + "/", new MemoryPartBytes(ReadOnlyMemory<byte>.Empty), store: true, DosDate(member.Modified));
            if (member.Open is null) continue;
            using MemberContent content = new(member, part, context, list, index);
            ChildDecision decision = context.Child(member.Description, content.Open);
            changed |= decision.Kind != ChildDecisionKind.Keep;
            if (decision.Kind == ChildDecisionKind.Strip || member.Description.AlternativeReading) continue;
            if (member.LockedBy is not null && context.Repack == "parts") return RebuildOutcome.Failed("the members of a locked archive cannot go on as parts of their own");
            PartBytes? bytes = decision.Kind == ChildDecisionKind.Replace ? decision.Content : content.Whole();
            if (bytes is null) return RebuildOutcome.Failed($"a member cannot be read: {member.Name}");
            writer.Add(Name(member, decision.Name, context), bytes, dosTime: DosDate(member.Modified), seal: Seal(member, context), cancellation: context.Cancellation);
        }

        if (!changed && !reading.TakesOut) return RebuildOutcome.Unchanged;
        if (reading.Incomplete) return RebuildOutcome.Failed("not every member can be read");
        writer.Finish();
        return new RebuildOutcome(RebuildKind.Rewritten, NewName(part.Name), "application/zip");
    }

    // AES as in 7z and RAR, and keyed: who opened those has a program that opens this. Names stand in clear, which ZIP cannot help.
    private static ZipSeal? Seal(ArchiveMember member, IRebuildContext context) =>
        member.LockedBy is { } password && context.Repack != "open" ? new ZipSeal(Encoding.UTF8.GetBytes(password.Text), KeyLength: 32, Version: 2) : null;

    /// <summary>The part's name with the extension of a ZIP.</summary>
    public static string NewName(string name)
    {
        foreach (string extension in Extensions)
        {
            if (name.Length > extension.Length && name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) return name[..^extension.Length] + ".zip";
        }

        return name.Length > 0 ? name + ".zip" : "archive.zip";
    }

    private static string Name(ArchiveMember member, string? renamed, IRebuildContext context)
    {
        string name = member.Name.Replace('\\', '/');
        if (renamed is not null) name = name[..(name.LastIndexOf('/') + 1)] + renamed[(renamed.LastIndexOf('/') + 1)..];
        return MemberNames.Inspect(name).Any(context.Removes) ? MemberNames.MakeSafe(name) : name;
    }

    private static uint DosDate(DateTime? time) => time is { Year: >= 1980 and <= 2107 } at
        ? ((uint)(at.Year - 1980) << 25) | ((uint)at.Month << 21) | ((uint)at.Day << 16) | ((uint)at.Hour << 11) | ((uint)at.Minute << 5) | (uint)(at.Second / 2)
        : 0x00210000;

    /// <summary>A member's content for the walker's question and for writing: kept while small, else decoded again.</summary>
    private sealed class MemberContent(ArchiveMember member, Part part, IRebuildContext context, Func<ArchiveReading, IEnumerable<ArchiveMember>> list, int index) : IDisposable
    {
        private byte[]? _kept;
        private bool _taken;
        private ReopenedBytes? _reopened;

        public Stream Open()
        {
            Keep();
            return _kept is not null ? new MemoryStream(_kept, writable: false) : Reopen();
        }

        /// <summary>The whole content; null when it cannot be read or is not what the archive declares.</summary>
        public PartBytes? Whole()
        {
            try
            {
                Keep();
                if (_kept is not null) return new MemoryPartBytes(_kept);
                using Stream counted = Reopen();
                long length = Length(counted);
                return _reopened = new ReopenedBytes(Reopen, length);
            }
            catch (InvalidDataException)
            {
                return null;
            }
        }

        public void Dispose() => _reopened?.Dispose();

        private void Keep()
        {
            if (_taken) return;
            _taken = true;
            using MemberStream content = new(member.Open!(), member.Size, member.Checksum, context.Cancellation);
            using MemoryStream kept = new();
            byte[] buffer = new byte[81920];
            for (int got; (got = content.Read(buffer, 0, buffer.Length)) > 0;)
            {
                kept.Write(buffer, 0, got);
                if (kept.Length > context.Limits.PartMemory) return;
            }

            if (content.Verdict(ChildResult.Complete).FirstOrDefault() is { Kind: not null } wrong) throw new InvalidDataException(wrong.Detail);
            _kept = kept.ToArray();
        }

        private long Length(Stream content)
        {
            byte[] buffer = new byte[81920];
            long length = 0;
            for (int got; (got = content.Read(buffer, 0, buffer.Length)) > 0; length += got) context.Cancellation.ThrowIfCancellationRequested();
            return length;
        }

        private Stream Reopen()
        {
            IEnumerator<ArchiveMember> members = list(new ArchiveReading(part, context) { Quiet = true }).GetEnumerator();
            for (int at = 0; at <= index; at++)
            {
                if (!members.MoveNext()) throw new InvalidDataException("an archive that lists less the second time");
            }

            return new PassStream(members, new MemberStream(members.Current.Open!(), members.Current.Size, members.Current.Checksum, context.Cancellation));
        }
    }

    /// <summary>A member's content together with the pass it belongs to.</summary>
    private sealed class PassStream(IDisposable pass, MemberStream content) : ForwardStream
    {
        public override int Read(Span<byte> buffer) => content.Read(buffer);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                content.Dispose();
                pass.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    /// <summary>Part bytes over a stream that can be opened again; meant for reading from the beginning to the end.</summary>
    private sealed class ReopenedBytes(Func<Stream> open, long length) : PartBytes
    {
        private Stream? _stream;
        private long _at;

        public override long Length => length;

        public override int Read(long offset, Span<byte> buffer)
        {
            if (offset < 0 || offset >= length || buffer.IsEmpty) return 0;
            if (_stream is null || offset < _at)
            {
                _stream?.Dispose();
                _stream = open();
                _at = 0;
            }

            byte[] skipped = new byte[81920];
            while (_at < offset)
            {
                int got = _stream.Read(skipped, 0, (int)Math.Min(skipped.Length, offset - _at));
                if (got == 0) return 0;
                _at += got;
            }

            int read = _stream.ReadAtLeast(buffer[..(int)Math.Min(buffer.Length, length - _at)], (int)Math.Min(buffer.Length, length - _at), throwOnEndOfStream: false);
            _at += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _stream?.Dispose();
            base.Dispose(disposing);
        }
    }
}
