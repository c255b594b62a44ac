using System.Text;
using System.Text.Json;
using MailSanitizer.Scanning.Sandbox;

namespace MailSanitizer.Fuzz;

/// <summary>Replies of sandboxes are a stranger's bytes.</summary>
public static class SandboxFuzz
{
    public static FuzzTarget IcapReply { get; } = new(
        "icap-reply",
        ["ICAP/1.0 200 OK\nX-Infection-Found: Type=0; Threat=x;\nX-Violations-Found: 1\n\tf\n\tn\n"u8.ToArray(), "ICAP/1.0 204 No\nISTag: \"a\"\nPreview: 9\nMethods: RESPMOD"u8.ToArray()],
        bytes =>
        {
            string[] lines = Encoding.Latin1.GetString(bytes).Split('\n');
            if (IcapHead.TryParse(lines) is not { } head) return;
            IcapVerdict.Of(head, IcapHead.TryParse(lines.AsSpan(Math.Min(1, lines.Length)).ToArray(), "HTTP/"), bytes.Length % 2 == 0);
            IcapOptions.Of(head, DateTimeOffset.UnixEpoch);
        });

    public static FuzzTarget CapeReport { get; } = new(
        "cape-report",
        ["""{"info":{"score":7,"version":"1"},"malscore":1.5,"malfamily":"x","signatures":[{"name":"a","severity":2}]}"""u8.ToArray()],
        bytes =>
        {
            using CapeEngine engine = new(new SandboxEngineOptions { Name = "x", Url = "cape+http://127.0.0.1:9" }, new Uri("http://127.0.0.1:9"), TimeProvider.System);
            try
            {
                using JsonDocument report = JsonDocument.Parse(bytes);
                engine.Verdict(report.RootElement);
            }
            catch (JsonException)
            {
                // Not JSON: the engine says so before it reads a report.
            }
        });
}
