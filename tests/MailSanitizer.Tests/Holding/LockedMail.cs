using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using MimeKit;

namespace MailSanitizer.Tests.Holding;

/// <summary>Locked archives made and opened by 7-Zip, and the mails around them.</summary>
internal static partial class LockedMail
{
    private static readonly ConcurrentDictionary<(string, string, string, string), byte[]> Made = new();

    /// <summary>A locked archive with one text file in it.</summary>
    public static byte[] Archive(string password, string content = "the contract", string method = "AES256", string type = "zip") => Made.GetOrAdd((password, content, method, type), _ =>
    {
        string folder = Directory.CreateTempSubdirectory("mailsanitizer-locked-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "契約書.txt"), content);
            if (type == "zip") Run(folder, "7zz", "a", "-tzip", $"-mem={method}", $"-p{password}", "a.zip", "契約書.txt");
            else Run(folder, "7zz", "a", $"-t{type}", $"-p{password}", "-mhe=on", $"a.{type}", "契約書.txt");
            return File.ReadAllBytes(Path.Combine(folder, $"a.{type}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    /// <summary>What 7-Zip gets out of a ZIP with a password; null when it does not open.</summary>
    public static string? Open(byte[] zip, string password)
    {
        string folder = Directory.CreateTempSubdirectory("mailsanitizer-open-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "a.zip"), zip);
            using Process process = Process.Start(new ProcessStartInfo("7zz", ["x", "-y", $"-p{password}", "-oout", "a.zip"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? File.ReadAllText(Directory.GetFiles(Path.Combine(folder, "out"))[0]) : null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Mail 1: text and a locked archive.</summary>
    public static string First(byte[] archive, string from = "taro@example.com", string text = "資料をお送りします。パスワードは別途ご連絡いたします。", string subject = "資料送付", string name = "資料.zip", string? id = null, string more = "") =>
        $"From: =?UTF-8?B?{Base64("営業部 太郎")}?= <{from}>\r\nTo: a@example.jp\r\nSubject: =?UTF-8?B?{Base64(subject)}?=\r\nMessage-ID: <{id ?? "first"}@mail.example.com>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0900\r\n{more}MIME-Version: 1.0\r\n" +
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + Lines(Encoding.UTF8.GetBytes(text)) +
        $"\r\n--b\r\nContent-Type: {(name.EndsWith(".zip", StringComparison.Ordinal) ? "application/zip" : "application/octet-stream")}\r\nContent-Disposition: attachment; filename=\"=?UTF-8?B?{Base64(name)}?=\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + Lines(archive) + "\r\n--b--\r\n";

    /// <summary>Mail 2: the password.</summary>
    public static string Second(string password, string from = "taro@example.com", string? text = null, string id = "second") =>
        $"From: <{from}>\r\nTo: a@example.jp\r\nSubject: =?UTF-8?B?{Base64("パスワードのご連絡")}?=\r\nMessage-ID: <{id}@mail.example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
        Lines(Encoding.UTF8.GetBytes(text ?? $"お世話になっております。\r\n先ほどの資料のパスワードは以下のとおりです。\r\n\r\nパスワード：{password}\r\n\r\nよろしくお願いいたします。\r\n")) + "\r\n";

    public static MimeMessage Parse(string text) => MimeMessage.Load(new MemoryStream(Encoding.Latin1.GetBytes(text)));

    /// <summary>Attachments of a delivered mail, name and bytes, as an independent reader sees them.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Attachments(string text)
    {
        List<(string, byte[])> found = [];
        foreach (MimeEntity entity in Parse(text).Attachments)
        {
            if (entity is not MimePart part) continue;
            using MemoryStream bytes = new();
            part.Content!.DecodeTo(bytes);
            found.Add((part.FileName ?? "", bytes.ToArray()));
        }

        return found;
    }

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>The address in a notice that takes the password.</summary>
    public static string UnlockAddress(string notice) => Unlock().Match(notice) is { Success: true } match ? match.Value : throw new InvalidDataException($"no unlock address in {notice}");

    private static string Lines(byte[] bytes) => Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks);

    private static void Run(string folder, string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }

    [GeneratedRegex(@"unlock\+[0-9a-f]{32}@[a-z.]+", RegexOptions.NonBacktracking)]
    private static partial Regex Unlock();
}
