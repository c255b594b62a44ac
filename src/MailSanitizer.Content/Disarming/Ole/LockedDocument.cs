using System.Buffers.Binary;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Crypto;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>
/// The lock of a legacy office file, which lies over some of its streams (MS-DOC 2.2.6, MS-XLS 2.2.10, MS-PPT 2.3.7). Unlocked it is a file of the same kind in which nothing has
/// moved, so it is locked again by the same steps.
/// </summary>
internal abstract class LockedDocument(CfbFile file, Limits limits)
{
    /// <summary>What it is, for the report.</summary>
    public abstract string Name { get; }

    /// <summary>True when the verifier proves the password; XOR obfuscation has 16 bits, which many passwords share.</summary>
    public virtual bool IsKeyed => true;

    /// <summary>Properties that are locked in a form of their own.</summary>
    public IEnumerable<CfbEntry> Properties => file.Root.Children.Where(static child => child.Name is "EncryptedSummary" or "encryption");

    protected CfbFile File => file;

    /// <summary>The key when the password is right; else null.</summary>
    public abstract byte[]? KeyFor(string password);

    /// <summary>The streams without the lock; null when they cannot be read as they should.</summary>
    protected abstract Dictionary<string, byte[]>? Unlocked(byte[] key, CancellationToken cancellation);

    /// <summary>The streams of the unlocked file under the lock again; null when it is no longer built as it was.</summary>
    protected abstract Dictionary<string, byte[]>? Locked(byte[] key, Func<string, byte[]?> plain, CancellationToken cancellation);

    /// <summary>The file without its lock; null when it cannot be read.</summary>
    public CfbNode? Open(byte[] key, CancellationToken cancellation) =>
        Unlocked(key, cancellation) is { } streams ? CfbNode.From(file, keep: entry => entry.Parent != file.Root || !Properties.Contains(entry), replace: entry => Of(streams, file, entry)) : null;

    /// <summary>An unlocked file under the lock again; null when it is no longer built as it was.</summary>
    public CfbNode? Lock(byte[] key, CfbFile plain, CancellationToken cancellation)
    {
        Dictionary<string, byte[]>? streams = Locked(key, name => plain.Root.Find(name) is { Kind: CfbKind.Stream } entry ? plain.Content(entry).ToArray(limits.OleStream) : null, cancellation);
        return streams is null ? null : CfbNode.From(plain, replace: entry => Of(streams, plain, entry));
    }

    /// <summary>The lock of a file, or null when it has none. <paramref name="why"/>: the lock is of a kind that is not opened here.</summary>
    public static LockedDocument? Of(CfbFile file, Limits limits, out string why)
    {
        why = "";
        return LockedText.Find(file, limits, ref why) ?? LockedWorkbook.Find(file, limits, ref why) ?? (LockedDocument?)LockedSlides.Find(file, limits, ref why);
    }

    protected static byte[]? Read(CfbFile file, string name, Limits limits) => file.Root.Find(name) is { Kind: CfbKind.Stream } entry ? file.Content(entry).ToArray(limits.OleStream) : null;

    private static MemoryPartBytes? Of(Dictionary<string, byte[]> streams, CfbFile of, CfbEntry entry) => entry.Parent == of.Root && streams.TryGetValue(entry.Name, out byte[]? bytes) ? new MemoryPartBytes(bytes) : null;
}

/// <summary>Word: the text, the table stream and the data stream in blocks of 512 bytes; the first 68 bytes stay, the table stream begins with the encryption header.</summary>
internal sealed class LockedText : LockedDocument
{
    private const int Block = 512;
    private const int Plain = 68;
    private readonly Rc4Lock _lock;
    private readonly byte[] _main;
    private readonly byte[] _table;
    private readonly byte[]? _data;
    private readonly string _tableName;
    private readonly int _header;

    private LockedText(CfbFile file, Limits limits, Rc4Lock found, byte[] main, byte[] table, string tableName, int header)
        : base(file, limits) => (_lock, _main, _table, _tableName, _header, _data) = (found, main, table, tableName, header, Read(file, "Data", limits));

    public override string Name => _lock.Name;

    public static LockedText? Find(CfbFile file, Limits limits, ref string why)
    {
        if (Read(file, "WordDocument", limits) is not { Length: > Plain } main) return null;
        int flags = BinaryPrimitives.ReadUInt16LittleEndian(main.AsSpan(10));
        if ((flags & 0x0100) == 0) return null;
        string name = (flags & 0x0200) != 0 ? "1Table" : "0Table";
        uint header = BinaryPrimitives.ReadUInt32LittleEndian(main.AsSpan(14));
        if ((flags & 0x8000) != 0) why = "XOR obfuscation of a text";
        else if (Read(file, name, limits) is not { } table || header > table.Length) why = "no encryption header";
        else if (Rc4Lock.Read(table.AsSpan(0, (int)header), out why) is { } found) return new LockedText(file, limits, found, main, table, name, (int)header);
        return null;
    }

    public override byte[]? KeyFor(string password) => _lock.KeyFor(password);

    protected override Dictionary<string, byte[]> Unlocked(byte[] key, CancellationToken cancellation)
    {
        Dictionary<string, byte[]> streams = Apply(key, _main, _table, _data);
        byte[] main = streams["WordDocument"];
        main[11] &= 0x7E;
        main.AsSpan(14, 4).Clear();
        streams[_tableName].AsSpan(0, _header).Clear();
        return streams;
    }

    protected override Dictionary<string, byte[]>? Locked(byte[] key, Func<string, byte[]?> plain, CancellationToken cancellation)
    {
        if (plain("WordDocument") is not { Length: > Plain } main || plain(_tableName) is not { } table || table.Length < _header) return null;
        Dictionary<string, byte[]> streams = Apply(key, main, table, plain("Data"));
        streams["WordDocument"][11] |= (byte)(_main[11] & 0x81);
        _main.AsSpan(14, 4).CopyTo(streams["WordDocument"].AsSpan(14));
        _table.AsSpan(0, _header).CopyTo(streams[_tableName]);
        return streams;
    }

    private Dictionary<string, byte[]> Apply(byte[] key, byte[] main, byte[] table, byte[]? data)
    {
        Dictionary<string, byte[]> streams = new(StringComparer.OrdinalIgnoreCase) { ["WordDocument"] = (byte[])main.Clone(), [_tableName] = (byte[])table.Clone() };
        if (data is not null) streams["Data"] = (byte[])data.Clone();
        foreach (byte[] stream in streams.Values) _lock.Apply(key, stream, Block);
        main.AsSpan(0, Plain).CopyTo(streams["WordDocument"]);
        return streams;
    }
}

/// <summary>Excel: what stands in the records, without their heads and without some of them, in blocks of 1,024 bytes; or XOR with a pattern of 16 bytes.</summary>
internal sealed class LockedWorkbook : LockedDocument
{
    private const int Block = 1024;
    private const int FilePass = 0x2F;
    private readonly Rc4Lock? _lock;
    private readonly XorLock? _xor;
    private readonly string _stream;
    private readonly byte[] _book;
    private readonly int _pass;

    private LockedWorkbook(CfbFile file, Limits limits, string stream, byte[] book, int pass, Rc4Lock? found, XorLock? xor)
        : base(file, limits) => (_stream, _book, _pass, _lock, _xor) = (stream, book, pass, found, xor);

    public override string Name => _lock?.Name ?? "XOR obfuscation";

    public override bool IsKeyed => _lock is not null;

    public static LockedWorkbook? Find(CfbFile file, Limits limits, ref string why)
    {
        foreach (string stream in (string[])["Workbook", "Book"])
        {
            if (Read(file, stream, limits) is not { } book) continue;
            for (int at = 0; at + 4 <= book.Length;)
            {
                int kind = BinaryPrimitives.ReadUInt16LittleEndian(book.AsSpan(at)), size = BinaryPrimitives.ReadUInt16LittleEndian(book.AsSpan(at + 2));
                if (size > book.Length - at - 4 || kind == 0x0A) break;
                if (kind == FilePass)
                {
                    ReadOnlySpan<byte> pass = book.AsSpan(at + 4, size);
                    int type = size >= 2 ? BinaryPrimitives.ReadUInt16LittleEndian(pass) : -1;
                    XorLock? xor = XorLock.Read(stream == "Book" || type != 0 ? pass : pass[2..]);
                    if (stream == "Book" || type == 0) return xor is null ? null : new LockedWorkbook(file, limits, stream, book, at, null, xor);
                    return type == 1 && Rc4Lock.Read(pass[2..], out why) is { } found ? new LockedWorkbook(file, limits, stream, book, at, found, null) : null;
                }

                at += 4 + size;
            }
        }

        return null;
    }

    public override byte[]? KeyFor(string password) => _lock is not null ? _lock.KeyFor(password) : _xor!.KeyFor(password);

    // The record that announces the lock becomes one that says nothing, as long as it was.
    protected override Dictionary<string, byte[]>? Unlocked(byte[] key, CancellationToken cancellation)
    {
        byte[] book = (byte[])_book.Clone();
        if (!Apply(key, book, unlock: true, cancellation)) return null;
        book.AsSpan(_pass, 2).Clear();
        book.AsSpan(_pass + 4, BinaryPrimitives.ReadUInt16LittleEndian(book.AsSpan(_pass + 2))).Clear();
        return new Dictionary<string, byte[]>(StringComparer.OrdinalIgnoreCase) { [_stream] = book };
    }

    protected override Dictionary<string, byte[]>? Locked(byte[] key, Func<string, byte[]?> plain, CancellationToken cancellation)
    {
        if (_lock is null || plain(_stream) is not { } book) return null;
        int length = 4 + BinaryPrimitives.ReadUInt16LittleEndian(_book.AsSpan(_pass + 2));
        if (book.Length < _pass + length || !book.AsSpan(_pass + 2, 2).SequenceEqual(_book.AsSpan(_pass + 2, 2)) || BinaryPrimitives.ReadUInt16LittleEndian(book.AsSpan(_pass)) != 0) return null;
        _book.AsSpan(_pass, length).CopyTo(book.AsSpan(_pass));
        return Apply(key, book, unlock: false, cancellation) ? new Dictionary<string, byte[]>(StringComparer.OrdinalIgnoreCase) { [_stream] = book } : null;
    }

    // MS-XLS 2.2.10: BOF, FilePass, UsrExcl, FileLock, InterfaceHdr, RRDInfo and RRDHead stay, and the place of a sheet.
    private bool Apply(byte[] key, byte[] book, bool unlock, CancellationToken cancellation)
    {
        byte[] keys = _lock is null ? [] : new byte[book.Length];
        _lock?.Apply(key, keys, Block);
        for (int at = 0; at + 4 <= book.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            int kind = BinaryPrimitives.ReadUInt16LittleEndian(book.AsSpan(at)), size = BinaryPrimitives.ReadUInt16LittleEndian(book.AsSpan(at + 2));
            int data = at + 4;
            if (size > book.Length - data) return !book.AsSpan(at).ContainsAnyExcept((byte)0);
            int skip = kind switch
            {
                0x0809 or FilePass or 0x0194 or 0x0195 or 0x00E1 or 0x0196 or 0x0138 => size,
                0x0085 => Math.Min(4, size),
                _ => 0,
            };
            Span<byte> content = book.AsSpan(data + skip, size - skip);
            if (_lock is null) XorLock.Apply(key, content, data + skip + size, unlock);
            else
                for (int i = 0; i < content.Length; i++) content[i] ^= keys[data + skip + i];
            at = data + size;
        }

        return true;
    }
}
