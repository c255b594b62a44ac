using MailSanitizer.Content;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Crypto;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Fuzz;

/// <summary>Locks of Office files: any bytes in the place of what describes the lock, and of what is behind it.</summary>
public static class LockedOfficeFuzz
{
    private const string Cheap = "<encryption xmlns=\"http://schemas.microsoft.com/office/2006/encryption\" xmlns:p=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><keyData keyBits=\"128\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA1\" saltValue=\"AAAAAAAAAAAAAAAAAAAAAA==\"/><dataIntegrity encryptedHmacKey=\"AAAAAAAAAAAAAAAAAAAAAA==\" encryptedHmacValue=\"AAAAAAAAAAAAAAAAAAAAAA==\"/><p:encryptedKey spinCount=\"2\" keyBits=\"128\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA1\" saltValue=\"AAAAAAAAAAAAAAAAAAAAAA==\" encryptedVerifierHashInput=\"AAAAAAAAAAAAAAAAAAAAAA==\" encryptedVerifierHashValue=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" encryptedKeyValue=\"AAAAAAAAAAAAAAAAAAAAAA==\"/></encryption>";

    public static FuzzTarget Information { get; } = new("office-lock", [[4, 0, 4, 0, 0x40, 0, 0, 0, .. System.Text.Encoding.ASCII.GetBytes(Cheap)], [3, 0, 2, 0, 0x24, 0, 0, 0, 32, 0, 0, 0, .. new byte[8], 0x0E, 0x66, 0, 0, 4, 0x80, 0, 0, 128, 0, 0, 0, .. new byte[12], 16, 0, 0, 0, .. new byte[68]]], input =>
    {
        PackageLock? found = PackageLock.Read(input, out string why);
        if (found is null != why.Length > 0) throw new InvalidOperationException("no lock and no reason, or both");
        if (found is null) return;
        using MemoryPartBytes package = new(input);
        byte[] key = new byte[16];
        using Stream content = found.Open(package, key);
        long length = 0;
        byte[] buffer = new byte[4096];
        for (int got; (got = content.Read(buffer)) > 0;) length += got;
        if (length > input.Length) throw new InvalidOperationException("more than there is");
        _ = found.IsAuthentic(package, key, default);
        if (found.Rounds < 100) _ = found.KeyFor("VelvetSweatshop");
    });

    public static FuzzTarget Text { get; } = Of("office-lock-doc", "WordDocument", [0xEC, 0xA5, 0xC1, 0, .. new byte[7], 0x03, 0, 0, 52, 0, 0, 0, .. new byte[1_200]]);

    public static FuzzTarget Workbook { get; } = Of("office-lock-xls", "Workbook", [0x09, 8, 16, 0, 0, 6, 5, 0, .. new byte[12], 0x2F, 0, 6, 0, 0, 0, 0x59, 0xB3, 0x0A, 0x9A, 0x85, 0, 9, 0, .. new byte[9], 0x06, 0, 33, 0, .. new byte[33], 0x0A, 0, 0, 0]);

    public static FuzzTarget Slides { get; } = Of("office-lock-ppt", "PowerPoint Document", [0, 0, 0xF5, 0x0F, 32, 0, 0, 0, .. new byte[12], 40, 0, 0, 0, .. new byte[12], 2, 0, 0, 0, 0, 0, 0x72, 0x17, 12, 0, 0, 0, 1, 0, 0x20, 0, 0, 0, 0, 0, 60, 0, 0, 0, 0x0F, 0, 0x14, 0x2F, 60, 0, 0, 0, 1, 0, 1, 0, .. new byte[56]]);

    private static FuzzTarget Of(string name, string stream, byte[] seed) => new(name, [seed], input =>
    {
        CfbNode root = CfbNode.Storage("");
        byte[] user = new byte[40];
        BitConverter.GetBytes(0xF3D1C4DF).CopyTo(user, 12);
        root.Children.AddRange([CfbNode.Stream(stream, new MemoryPartBytes(input)), CfbNode.Stream("1Table", new MemoryPartBytes((byte[])[1, 0, 1, 0, .. new byte[48], .. input])), CfbNode.Stream("Current User", new MemoryPartBytes(user)), CfbNode.Stream("Pictures", new MemoryPartBytes(input))]);
        using MemoryStream to = new();
        _ = CfbWriter.Write(root, new StreamPartOutput(to));
        OfficeFuzz.Through(to.ToArray());
    });
}
