using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.Charsets;
using MailSanitizer.Content.Identification;
using MailSanitizer.Content.Unpacking;

namespace MailSanitizer.Fuzz;

/// <summary>Identification and names: any bytes under any name; safe names are safe.</summary>
public static class IdentifierFuzz
{
    public static FuzzTarget Content { get; } = new("identifier", Seeds(), input =>
    {
        using MemoryPartBytes bytes = new(input);
        string name = NameCharset.Decode(input.AsSpan(0, Math.Min(40, input.Length)));
        Identified identified = Identifier.Identify(new ChildDescription(new PartName("member", name)) { DeclaredType = "application/pdf" }, bytes, Limits.Default);
        if (identified.Format != "unknown" && FormatTable.Find(identified.Format) is null) throw new InvalidOperationException($"no row for {identified.Format}");
        if (identified.Formats.Count == 0) throw new InvalidOperationException("no format");
    });

    public static FuzzTarget Names { get; } = new("member-names", [Encoding.UTF8.GetBytes("../a/日本語.txt"), [0x93, 0xFA, 0x96, 0x7B, (byte)'.', (byte)'c'], "C:\\CON.txt:x "u8.ToArray()], input =>
    {
        string name = NameCharset.Decode(input, 437);
        string safe = MemberNames.MakeSafe(name);
        if (MemberNames.Inspect(safe).Count > 0) throw new InvalidOperationException($"{name} was made {safe}");
        _ = MemberNames.CollisionKey(name);
    });

    private static byte[][] Seeds() =>
    [
        [0x4D, 0x5A, .. new byte[200]], "%PDF-1.4\n1 0 obj\nstartxref\n%%EOF"u8.ToArray(), "<?xml version=\"1.0\"?><svg xmlns='x'/>"u8.ToArray(), "From: a@b\r\nSubject: c\r\n\r\nd"u8.ToArray(),
        [0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02, 0xA0, 0x80, 0x30, 0x80], "PK\u0003\u0004"u8.ToArray(), [0xFF, 0xFB, 0x90, 0, .. new byte[1000]], new byte[40_000],
    ];
}
