using MailSanitizer.Content;

namespace MailSanitizer.Fuzz;

/// <summary>Ranges of part bytes: any offset and length reads inside the content or nothing.</summary>
public static class PartBytesFuzz
{
    public static FuzzTarget Ranges { get; } = new("part-bytes", [new byte[32]], input =>
    {
        using MemoryPartBytes bytes = new(input);
        long offset = input.Length >= 8 ? BitConverter.ToInt64(input) : input.Length;
        using Stream range = bytes.OpenRead(offset, long.MaxValue - Math.Max(0, offset));
        byte[] buffer = new byte[64];
        long total = 0;
        for (int got; (got = range.Read(buffer)) > 0;) total += got;
        if (total != Math.Max(0, input.Length - Math.Max(0, offset))) throw new InvalidOperationException($"range from {offset} gave {total} of {input.Length}");
    });
}
