using System.Diagnostics;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Pipeline;

/// <summary>A locked ZIP through the whole daemon, with its password in the same mail, in a wrong one, and without.</summary>
public sealed class LockedZipTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mailsanitizer-locked-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("ZipCrypto", "Kx7-pQ2m", false)]
    [InlineData("AES256", "Kx7-pQ2m", true)]
    public async Task With_its_password_in_the_mail_it_is_scanned_and_goes_on_locked(string method, string password, bool untouched)
    {
        byte[] zip = Zip(method, password, "nothing bad in here");
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        await daemon.SendAsync(Mail(zip, $"パスワード：{password}"));
        Assert.Empty((await daemon.StoredAsync()).SelectMany(stored => stored.Reasons));
        Delivery delivery = Assert.Single(await daemon.Hop.WaitAsync(1));
        byte[] arrived = Attachment(delivery.Text);
        // Only a keyed proof lets the very bytes go on; a CRC can be forged, so what was scanned is locked anew.
        Assert.Equal(untouched, arrived.AsSpan().SequenceEqual(zip));
        Assert.Equal("nothing bad in here", Unlock(arrived, password));
    }

    [Theory]
    [InlineData("ZipCrypto")]
    [InlineData("AES256")]
    public async Task What_the_lock_hides_is_found(string method)
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        await daemon.SendAsync(Mail(Zip(method, "Kx7-pQ2m", ClamdServer.Marker), "パスワード：Kx7-pQ2m"));
        Assert.Contains("infected-quarantine", Assert.Single(await daemon.StoredAsync()).Reasons);
        Assert.Empty(daemon.Hop.Deliveries);
    }

    [Fact]
    public async Task Without_its_password_it_is_kept()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        await daemon.SendAsync(Mail(Zip("AES256", "Kx7-pQ2m", "text"), "パスワードは別メールでお送りします。"));
        Assert.Contains("locked-hold", Assert.Single(await daemon.StoredAsync()).Reasons);
        // Promise 8: no candidate in the audit.
        Assert.DoesNotContain("Kx7-pQ2m", daemon.AuditText(), StringComparison.Ordinal);
    }

    private static string Mail(byte[] zip, string text) =>
        "From: sender@example.com\r\nTo: a@example.jp\r\nSubject: file\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text), Base64FormattingOptions.InsertLineBreaks) + "\r\n" +
        "--b\r\nContent-Type: application/zip; name=\"a.zip\"\r\nContent-Disposition: attachment; filename=\"a.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
        Convert.ToBase64String(zip, Base64FormattingOptions.InsertLineBreaks) + "\r\n--b--\r\n";

    private static byte[] Attachment(string mail)
    {
        string part = mail[(mail.IndexOf("a.zip\"", StringComparison.Ordinal) + 1)..];
        string body = part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        return Convert.FromBase64String(body[..body.IndexOf("\r\n--b", StringComparison.Ordinal)]);
    }

    private byte[] Zip(string method, string password, string content)
    {
        File.WriteAllText(Path.Combine(_folder, "a.txt"), content);
        Run("7zz", "a", "-tzip", $"-mem={method}", $"-p{password}", "a.zip", "a.txt");
        byte[] zip = File.ReadAllBytes(Path.Combine(_folder, "a.zip"));
        File.Delete(Path.Combine(_folder, "a.zip"));
        return zip;
    }

    private string Unlock(byte[] zip, string password)
    {
        File.WriteAllBytes(Path.Combine(_folder, "b.zip"), zip);
        Run("7zz", "x", "-y", $"-p{password}", "-oout", "b.zip");
        return File.ReadAllText(Path.Combine(_folder, "out", "a.txt"));
    }

    private void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
