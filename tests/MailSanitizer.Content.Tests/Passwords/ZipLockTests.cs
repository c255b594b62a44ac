using System.Diagnostics;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Content.Formats.Crypto;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Tests.Passwords;

/// <summary>Locks of ZIP members against 7-Zip and unzip, both ways.</summary>
public sealed class ZipLockTests : IDisposable
{
    private static readonly string Text = string.Concat(Enumerable.Repeat("請求書 invoice ", 500));
    private readonly string _folder = Directory.CreateTempSubdirectory("zip-lock").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("ZipCrypto", "Kx7#mQ2p", false)]
    [InlineData("AES128", "Kx7#mQ2p", true)]
    [InlineData("AES192", "Kx7#mQ2p", true)]
    [InlineData("AES256", "Kx7#mQ2p", true)]
    [InlineData("AES256", "a password of more than sixty-four signs, which HMAC hashes before it uses it", true)]
    public void Archive_of_7z_opens_with_its_password_among_others(string method, string password, bool keyed)
    {
        ZipContents contents = Locked(method, password);
        ZipEntry entry = Assert.Single(contents.Entries);
        List<Password> tries = [.. Enumerable.Range(0, 40).Select(at => new Password($"wrong{at}", "message")), new Password(password, "other-mail"), new Password("late", "message")];
        ZipKeySearch found = ZipLock.Find(contents, entry, tries, static _ => true, Limits.Default);
        Assert.Equal(password, found.Key?.Password.Text);
        Assert.Equal(keyed, found.Key!.Keyed);
        using ZipEntryStream content = ZipLock.Open(contents, entry, found.Key, Limits.Default);
        using StreamReader reader = new(content, Encoding.UTF8);
        Assert.Equal(Text, reader.ReadToEnd());
        Assert.Null(content.Problem);
        Assert.DoesNotContain(password, found.Key.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ZipCrypto")]
    [InlineData("AES256")]
    public void Wrong_passwords_open_nothing(string method)
    {
        ZipContents contents = Locked(method, "Kx7#mQ2p");
        int proofs = 0;
        ZipKeySearch found = ZipLock.Find(contents, contents.Entries[0], [.. Enumerable.Range(0, method == "AES256" ? 100 : 2000).Select(at => new Password($"wrong{at}", "message"))], spent =>
        {
            if (spent >= TimeSpan.FromMilliseconds(10)) proofs++;
            return true;
        }, Limits.Default);
        Assert.Null(found.Key);
        Assert.False(found.Cut);
        // The check byte lets one in 256 pass (two of them are compared): the proof refuses those.
        if (method == "ZipCrypto") Assert.InRange(proofs, 1, 60);
    }

    [Theory]
    [InlineData("ZipCrypto")]
    [InlineData("AES128")]
    public void Empty_meter_ends_the_search_and_says_so(string method)
    {
        ZipContents contents = Locked(method, "right");
        int asked = 0;
        ZipKeySearch found = ZipLock.Find(contents, contents.Entries[0], [new("wrong1", "message"), new("right", "message")], _ => ++asked > 5, Limits.Default);
        Assert.Null(found.Key);
        Assert.True(found.Cut);
    }

    [Fact]
    public void One_changed_bit_of_an_aes_member_is_not_authentic()
    {
        byte[] bytes = File.ReadAllBytes(Make("AES256", "right"));
        ZipContents contents = ZipReader.Read(new MemoryPartBytes(bytes), Limits.Default)!;
        bytes[contents.Entries[0].DataOffset + 40] ^= 1;
        contents = ZipReader.Read(new MemoryPartBytes(bytes), Limits.Default)!;
        Assert.Null(ZipLock.Find(contents, contents.Entries[0], [new("right", "message")], static _ => true, Limits.Default).Key);
    }

    [Fact]
    public void Decoy_under_one_password_leaves_the_other_member_locked()
    {
        string archive = Make("AES256", "first");
        File.WriteAllText(Path.Combine(_folder, "second.txt"), "payload");
        Run("7zz", _folder, "a", "-tzip", "-mem=AES256", "-psecond", archive, "second.txt");
        ZipContents contents = ZipReader.Read(new MemoryPartBytes(File.ReadAllBytes(archive)), Limits.Default)!;
        Assert.Equal(2, contents.Entries.Count);
        Assert.Single(contents.Entries, entry => ZipLock.Find(contents, entry, [new("first", "message")], static _ => true, Limits.Default).Key is not null);
        Assert.All(contents.Entries, entry => Assert.NotNull(ZipLock.Find(contents, entry, [new("first", "message"), new("second", "message")], static _ => true, Limits.Default).Key));
    }

    [Theory]
    [InlineData(0, "Kx7#mQ2p", false)]
    [InlineData(0, "桜満開2026", false)]
    [InlineData(0, "桜満開2026", true)]
    [InlineData(16, "Kx7#mQ2p", false)]
    [InlineData(24, "Kx7#mQ2p", false)]
    [InlineData(32, "桜満開2026", false)]
    public void What_we_lock_opens_in_7z_and_with_our_own_reader(int keyLength, string password, bool cp932)
    {
        byte[] bytes = PasswordBytes.Of(password)[cp932 ? 1 : 0];
        byte[] archive = Lock(Encoding.UTF8.GetBytes(Text), bytes, keyLength);
        string path = Path.Combine(_folder, "ours.zip");
        File.WriteAllBytes(path, archive);
        ZipContents contents = ZipReader.Read(new MemoryPartBytes(archive), Limits.Default)!;
        ZipKey? key = ZipLock.Find(contents, contents.Entries[0], [new("no", "message"), new(password, "message")], static _ => true, Limits.Default).Key;
        Assert.Equal(bytes, key?.Bytes);
        // 7-Zip spells passwords in the locale's charset; unzip takes the bytes as they are.
        if (!cp932) Run("7zz", _folder, "t", $"-p{password}", path);
        if (keyLength == 0 && password.All(char.IsAscii)) Run("unzip", _folder, "-t", "-P", password, path);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(32)]
    public void Eight_lanes_agree_with_the_platform(int keyLength)
    {
        byte[] salt = [.. Enumerable.Range(0, keyLength / 2).Select(at => (byte)(at * 7))];
        byte[][] passwords = [.. Enumerable.Range(1, 11).Select(at => Encoding.UTF8.GetBytes(new string('p', at * 8) + at))];
        for (int right = 0; right < passwords.Length; right++)
        {
            byte[] derived = Rfc2898DeriveBytes.Pbkdf2(passwords[right], salt, 1000, HashAlgorithmName.SHA1, (2 * keyLength) + 2);
            bool[] fits = new bool[passwords.Length];
            WinZipAes.Fits(passwords, salt, derived.AsSpan(2 * keyLength), keyLength, fits);
            Assert.Equal(Enumerable.Range(0, passwords.Length).Select(at => at == right), fits);
        }
    }

    private ZipContents Locked(string method, string password) => ZipReader.Read(new MemoryPartBytes(File.ReadAllBytes(Make(method, password))), Limits.Default)!;

    private string Make(string method, string password)
    {
        File.WriteAllText(Path.Combine(_folder, "請求書.txt"), Text);
        string archive = Path.Combine(_folder, "locked.zip");
        Run("7zz", _folder, "a", "-tzip", $"-mem={method}", $"-p{password}", archive, "請求書.txt");
        return archive;
    }

    private static void Run(string tool, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new(tool, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        string told = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{tool}: {told}");
    }

    // One stored member, the smallest archive that other programs take.
    private static byte[] Lock(byte[] content, byte[] password, int keyLength)
    {
        uint crc = Crc32.HashToUInt32(content);
        using MemoryStream locked = new();
        if (keyLength == 0)
        {
            ZipCrypto keys = new(password);
            locked.Write(keys.MakeHeader((byte)(crc >> 24)));
            byte[] data = [.. content];
            keys.Encrypt(data);
            locked.Write(data);
        }
        else
        {
            using WinZipAesWriter writer = new(locked, password, keyLength);
            writer.Write(content.AsSpan(0, 100));
            writer.Write(content.AsSpan(100));
            writer.Finish();
        }

        byte[] extra = keyLength == 0 ? [] : [0x01, 0x99, 7, 0, 2, 0, (byte)'A', (byte)'E', (byte)((keyLength / 8) - 1), 0, 0];
        using MemoryStream zip = new();
        using BinaryWriter to = new(zip);
        void Common()
        {
            to.Write((ushort)(keyLength == 0 ? 20 : 51));
            to.Write((ushort)1);
            to.Write((ushort)(keyLength == 0 ? 0 : 99));
            to.Write(0x5B780000u);
            to.Write(keyLength == 0 ? crc : 0u);
            to.Write((uint)locked.Length);
            to.Write((uint)content.Length);
            to.Write((ushort)5);
            to.Write((ushort)extra.Length);
        }

        to.Write(0x04034B50u);
        Common();
        to.Write("a.txt"u8);
        to.Write(extra);
        to.Write(locked.ToArray());
        uint directory = (uint)zip.Position;
        to.Write(0x02014B50u);
        to.Write((ushort)51);
        Common();
        to.Write(new byte[14]);
        to.Write("a.txt"u8);
        to.Write(extra);
        uint end = (uint)zip.Position;
        to.Write(0x06054B50u);
        to.Write(0u);
        to.Write((ushort)1);
        to.Write((ushort)1);
        to.Write(end - directory);
        to.Write(directory);
        to.Write((ushort)0);
        return zip.ToArray();
    }
}
