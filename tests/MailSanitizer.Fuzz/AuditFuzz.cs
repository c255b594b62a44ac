using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Audit;
using MailSanitizer.Mail;

namespace MailSanitizer.Fuzz;

/// <summary>The readers of the audit's files.</summary>
public static class AuditFuzz
{
    private const string Prev = "0000000000000000000000000000000000000000000000000000000000000000";
    private static readonly byte[] Record = Encoding.UTF8.GetBytes($$"""{"@timestamp":"2026-11-24T09:00:00.000Z","decision":"deliver","ecs":{"version":"8.17.0"},"event":{"action":"message.decided","code":"1002"},"ms":1.25,"n":[1,-2,1e+21,null,true],"prev":"{{Prev}}","seq":1,"text":"日本\u001f\n\"","v":1}""");

    /// <summary>The one-pass check and the writer agree on what is canonical.</summary>
    public static FuzzTarget Canonical { get; } = new("audit-canonical", [Record, "{}"u8.ToArray()], input =>
    {
        bool canonical = new CanonicalLine(input).Check();
        byte[]? written = Rewritten(input);
        bool same = written is not null && written.AsSpan().SequenceEqual(input);
        if (canonical != same) throw new InvalidOperationException(canonical ? "the check passes what the writer would not write" : "the check refuses what the writer writes");
    });

    /// <summary>Verifying, indexing and showing a file with anything in it.</summary>
    public static FuzzTarget Files { get; } = new("audit-files", [[.. Record, (byte)'\n', .. Record, (byte)'\n'], Record], input =>
    {
        string folder = Path.Combine(Path.GetTempPath(), $"mailsanitizer-fuzz-audit-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "000000000001-20261124.jsonl"), input);
        AuditVerification found = AuditVerifier.Verify(folder, Convert.ToBase64String(new byte[32]));
        if (found.Records > 1) throw new InvalidOperationException("a made-up second record has the right hash");
        _ = AuditText.Verification(found);
        foreach (string line in Encoding.UTF8.GetString(input).Split('\n'))
        {
            if (AuditIndex.ParseRecord(Encoding.UTF8.GetBytes(line)) is not { } parsed) continue;
            _ = AuditIndex.TokensOf(parsed.Record);
            foreach (string form in AuditExport.Forms)
            {
                if (AuditExport.Line(form, parsed.Record).Contains('\n', StringComparison.Ordinal)) throw new InvalidOperationException($"{form} has two lines");
            }

            foreach (Rune rune in AuditText.Line(parsed.Record).EnumerateRunes())
            {
                if (rune.Value != '…' && !SafeText.IsPlain(rune)) throw new InvalidOperationException($"U+{rune.Value:X4} reaches the terminal");
            }
        }
    });

    private static byte[]? Rewritten(byte[] input)
    {
        try
        {
            return JsonNode.Parse(input, documentOptions: new System.Text.Json.JsonDocumentOptions { MaxDepth = CanonicalJson.MaxDepth + 2, AllowDuplicateProperties = false }) is JsonObject node ? CanonicalJson.Write(node) : null;
        }
        catch (Exception broken) when (broken is System.Text.Json.JsonException or ArgumentException or InvalidOperationException or OverflowException)
        {
            return null;
        }
    }
}
