using System.Diagnostics;
using MailSanitizer.Content.Formats.Charsets;
using SharpCompress.Archives;
using SharpCompress.Common;
using SharpCompress.Readers;

namespace MailSanitizer.Content.Unpacking;

/// <summary>
/// Archives that SharpCompress decodes (7z, RAR). What it does not do is done here: solid archives in one pass, checksums compared, passwords proven,
/// memory and the cost of key derivation looked at before it is let near the bytes.
/// </summary>
public abstract class LibraryArchiveHandler : ArchiveHandler
{
    // A password that nobody has: the library ends a pass at the first lock when it has none at all.
    private const string NoPassword = "\u0001\u0002\u0003";

    /// <summary>Opens the archive with the library.</summary>
    private protected abstract IArchive OpenArchive(Stream stream, ReaderOptions options);

    /// <summary>Looks at the headers first. False when the archive must not be opened; the reason is reported. <paramref name="checksums"/>: whose CRC is that of its content.</summary>
    private protected abstract bool MayOpen(ArchiveReading reading, out LibraryChecksums checksums);

    /// <summary>True when the archive must be read in one pass.</summary>
    private protected abstract bool IsOnePass(IArchive archive);

    /// <inheritdoc/>
    protected sealed override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        if (!MayOpen(reading, out LibraryChecksums checksums)) yield break;
        Password? password = null;
        IArchive? archive = TryOpen(reading, null, out bool headersLocked);
        if (archive is null && headersLocked)
        {
            (archive, password) = Unlock(reading);
            if (archive is null)
            {
                reading.Report(WalkFindings.Locked, "", "the list of members is locked by a password that none of the candidates is");
                yield break;
            }
        }

        if (archive is null) throw new InvalidDataException("the library cannot read it");
        List<IArchiveEntry> entries = List(archive, reading);
        if (!archive.IsComplete) reading.Report(ArchiveFindings.SplitArchive, "", "other volumes are missing");
        if (password is null && entries.Any(entry => entry.IsEncrypted)) password = Find(reading, archive, entries, checksums);
        // These formats prove a password by a CRC, and a CRC can be forged: what was seen goes out, locked anew.
        if (password is not null) reading.Report(WalkFindings.UnkeyedLock, "", "proven by a CRC");
        Close(archive);
        long total = Math.Max(1, entries.Sum(entry => Math.Clamp(Size(entry), 0, long.MaxValue / 100_000)));
        using LibraryPass pass = new(this, reading, password?.Text ?? NoPassword, checksums);
        while (pass.Next() is { } entry)
        {
            ArchiveMember member = Describe(entry, reading, password, total);
            if (member.Kind != MemberKind.File)
            {
                yield return member;
                continue;
            }

            if (entry.IsEncrypted && password is null)
            {
                reading.Report(WalkFindings.Locked, member.Name, "locked by a password that none of the candidates is");
                yield return member;
                continue;
            }

            if (entry.IsSplitAfter && !pass.IsComplete)
            {
                reading.Report(ArchiveFindings.SplitArchive, member.Name, "goes on in another volume");
                yield return member;
                continue;
            }

            LibraryStream content = pass.Content();
            yield return member with { Open = () => content };
            if (entry.IsEncrypted && content.Failed) reading.Report(WalkFindings.Locked, member.Name, "the password that opens other members does not open this one");
        }

        if (pass.Failure is { } failure && password is null && entries.Any(entry => entry.IsEncrypted)) reading.Report(WalkFindings.Locked, "", $"what lies behind a locked member: {failure}");
        else if (pass.Failure is { } broken) reading.Report(ArchiveFindings.DamagedArchive, "", broken);
    }

    private static ArchiveMember Describe(IEntry entry, ArchiveReading reading, Password? password, long total)
    {
        string key = entry.Key ?? "";
        long size = Size(entry);
        ChildDescription description = new(new PartName("member", key))
        {
            // The share of the whole: members of a solid archive have no packed size of their own.
            PackedSize = Math.Max(1, (long)((double)Math.Max(0, size) / total * reading.Bytes.Length)),
            OpenedWith = entry.IsEncrypted ? password?.Source : null,
        };
        bool link = !string.IsNullOrEmpty(entry.LinkTarget);
        return new ArchiveMember(description)
        {
            LockedBy = entry.IsEncrypted ? password : null,
            Kind = entry.IsDirectory ? MemberKind.Folder : link ? MemberKind.Link : MemberKind.File,
            Size = size >= 0 ? size : null,
            Modified = entry.LastModifiedTime,
            LinkFinding = UnpackingFindings.SymbolicLink,
            LinkTarget = link ? entry.LinkTarget : null,
        };
    }

    // The library refuses to tell the size of an entry whose other volumes are missing.
    private static long Size(IEntry entry)
    {
        try
        {
            return entry.Size;
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            return -1;
        }
    }

    // 0 stands for "none declared": a wrong 0 in 2^32 is not looked for.
    private static MemberChecksum? Checksum(IEntry entry, LibraryChecksums checksums) => entry.Crc == 0 || checksums == LibraryChecksums.None || (checksums == LibraryChecksums.OpenMembers && entry.IsEncrypted) ? null : MemberChecksum.Crc32((uint)entry.Crc);

    private static List<IArchiveEntry> List(IArchive archive, ArchiveReading reading)
    {
        List<IArchiveEntry> entries = [];
        try
        {
            foreach (IArchiveEntry entry in archive.Entries)
            {
                entries.Add(entry);
                if (entries.Count > reading.Limits.ArchiveEntries) break;
            }
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            throw new InvalidDataException(failure.Message, failure);
        }

        return entries;
    }

    private (IArchive? Archive, Password? Password) Unlock(ArchiveReading reading)
    {
        foreach (Password candidate in reading.Passwords.Where(candidate => candidate.Text.Length > 0))
        {
            long start = Stopwatch.GetTimestamp();
            IArchive? archive = TryOpen(reading, candidate.Text, out _);
            bool mayGoOn = reading.ChargeGuessing(Stopwatch.GetElapsedTime(start));
            if (archive is not null)
            {
                reading.Opened(candidate);
                return (archive, candidate);
            }

            if (!mayGoOn) break;
        }

        return (null, null);
    }

    // Proven by the content of a member: the smallest, or the first where the archive is solid.
    private Password? Find(ArchiveReading reading, IArchive archive, List<IArchiveEntry> entries, LibraryChecksums checksums)
    {
        IEnumerable<IArchiveEntry> locked = entries.Where(entry => entry.IsEncrypted && !entry.IsDirectory && Size(entry) > 0);
        IArchiveEntry? probe = IsOnePass(archive) ? locked.FirstOrDefault() : locked.MinBy(Size);
        if (probe is null) return null;
        int index = entries.IndexOf(probe);
        foreach (Password candidate in reading.Passwords.Where(candidate => candidate.Text.Length > 0))
        {
            long start = Stopwatch.GetTimestamp();
            bool fits = Fits(reading, candidate.Text, index, checksums);
            bool mayGoOn = reading.ChargeGuessing(Stopwatch.GetElapsedTime(start));
            if (fits)
            {
                reading.Opened(candidate);
                return candidate;
            }

            if (!mayGoOn) return null;
        }

        return null;
    }

    private bool Fits(ArchiveReading reading, string password, int index, LibraryChecksums checksums)
    {
        using LibraryPass pass = new(this, reading, password, checksums);
        IEntry? entry = null;
        for (int at = 0; at <= index; at++)
        {
            if ((entry = pass.Next()) is null) return false;
        }

        MemberChecksum? checksum = Checksum(entry!, checksums);
        byte[] buffer = new byte[16 * 1024];
        long count = 0;
        try
        {
            using LibraryStream content = pass.Content();
            for (int got; (got = content.Read(buffer, 0, buffer.Length)) > 0; count += got)
            {
                reading.Cancellation.ThrowIfCancellationRequested();
                checksum?.Append(buffer.AsSpan(0, got));
            }
        }
        catch (InvalidDataException)
        {
            return false;
        }

        return count == Size(entry!) && checksum is not { Matches: false };
    }

    private IArchive? TryOpen(ArchiveReading reading, string? password, out bool locked)
    {
        locked = false;
        IArchive? archive = null;
        try
        {
            archive = OpenArchive(reading.Bytes.OpenRead(), Options(password));

            // Headers are read when they are first asked for, and a wrong password shows only then.
            foreach (IArchiveEntry _ in archive.Entries) break;
            return archive;
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            locked = failure is CryptographicException;
            if (archive is not null) Close(archive);
            return null;
        }
    }

    private static ReaderOptions Options(string? password) => new()
    {
        Password = password,
        LeaveStreamOpen = false,
        ArchiveEncoding = new ArchiveEncoding { Default = Charset.Cp932, CustomDecoder = static (bytes, at, count, _) => NameCharset.Decode(bytes.AsSpan(at, count)) },
    };

    private static void Close(IArchive archive)
    {
        try
        {
            archive.Dispose();
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            // A library that is closed in the middle of a broken archive complains; what counts was taken before.
            return;
        }
    }

    /// <summary>One pass over the entries, with one password.</summary>
    private sealed class LibraryPass : IDisposable
    {
        private readonly LibraryChecksums _checksums;
        private readonly IArchive? _archive;
        private readonly IReader? _reader;
        private readonly IEnumerator<IArchiveEntry>? _entries;
        private IEntry? _current;

        public LibraryPass(LibraryArchiveHandler handler, ArchiveReading reading, string password, LibraryChecksums checksums)
        {
            _checksums = checksums;
            try
            {
                _archive = handler.OpenArchive(reading.Bytes.OpenRead(), Options(password));
                IsComplete = _archive.IsComplete;
                if (handler.IsOnePass(_archive)) _reader = _archive.ExtractAllEntries();
                else _entries = _archive.Entries.GetEnumerator();
            }
            catch (Exception failure) when (LibraryFault.Is(failure))
            {
                Failure = failure.Message;
            }
        }

        public bool IsComplete { get; }

        public string? Failure { get; private set; }

        public IEntry? Next()
        {
            if (Failure is not null) return null;
            try
            {
                if (_reader is not null) return _current = _reader.MoveToNextEntry() ? _reader.Entry : null;
                return _current = _entries!.MoveNext() ? _entries.Current : null;
            }
            catch (Exception failure) when (LibraryFault.Is(failure))
            {
                Failure = failure.Message;
                return null;
            }
        }

        public LibraryStream Content()
        {
            IEntry entry = _current!;
            return new LibraryStream(() => _reader is not null ? _reader.OpenEntryStream() : ((IArchiveEntry)entry).OpenEntryStream(), Checksum(entry, _checksums));
        }

        public void Dispose()
        {
            try
            {
                _reader?.Dispose();
                _entries?.Dispose();
            }
            catch (Exception failure) when (LibraryFault.Is(failure))
            {
                Failure ??= failure.Message;
            }

            if (_archive is not null) Close(_archive);
        }
    }
}

/// <summary>Whose CRC is that of its content.</summary>
internal enum LibraryChecksums
{
    /// <summary>Every member's.</summary>
    AllMembers,

    /// <summary>Those of members that are not locked; the others are keyed, and the library compares them.</summary>
    OpenMembers,

    /// <summary>Nobody's: another hash stands in its place, which the library compares.</summary>
    None,
}

/// <summary>The library's stream of one entry: its exceptions become <see cref="InvalidDataException"/>; the CRC is compared here, for the library does not always.</summary>
internal sealed class LibraryStream(Func<Stream> open, MemberChecksum? checksum) : ForwardStream
{
    // The library fills the whole buffer or throws: small pieces lose little of what stands before a fault.
    private const int Piece = 4096;

    private Stream? _inner;

    /// <summary>True when reading failed or the checksum did not fit.</summary>
    public bool Failed { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            _inner ??= open();
            int got = _inner.Read(buffer.Length > Piece ? buffer[..Piece] : buffer);
            checksum?.Append(buffer[..got]);
            if (got > 0 || buffer.IsEmpty || checksum is not { Matches: false }) return got;
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            Failed = true;
            throw new InvalidDataException(failure.Message, failure);
        }

        Failed = true;
        throw new InvalidDataException("the checksum does not fit the content");
    }

    protected override void Dispose(bool disposing)
    {
        try
        {
            if (disposing) _inner?.Dispose();
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            Failed = true;
        }

        base.Dispose(disposing);
    }
}
