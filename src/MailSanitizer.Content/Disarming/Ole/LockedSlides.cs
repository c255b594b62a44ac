using System.Buffers.Binary;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Crypto;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>PowerPoint (MS-PPT 2.3.7): every object of the presentation under the key stream of its number, and the pictures field by field under the first one.</summary>
internal sealed class LockedSlides : LockedDocument
{
    private const int Session = 0x2F14;
    private const string Stream = "PowerPoint Document";

    // Fields of a blip store entry that are locked one by one (MS-ODRAW 2.2.32).
    private static readonly int[] Entry = [1, 1, 16, 2, 4, 4, 4, 1, 1, 1, 1];

    private readonly Rc4Lock _lock;
    private readonly byte[] _slides;
    private readonly byte[] _user;
    private readonly byte[]? _pictures;
    private readonly int _edit;
    private readonly int _session;
    private readonly int _sessionLength;
    private readonly List<(uint Number, int Offset)> _objects;

    private LockedSlides(CfbFile file, Limits limits, Rc4Lock found, byte[] slides, byte[] user, int edit, int session, int sessionLength, List<(uint Number, int Offset)> objects)
        : base(file, limits)
    {
        (_lock, _slides, _user, _edit, _session, _sessionLength, _objects) = (found, slides, user, edit, session, sessionLength, objects);
        _pictures = Read(file, "Pictures", limits);
    }

    public override string Name => _lock.Name;

    public static LockedSlides? Find(CfbFile file, Limits limits, ref string why)
    {
        if (Read(file, "Current User", limits) is not { Length: >= 20 } user || BinaryPrimitives.ReadUInt32LittleEndian(user.AsSpan(12)) != 0xF3D1C4DF) return null;
        if (Read(file, Stream, limits) is not { } slides) return null;
        why = "its objects cannot be found";
        int edit = Int(user, 16);
        if (Record(slides, edit) is not { Kind: 0x0FF5, Length: >= 32 }) return null;
        uint session = BinaryPrimitives.ReadUInt32LittleEndian(slides.AsSpan(edit + 36));
        List<(uint Number, int Offset)> objects = Objects(slides, Int(slides, edit + 20));
        int at = objects.Find(one => one.Number == session).Offset;
        if (at == 0 || Record(slides, at) is not { Kind: Session } head) return null;
        return Rc4Lock.Read(slides.AsSpan(at + 8, head.Length), out why) is { } found ? new LockedSlides(file, limits, found, slides, user, edit, at, head.Length, [.. objects.Where(one => one.Number != session)]) : null;
    }

    public override byte[]? KeyFor(string password) => _lock.KeyFor(password);

    protected override Dictionary<string, byte[]>? Unlocked(byte[] key, CancellationToken cancellation)
    {
        byte[] slides = (byte[])_slides.Clone(), user = (byte[])_user.Clone();
        if (!Apply(key, slides, unlock: true, cancellation)) return null;

        // The session becomes a record that says nothing, as long as it was.
        slides[_session] &= 0xF0;
        slides.AsSpan(_session + 8, _sessionLength).Clear();
        slides.AsSpan(_edit + 36, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(user.AsSpan(12), 0xE391C05F);
        Dictionary<string, byte[]> streams = new(StringComparer.OrdinalIgnoreCase) { [Stream] = slides, ["Current User"] = user };
        return _pictures is null || AddPictures(streams, (byte[])_pictures.Clone(), key, unlock: true) ? streams : null;
    }

    protected override Dictionary<string, byte[]>? Locked(byte[] key, Func<string, byte[]?> plain, CancellationToken cancellation)
    {
        if (plain(Stream) is not { } slides || slides.Length != _slides.Length) return null;
        _slides.AsSpan(_session, 8 + _sessionLength).CopyTo(slides.AsSpan(_session));
        _slides.AsSpan(_edit + 36, 4).CopyTo(slides.AsSpan(_edit + 36));
        if (!Apply(key, slides, unlock: false, cancellation)) return null;
        Dictionary<string, byte[]> streams = new(StringComparer.OrdinalIgnoreCase) { [Stream] = slides, ["Current User"] = _user };
        return plain("Pictures") is not { } pictures || AddPictures(streams, pictures, key, unlock: false) ? streams : null;
    }

    private static int Int(byte[] bytes, int at) => at < 0 || at + 4 > bytes.Length ? -1 : (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)));

    private static (int Kind, int Length)? Record(byte[] bytes, int at)
    {
        if (at < 0 || at > bytes.Length - 8) return null;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
        return length > bytes.Length - at - 8 ? null : (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + 2)), (int)length);
    }

    // Persist directory (2.3.4): a number and a count in one word, then that many places.
    private static List<(uint Number, int Offset)> Objects(byte[] slides, int directory)
    {
        List<(uint, int)> objects = [];
        if (Record(slides, directory) is not { Kind: 0x1772 } head) return objects;
        int at = directory + 8, end = at + head.Length;
        while (at + 4 <= end)
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(slides.AsSpan(at));
            at += 4;
            for (uint one = 0; one < word >> 20 && at + 4 <= end; one++, at += 4) objects.Add(((word & 0xFFFFF) + one, Int(slides, at)));
        }

        return objects;
    }

    private bool Apply(byte[] key, byte[] slides, bool unlock, CancellationToken cancellation)
    {
        HashSet<int> done = [];
        foreach ((uint number, int offset) in _objects)
        {
            cancellation.ThrowIfCancellationRequested();
            if (offset < 0 || offset > slides.Length - 8 || !done.Add(offset)) return false;
            Rc4 cipher = _lock.Block(key, number);
            Span<byte> head = slides.AsSpan(offset, 8);
            if (unlock) cipher.Apply(head);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            if (length > slides.Length - offset - 8) return false;
            if (!unlock) cipher.Apply(head);
            cipher.Apply(slides.AsSpan(offset + 8, (int)length));
        }

        return true;
    }

    private bool AddPictures(Dictionary<string, byte[]> streams, byte[] pictures, byte[] key, bool unlock)
    {
        streams["Pictures"] = pictures;
        int at = 0;
        while (at + 8 <= pictures.Length)
        {
            if (Head(pictures, ref at, key, unlock) is not { } head) return false;
            int end = at + head.Length;
            if (head.Kind == 0xF007)
            {
                int name = at + 33;
                if (head.Length < 36) return false;
                byte before = unlock ? (byte)0 : pictures[name];
                foreach (int field in Entry) Field(pictures, ref at, field, key);
                int length = unlock ? pictures[name] : before;
                if (length > end - at) return false;
                Field(pictures, ref at, length, key);
                if (at + 8 > end) continue;
                if (Head(pictures, ref at, key, unlock) is not { } inner || at + inner.Length > end) return false;
                head = inner;
            }

            int ids = head.Instance is 0x217 or 0x3D5 or 0x46B or 0x543 or 0x6E1 or 0x6E3 or 0x6E5 or 0x7A9 ? 2 : 1;
            int rest = head.Kind is 0xF01A or 0xF01B or 0xF01C ? 34 : 1;
            if ((ids * 16) + rest > end - at) return false;
            for (int id = 0; id < ids; id++) Field(pictures, ref at, 16, key);
            Field(pictures, ref at, rest, key);
            Field(pictures, ref at, end - at, key);
        }

        return true;
    }

    private (int Kind, int Instance, int Length)? Head(byte[] pictures, ref int at, byte[] key, bool unlock)
    {
        if (at + 8 > pictures.Length) return null;
        int start = at;
        byte[] head = pictures[start..(start + 8)];
        if (unlock) _lock.Block(key, 0).Apply(head);
        Field(pictures, ref at, 8, key);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
        return length > pictures.Length - at ? null : (BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(2)), BinaryPrimitives.ReadUInt16LittleEndian(head) >> 4, (int)length);
    }

    private void Field(byte[] pictures, ref int at, int length, byte[] key)
    {
        _lock.Block(key, 0).Apply(pictures.AsSpan(at, length));
        at += length;
    }
}
