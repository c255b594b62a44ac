using System.Security.Cryptography;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>How strings or streams of a locked file are encrypted.</summary>
internal enum PdfCipher
{
    None,
    Rc4,
    Aes128,
    Aes256,
}

/// <summary>
/// The standard security handler (ISO 32000-2, 7.6.4): RC4 of 40 to 128 bits, AES-128, AES-256 (revisions 5 and 6), user and owner password.
/// MD5, RC4 and bare CBC are what the format prescribes.
/// </summary>
internal sealed partial class PdfLock
{
    private static readonly string[] LockEntries = ["Filter", "SubFilter", "V", "Length", "CF", "StmF", "StrF", "EFF", "R", "O", "U", "OE", "UE", "P", "Perms", "EncryptMetadata", "CFM", "AuthEvent"];

    private readonly byte[] _owner;
    private readonly byte[] _user;
    private readonly byte[] _ownerKey;
    private readonly byte[] _userKey;
    private readonly byte[] _id;
    private readonly int _permissions;
    private readonly int _keyLength;
    private readonly Dictionary<string, PdfCipher> _filters = new(StringComparer.Ordinal) { ["Identity"] = PdfCipher.None };

    private PdfLock(PdfFile file, PdfDictionary dictionary, byte[] id)
    {
        Entries = Needed(file, dictionary, 0);
        _id = id;
        Version = Whole(file, dictionary, "V") ?? 0;
        Revision = Whole(file, dictionary, "R") ?? 0;
        _permissions = unchecked((int)((file.Resolve(dictionary["P"]) as PdfPlain)?.Whole ?? 0));
        (_owner, _user, _ownerKey, _userKey) = (Bytes(file, dictionary, "O"), Bytes(file, dictionary, "U"), Bytes(file, dictionary, "OE"), Bytes(file, dictionary, "UE"));
        EncryptsMetadata = (file.Resolve(dictionary["EncryptMetadata"]) as PdfPlain)?.Text != "false";
        int bits = Whole(file, dictionary, "Length") ?? 40;
        // Some writers give the length in bytes.
        if (bits is > 0 and < 40) bits *= 8;
        _keyLength = Version switch { 1 => 5, 4 => 16, 5 => 32, _ => Math.Clamp(bits / 8, 5, 16) };
        Strings = Streams = Files = Version == 5 ? PdfCipher.Aes256 : PdfCipher.Rc4;
        if (Version is 4 or 5) ReadFilters(file, dictionary);
    }

    /// <summary>What the lock is written with: the entries that a reader needs (tables 20, 21, 25), and no others.</summary>
    public PdfDictionary Entries { get; }

    public int Version { get; }

    public int Revision { get; }

    public bool EncryptsMetadata { get; }

    public PdfCipher Strings { get; private set; }

    public PdfCipher Streams { get; private set; }

    /// <summary>Embedded files (EFF).</summary>
    public PdfCipher Files { get; private set; }

    /// <summary>The file's key, once a password opened it.</summary>
    public byte[]? Key { get; private set; }

    /// <summary>For people: the method, never anything secret.</summary>
    public string Name => (Streams is PdfCipher.None ? Strings is PdfCipher.None ? Files : Strings : Streams) switch
    {
        PdfCipher.Aes256 => $"AES-256 R{Revision}",
        PdfCipher.Aes128 => "AES-128",
        PdfCipher.Rc4 => $"RC4-{_keyLength * 8}",
        _ => "identity",
    };

    /// <summary>The lock of a file, or null with the reason when no password opens its kind.</summary>
    public static PdfLock? Read(PdfFile file, PdfDictionary dictionary, byte[] id, out string? unknown)
    {
        unknown = null;
        string handler = (file.Resolve(dictionary["Filter"]) as PdfName)?.Text ?? "";
        PdfLock made = new(file, dictionary, id);
        bool known = handler == "Standard" && (made.Version, made.Revision) is (1 or 2 or 3, 2 or 3) or (4, 3 or 4) or (5, 5 or 6)
            && made._owner.Length >= (made.Version == 5 ? 48 : 32) && made._user.Length >= (made.Version == 5 ? 48 : 32)
            && (made.Version < 5 || (made._ownerKey.Length >= 32 && made._userKey.Length >= 32));
        if (known) return made;
        unknown = $"security handler {handler} version {made.Version} revision {made.Revision}";
        return null;
    }

    /// <summary>Tries a password as user's and as owner's. True when it is one of them; <see cref="Key"/> is then set.</summary>
    public bool TryOpen(string password)
    {
        foreach (byte[] bytes in Version == 5 ? Prepared(password) : Encoded(password))
        {
            byte[]? key = Version == 5 ? Open5(bytes) : Open(bytes);
            if (key is null) continue;
            Key = key;
            return true;
        }

        return false;
    }

    /// <summary>The cipher of a stream: its own Crypt filter's (7.4.10), none for what is left plain, else the file's.</summary>
    public PdfCipher CipherOf(PdfFile file, PdfDictionary stream)
    {
        string type = (file.Resolve(stream["Type"]) as PdfName)?.Text ?? "";
        if (type == "XRef") return PdfCipher.None;
        List<string> names = PdfFilters.Names(file, stream);
        if (names.Count > 0 && names[0] == "Crypt")
        {
            string name = PdfFilters.Parameters(file, stream) is [{ } parameters, ..] && file.Resolve(parameters["Name"]) is PdfName given ? given.Text : "Identity";
            return _filters.GetValueOrDefault(name, PdfCipher.None);
        }

        if (type == "Metadata" && !EncryptsMetadata && Version >= 4) return PdfCipher.None;
        return type == "EmbeddedFile" ? Files : Streams;
    }

    /// <summary>The key of one object (7.6.3.2); AES-256 uses the file's own.</summary>
    public byte[] KeyOf(int number, int generation, PdfCipher cipher)
    {
        byte[] key = Key!;
        if (cipher is PdfCipher.Aes256) return key;
        byte[] input = new byte[key.Length + 9];
        key.CopyTo(input, 0);
        input[key.Length] = (byte)number;
        input[key.Length + 1] = (byte)(number >> 8);
        input[key.Length + 2] = (byte)(number >> 16);
        input[key.Length + 3] = (byte)generation;
        input[key.Length + 4] = (byte)(generation >> 8);
        "sAlT"u8.CopyTo(input.AsSpan(key.Length + 5));
        return MD5.HashData(input.AsSpan(0, key.Length + (cipher is PdfCipher.Aes128 ? 9 : 5)))[..Math.Min(16, key.Length + 5)];
    }

    private static PdfDictionary Needed(PdfFile file, PdfDictionary dictionary, int level)
    {
        List<KeyValuePair<string, PdfValue>> entries = [];
        foreach (string key in level == 1 ? dictionary.Entries.Select(entry => entry.Key).Distinct() : LockEntries)
        {
            PdfValue? value = file.Resolve(dictionary[key]);
            if (value is PdfDictionary inner && level < 2) entries.Add(new(key, Needed(file, inner, level + 1)));
            else if (value is PdfPlain or PdfName or PdfString && level != 1) entries.Add(new(key, value));
        }

        return new PdfDictionary(entries);
    }

    private void ReadFilters(PdfFile file, PdfDictionary dictionary)
    {
        if (file.Resolve(dictionary["CF"]) is PdfDictionary filters)
        {
            foreach ((string name, PdfValue value) in filters.Entries)
            {
                if (file.Resolve(value) is not PdfDictionary filter || name == "Identity") continue;
                _filters[name] = (file.Resolve(filter["CFM"]) as PdfName)?.Text switch
                {
                    "V2" => PdfCipher.Rc4,
                    "AESV2" => PdfCipher.Aes128,
                    "AESV3" => PdfCipher.Aes256,
                    _ => PdfCipher.None,
                };
            }
        }

        Streams = Filter("StmF", PdfCipher.None);
        Strings = Filter("StrF", PdfCipher.None);
        Files = Filter("EFF", Streams);

        PdfCipher Filter(string key, PdfCipher otherwise) => file.Resolve(dictionary[key]) is PdfName name ? _filters.GetValueOrDefault(name.Text, PdfCipher.None) : otherwise;
    }

    private static int? Whole(PdfFile file, PdfDictionary dictionary, string key) => file.Resolve(dictionary[key]) is PdfPlain { Whole: { } whole } ? (int)Math.Clamp(whole, -1, 1_000) : null;

    private static byte[] Bytes(PdfFile file, PdfDictionary dictionary, string key) => (file.Resolve(dictionary[key]) as PdfString)?.Bytes ?? [];
}
