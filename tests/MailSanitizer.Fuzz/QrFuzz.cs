using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Disarming;

namespace MailSanitizer.Fuzz;

/// <summary>QR codes: the library behind them, and those that are drawn with letters and cells.</summary>
public static class QrFuzz
{
    // All dark.
    private static readonly byte[] Seed = new byte[64 * 64];

    /// <summary>Any brightness: texts or none, never an exception, and an end.</summary>
    public static FuzzTarget Brightness { get; } = new("qr-brightness", [Seed, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("\0\0~~~~\0\0", 512)))], input =>
    {
        int width = Math.Max(1, (int)Math.Sqrt(input.Length));
        int corners = 0;
        _ = QrReader.Read(input[..(width * (input.Length / width))], width, input.Length / width, () => ++corners < Limits.Default.ImageQrCorners, out _);
    });

    /// <summary>Any modules.</summary>
    public static FuzzTarget Modules { get; } = new("qr-modules", [new byte[57]], input =>
    {
        for (int size = 21; size <= 45; size += 4)
        {
            bool[,] modules = new bool[size, size];
            for (int at = 0; at < size * size && at / 8 < input.Length; at++) modules[at / size, at % size] = (input[at / 8] & (1 << (at % 8))) != 0;
            _ = QrReader.Read(modules);
            _ = DrawnQr.InField(modules);
        }
    });

    /// <summary>Any text as plain text and as a page.</summary>
    public static FuzzTarget Drawn { get; } = PassiveFuzz.Walked("qr-drawn", "a.txt",
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("██▀▄ ▌▐█\n", 24))), Encoding.UTF8.GetBytes("Win+R ｐｏｗｅｒｓｈｅｌｌ https://xn--a.example/ "));

    /// <summary>Tables of cells.</summary>
    public static FuzzTarget Cells { get; } = PassiveFuzz.Walked("qr-cells", "a.html", Encoding.UTF8.GetBytes("<html><table>" + string.Concat(Enumerable.Repeat("<tr><td bgcolor=#000><td><td colspan=19 class=x></tr>", 21)) + "</table><pre>█▄</pre></html>"));
}
