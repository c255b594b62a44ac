using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Xml;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>Agile encryption (MS-OFFCRYPTO 2.3.4.10): what Office writes since 2010. AES in CBC over pieces of 4,096 bytes, and an HMAC over all of it.</summary>
public sealed class AgileLock : PackageLock
{
    /// <summary>Bytes that one initialisation vector serves for.</summary>
    internal const int Segment = 4096;

    internal static readonly byte[] VerifierInput = [0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79];
    internal static readonly byte[] VerifierValue = [0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E];
    internal static readonly byte[] KeyValue = [0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6];
    internal static readonly byte[] MacKey = [0x5F, 0xB2, 0xAD, 0x01, 0x0C, 0xB9, 0xE1, 0xF6];
    internal static readonly byte[] MacValue = [0xA0, 0x67, 0x7F, 0x02, 0xB2, 0x2C, 0x84, 0x33];

    private readonly Part _data;
    private readonly Part _password;
    private readonly int _rounds;
    private readonly byte[] _verifierInput;
    private readonly byte[] _verifierHash;
    private readonly byte[] _lockedKey;
    private readonly byte[]? _lockedMacKey;
    private readonly byte[]? _lockedMac;

    private AgileLock(Dictionary<string, string> data, Dictionary<string, string>? integrity, Dictionary<string, string> password)
    {
        (_data, _password) = (new Part(data), new Part(password));
        _rounds = int.Parse(password["spinCount"], NumberStyles.None, CultureInfo.InvariantCulture);
        _verifierInput = Convert.FromBase64String(password["encryptedVerifierHashInput"]);
        _verifierHash = Convert.FromBase64String(password["encryptedVerifierHashValue"]);
        _lockedKey = Convert.FromBase64String(password["encryptedKeyValue"]);
        if (integrity is null) return;
        _lockedMacKey = Convert.FromBase64String(integrity["encryptedHmacKey"]);
        _lockedMac = Convert.FromBase64String(integrity["encryptedHmacValue"]);
    }

    /// <inheritdoc/>
    public override string Name => $"agile, AES-{_data.KeyBits}, {_password.Hash.Name}, {_rounds} rounds";

    /// <inheritdoc/>
    public override int Rounds => _rounds;

    /// <inheritdoc/>
    public override byte[]? KeyFor(string password)
    {
        byte[] spun = Spin(_password.Hash, _password.Salt, password, _rounds);
        try
        {
            byte[] input = Cbc(_verifierInput, _password.Derive(spun, VerifierInput), _password.Salt);
            byte[] hash = Cbc(_verifierHash, _password.Derive(spun, VerifierValue), _password.Salt);
            byte[] expected = CryptographicOperations.HashData(_password.Hash, input.AsSpan(0, Math.Min(input.Length, _password.Salt.Length)));
            if (hash.Length < expected.Length || !CryptographicOperations.FixedTimeEquals(expected, hash.AsSpan(0, expected.Length))) return null;
            byte[] key = Cbc(_lockedKey, _password.Derive(spun, KeyValue), _password.Salt);
            return key.Length < _data.KeyBits / 8 ? null : key[..(_data.KeyBits / 8)];
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override Stream Open(PartBytes package, byte[] key) => new Plain(package, LengthOf(package), key, _data);

    /// <inheritdoc/>
    public override bool? IsAuthentic(PartBytes package, byte[] key, CancellationToken cancellation)
    {
        if (_lockedMacKey is null || _lockedMac is null) return null;
        try
        {
            byte[] macKey = Cbc(_lockedMacKey, key, _data.Vector(MacKey));
            byte[] mac = Cbc(_lockedMac, key, _data.Vector(MacValue));
            int length = _data.HashLength;
            if (macKey.Length < length || mac.Length < length) return false;
            using IncrementalHash hash = IncrementalHash.CreateHMAC(_data.Hash, macKey.AsSpan(0, length));
            byte[] buffer = new byte[64 * 1024];
            long at = 0;
            for (int got; (got = package.Read(at, buffer)) > 0; at += got)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, got);
            }

            return CryptographicOperations.FixedTimeEquals(hash.GetHashAndReset(), mac.AsSpan(0, length));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    internal static AgileLock? ReadAgile(ReadOnlyMemory<byte> xml, out string why)
    {
        why = "";
        if (xml.Length > 256 * 1024)
        {
            why = "more encryption information than any writer makes";
            return null;
        }

        Dictionary<string, string>? data = null, integrity = null, password = null;
        try
        {
            using XmlReader reader = XmlReader.Create(new MemoryStream(xml.ToArray(), writable: false), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            while (reader.Read())
            {
                if (reader.NodeType != XmlNodeType.Element) continue;
                if (reader.LocalName == "keyData") data ??= Attributes(reader);
                else if (reader.LocalName == "dataIntegrity") integrity ??= Attributes(reader);
                else if (reader.LocalName == "encryptedKey" && reader.NamespaceURI.EndsWith("/password", StringComparison.Ordinal))
                {
                    // 2.3.4.10: one at most. With two, another reader could find another key, and with it another content.
                    if (password is not null)
                    {
                        why = "two passwords open it";
                        return null;
                    }

                    password = Attributes(reader);
                }
            }

            if (data is null || password is null) why = "no password opens it";
            else return new AgileLock(data, integrity, password);
        }
        catch (Exception broken) when (broken is XmlException or FormatException or KeyNotFoundException or OverflowException or NotSupportedException)
        {
            why = broken is NotSupportedException ? broken.Message : "its encryption information cannot be read";
        }

        return null;
    }

    private static Dictionary<string, string> Attributes(XmlReader reader)
    {
        Dictionary<string, string> all = new(StringComparer.Ordinal);
        while (reader.MoveToNextAttribute()) all[reader.LocalName] = reader.Value;
        reader.MoveToElement();
        return all;
    }

    internal static byte[] Cbc(byte[] locked, byte[] key, byte[] vector)
    {
        using Aes aes = Aes.Create();
        aes.Key = key;
        return aes.DecryptCbc(locked, Fit(vector, 16), PaddingMode.None);
    }

    // 2.3.4.12: what is too short is filled with 0x36.
    internal static byte[] Fit(byte[] bytes, int length)
    {
        if (bytes.Length == length) return bytes;
        byte[] fitted = new byte[length];
        fitted.AsSpan().Fill(0x36);
        bytes.AsSpan(0, Math.Min(length, bytes.Length)).CopyTo(fitted);
        return fitted;
    }

    /// <summary>Algorithms and salt of one half: the content's, or the password's.</summary>
    private sealed class Part
    {
        public Part(Dictionary<string, string> attributes)
        {
            if (attributes["cipherAlgorithm"] != "AES" || attributes["cipherChaining"] != "ChainingModeCBC") throw new NotSupportedException($"{attributes["cipherAlgorithm"]} {attributes["cipherChaining"]}");
            KeyBits = int.Parse(attributes["keyBits"], NumberStyles.None, CultureInfo.InvariantCulture);
            Salt = Convert.FromBase64String(attributes["saltValue"]);
            (Hash, HashLength) = attributes["hashAlgorithm"] switch
            {
                "SHA512" or "SHA-512" => (HashAlgorithmName.SHA512, 64),
                "SHA384" or "SHA-384" => (HashAlgorithmName.SHA384, 48),
                "SHA256" or "SHA-256" => (HashAlgorithmName.SHA256, 32),
                "SHA1" or "SHA-1" => (HashAlgorithmName.SHA1, 20),
                var other => throw new NotSupportedException($"hash {other}"),
            };
            if (KeyBits is not (128 or 192 or 256) || Salt.Length is 0 or > 64) throw new NotSupportedException($"key of {KeyBits} bits");
        }

        public int KeyBits { get; }

        public byte[] Salt { get; }

        public HashAlgorithmName Hash { get; }

        public int HashLength { get; }

        public byte[] Derive(byte[] spun, byte[] block) => Fit(CryptographicOperations.HashData(Hash, [.. spun, .. block]), KeyBits / 8);

        public byte[] Vector(ReadOnlySpan<byte> block) => Fit(CryptographicOperations.HashData(Hash, [.. Salt, .. block]), 16);
    }

    private sealed class Plain : UnlockedPackage
    {
        private readonly PartBytes _package;
        private readonly Part _data;
        private int _number;

        public Plain(PartBytes package, long length, byte[] key, Part data)
            : base(length, Segment)
        {
            (_package, _data) = (package, data);
            Aes.Key = key;
        }

        protected override int Next(byte[] piece)
        {
            int got = _package.Read(Head + ((long)_number * Segment), piece) & ~15;
            if (got == 0) return 0;
            Span<byte> number = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(number, _number++);
            Aes.DecryptCbc(piece.AsSpan(0, got), _data.Vector(number), PaddingMode.None).CopyTo(piece, 0);
            return got;
        }
    }
}
