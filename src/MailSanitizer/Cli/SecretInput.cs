using System.Text;

namespace MailSanitizer.Cli;

/// <summary>Reads a secret from whoever sits at the terminal, or from a pipe.</summary>
internal static class SecretInput
{
    // A password line of a pipe (characters); what is longer is none.
    private const int Longest = 512;

    /// <summary>The first line, without its end; empty when there is none.</summary>
    public static string Read(string prompt)
    {
        if (Console.IsInputRedirected) return Cut(Console.In.ReadLine() ?? "");
        Console.Error.Write(prompt);
        StringBuilder text = new();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace) text.Length = Math.Max(0, text.Length - 1);
            else if (key.KeyChar != '\0' && text.Length < Longest) text.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return text.ToString();
    }

    private static string Cut(string line) => line.Length <= Longest ? line : "";
}
