using System.Security.Cryptography;
using MailSanitizer.Mail;
using MailSanitizer.Scanning.Sandbox;

namespace MailSanitizer.Tests.Scanning.Sandbox;

/// <summary>Samples and options that the sandbox tests share.</summary>
internal static class SandboxBench
{
    public static SandboxEngineOptions Engine(string url, string name = "box") => new() { Name = name, Url = url, RequestTime = TimeSpan.FromSeconds(5) };

    public static SandboxSample Sample(byte[] content, string name = "sample.bin") => new(Convert.ToHexStringLower(SHA256.HashData(content)), name, Bytes(content));

    public static IMailBytes Bytes(byte[] content)
    {
        using ISpoolWriter writer = new Spool(Path.GetTempPath()).Create();
        writer.Write(content);
        return writer.Complete();
    }

    public static Task<SandboxAnswer> JudgeAsync(string url, byte[] content, Func<SandboxEngineOptions, SandboxEngineOptions>? change = null)
    {
        SandboxEngineOptions options = Engine(url);
        ISandboxEngine engine = Sandboxes.Make(change?.Invoke(options) ?? options, TimeProvider.System);
        return engine.SubmitAsync(Sample(content), TestContext.Current.CancellationToken);
    }
}
