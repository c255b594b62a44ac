using System.Text;
using ICSharpCode.SharpZipLib.Zip;
using MailSanitizer.Tests.Pipeline;
using MimeKit;
using ZipFile = ICSharpCode.SharpZipLib.Zip.ZipFile;

namespace MailSanitizer.Benchmarks.Demo;

/// <summary>The habit that the product is about: a locked archive with a macro document in it, and minutes later the mail with its password.</summary>
public static class LockedPair
{
    /// <summary>Name of the mail that brings the password.</summary>
    public const string Unlocks = "the mail with its password";

    private const string Password = "Kx7-pQ2m";

    /// <summary>The mail with the archive.</summary>
    public static byte[] First() => SampleMail.Multipart("見積書をお送りします。パスワードは別途ご連絡いたします。", "application/zip", "estimate.zip", Locked());

    /// <summary>The mail with the password.</summary>
    public static byte[] Second() => SampleMail.Text("Subject: Password\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
        $"先ほどの見積書のパスワードをお送りします。\r\n\r\nパスワード：{Password}\r\n\r\nよろしくお願いいたします。\r\n");

    /// <summary>Whether a delivered mail is the one with the archive.</summary>
    public static bool Is(byte[] delivered) => Encoding.Latin1.GetString(delivered).Contains("estimate.zip", StringComparison.Ordinal);

    /// <summary>Opens what came back with readers that share no code with the product: null when it is as it should be, else what is wrong.</summary>
    public static string? Wrong(byte[] delivered)
    {
        using MimeMessage message = MimeMessage.Load(new MemoryStream(delivered));
        if (message.Attachments.OfType<MimePart>().FirstOrDefault(part => part.FileName == "estimate.zip") is not { Content: { } content }) return "no estimate.zip came back";
        using MemoryStream archive = new();
        content.DecodeTo(archive);
        using ZipFile zip = new(archive) { Password = Password };
        if (zip.Count != 1) return $"{zip.Count} members came back";
        if (!zip[0].IsCrypted) return "the archive came back open";
        if (zip[0].Name != "estimate.docx") return $"the document came back as {zip[0].Name}";
        using MemoryStream document = new();
        using (Stream member = zip.GetInputStream(0)) member.CopyTo(document);
        string all = MacroDocument.Text(document.ToArray());
        if (all.Contains(MacroDocument.Macro, StringComparison.Ordinal) || all.Contains("vbaProject", StringComparison.OrdinalIgnoreCase)) return "the macro came back";
        return all.Contains(MacroDocument.Sentence, StringComparison.Ordinal) ? null : "the text did not come back";
    }

    private static byte[] Locked()
    {
        using MemoryStream stream = new();
        using (ZipOutputStream zip = new(stream) { IsStreamOwner = false, Password = Password })
        {
            zip.PutNextEntry(new ZipEntry("estimate.docm") { AESKeySize = 256, DateTime = new DateTime(2026, 1, 6, 10, 0, 0, DateTimeKind.Unspecified) });
            zip.Write(MacroDocument.Bytes());
            zip.CloseEntry();
        }

        return stream.ToArray();
    }
}
