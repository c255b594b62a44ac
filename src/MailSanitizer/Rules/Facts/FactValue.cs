using MailSanitizer.Mail;

namespace MailSanitizer.Rules.Facts;

/// <summary>One value of a fact, as a condition sees it.</summary>
/// <param name="Text">For comparing as text, and for people.</param>
public readonly record struct FactValue(string Text)
{
    /// <summary>Longest text that a condition looks at (characters). Origin: DESIGN.md, "Rules". Longer ones are cut and <see cref="IsUnclear"/>.</summary>
    public const int TextLimit = 64 * 1024;

    /// <summary>The value as a number: count, bytes, seconds, seconds of the day.</summary>
    public double Number { get; init; }

    /// <summary>A finding, a scan or a link, or an address of the network.</summary>
    public object? Item { get; init; }

    /// <summary>Cut, unparsable, ambiguous, or a temporary error: it may match in <c>when</c>, and never does in <c>unless</c> or under <c>not</c>.</summary>
    public bool IsUnclear { get; init; }

    /// <summary>A text, cut when it is too long.</summary>
    public static FactValue Of(string text) =>
        text.Length < TextLimit ? new FactValue(text) : new FactValue(text.Length > TextLimit ? text[..TextLimit] : text) { IsUnclear = true };

    /// <summary>A number with its text.</summary>
    public static FactValue Of(double number, string? text = null) =>
        new(text ?? number.ToString(System.Globalization.CultureInfo.InvariantCulture)) { Number = number };

    /// <summary>A flag.</summary>
    public static FactValue Of(bool flag) => new(flag ? "true" : "false");

    /// <summary>As it may be shown on a terminal.</summary>
    public override string ToString() => SafeText.ForTerminal(Text, 120) + (IsUnclear ? " (unclear)" : "");
}
