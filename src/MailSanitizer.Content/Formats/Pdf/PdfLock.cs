using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

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
internal sealed class PdfLock
{
    private static readonly byte[] Padding =
    [
        0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
        0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
    ];

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

    // Revisions 2 to 4 take PDFDocEncoding; Japanese writers give them Shift_JIS or UTF-8 bytes.
    private static IEnumerable<byte[]> Encoded(string password)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(password);
        if (password.All(char.IsAscii)) return [utf8];
        List<byte[]> forms = [utf8];
        if (PdfText.Encode(password) is { } document) forms.Insert(0, document);
        if (Charsets.Charset.Find("shift_jis") is { } japanese) forms.Add(japanese.GetBytes(password));
        return forms;
    }

    // SASLprep (RFC 4013) is NFKC and little else for what people type; 127 bytes count (7.6.4.3.3).
    private static IEnumerable<byte[]> Prepared(string password)
    {
        byte[] plain = Encoding.UTF8.GetBytes(password);
        if (plain.Length > 127) plain = plain[..127];
        if (password.All(char.IsAscii)) return [plain];
        byte[] prepared = Encoding.UTF8.GetBytes(password.IsNormalized(NormalizationForm.FormKC) ? password : Normalized(password));
        if (prepared.Length > 127) prepared = prepared[..127];
        return prepared.AsSpan().SequenceEqual(plain) ? [plain] : [prepared, plain];
    }

    private static string Normalized(string password)
    {
        try
        {
            return password.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // A lone surrogate: there is no other form of it.
            return password;
        }
    }

    private byte[]? Open(byte[] password)
    {
        byte[] padded = Pad(password);
        if (FileKey(padded) is { } key) return key;

        // As owner's password: it decrypts the user's (algorithm 7).
        byte[] hash = MD5.HashData(padded);
        int length = Revision >= 3 ? _keyLength : 5;
        if (Revision >= 3)
        {
            for (int round = 0; round < 50; round++) hash = MD5.HashData(hash);
        }

        byte[] user = _owner[..32];
        if (Revision == 2)
        {
            PdfRc4.Apply(hash.AsSpan(0, length), user);
        }
        else
        {
            byte[] turned = new byte[length];
            for (int round = 19; round >= 0; round--)
            {
                for (int at = 0; at < length; at++) turned[at] = (byte)(hash[at] ^ round);
                PdfRc4.Apply(turned, user);
            }
        }

        return FileKey(user);
    }

    // Algorithms 2, 4, 5 and 6: the key, if the user entry proves it.
    private byte[]? FileKey(ReadOnlySpan<byte> padded)
    {
        using IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        md5.AppendData(padded);
        md5.AppendData(_owner.AsSpan(0, 32));
        Span<byte> permissions = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(permissions, _permissions);
        md5.AppendData(permissions);
        md5.AppendData(_id);
        if (Revision >= 4 && !EncryptsMetadata) md5.AppendData([0xFF, 0xFF, 0xFF, 0xFF]);
        byte[] hash = md5.GetHashAndReset();
        int length = Revision >= 3 ? _keyLength : 5;
        if (Revision >= 3)
        {
            for (int round = 0; round < 50; round++) hash = MD5.HashData(hash.AsSpan(0, length));
        }

        byte[] key = hash[..length];
        if (Revision == 2)
        {
            byte[] expected = [.. Padding];
            PdfRc4.Apply(key, expected);
            return expected.AsSpan().SequenceEqual(_user.AsSpan(0, 32)) ? key : null;
        }

        byte[] proof = MD5.HashData([.. Padding, .. _id]);
        byte[] turned = new byte[length];
        for (int round = 0; round < 20; round++)
        {
            for (int at = 0; at < length; at++) turned[at] = (byte)(key[at] ^ round);
            PdfRc4.Apply(turned, proof);
        }

        return proof.AsSpan().SequenceEqual(_user.AsSpan(0, 16)) ? key : null;
    }

    private static byte[] Pad(ReadOnlySpan<byte> password)
    {
        byte[] padded = new byte[32];
        int count = Math.Min(32, password.Length);
        password[..count].CopyTo(padded);
        Padding.AsSpan(0, 32 - count).CopyTo(padded.AsSpan(count));
        return padded;
    }

    // Algorithm 2.A.
    private byte[]? Open5(byte[] password)
    {
        ReadOnlySpan<byte> user = _user.AsSpan(0, 48);
        if (Hash5(password, _owner.AsSpan(32, 8), user).AsSpan().SequenceEqual(_owner.AsSpan(0, 32))) return Unwrap(Hash5(password, _owner.AsSpan(40, 8), user), _ownerKey);
        if (Hash5(password, user.Slice(32, 8), default).AsSpan().SequenceEqual(user[..32])) return Unwrap(Hash5(password, user.Slice(40, 8), default), _userKey);
        return null;
    }

    private static byte[] Unwrap(byte[] key, byte[] wrapped)
    {
        using Aes aes = Aes.Create();
        aes.Key = key;
        return aes.DecryptCbc(wrapped.AsSpan(0, 32), new byte[16], PaddingMode.None);
    }

    // Algorithm 2.B. It ends by itself after 287 rounds at the latest, for the last byte of a round is below 256: that is its cap, and no entry of the file raises it.
    private byte[] Hash5(byte[] password, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> user)
    {
        byte[] key = SHA256.HashData([.. password, .. salt, .. user]);
        if (Revision == 5) return key;
        for (int round = 0; ; round++)
        {
            byte[] once = [.. password, .. key, .. user];
            byte[] input = new byte[once.Length * 64];
            for (int copy = 0; copy < 64; copy++) once.CopyTo(input, copy * once.Length);
            using Aes aes = Aes.Create();
            aes.Key = key[..16];
            byte[] encrypted = aes.EncryptCbc(input, key.AsSpan(16, 16), PaddingMode.None);
            int sum = 0;
            foreach (byte value in encrypted.AsSpan(0, 16)) sum += value;
            key = (sum % 3) switch
            {
                0 => SHA256.HashData(encrypted),
                1 => SHA384.HashData(encrypted),
                _ => SHA512.HashData(encrypted),
            };
            if (round >= 63 && encrypted[^1] <= round - 31) return key[..32];
        }
    }

    private static int? Whole(PdfFile file, PdfDictionary dictionary, string key) => file.Resolve(dictionary[key]) is PdfPlain { Whole: { } whole } ? (int)Math.Clamp(whole, -1, 1_000) : null;

    private static byte[] Bytes(PdfFile file, PdfDictionary dictionary, string key) => (file.Resolve(dictionary[key]) as PdfString)?.Bytes ?? [];
}
