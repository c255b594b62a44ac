using MailSanitizer.Mail;

namespace MailSanitizer.Rules.Files;

/// <summary>Gathers the errors of one file; every one, not only the first.</summary>
internal sealed class ErrorSink(string file)
{
    private readonly List<RuleError> _errors = [];

    public IReadOnlyList<RuleError> Errors => _errors;

    public bool Any => _errors.Count > 0;

    /// <summary>The file has another shape than the schema asks for.</summary>
    public void Shape(RuleNode at, string message) => _errors.Add(new RuleError(file, at.Line, at.Column, message));

    /// <summary>The shape is right, what it says is not.</summary>
    public void Meaning(RuleNode at, string message) => _errors.Add(new RuleError(file, at.Line, at.Column, message, RuleErrorKind.Meaning));

    public void Meaning(long line, long column, string message) => _errors.Add(new RuleError(file, line, column, message, RuleErrorKind.Meaning));

    /// <summary>A map with known keys only; null (and an error) when it is none. Unknown keys are errors, the rest is still read.</summary>
    public RuleNode? Map(RuleNode node, IReadOnlyCollection<string> known, string what)
    {
        if (node.Kind != NodeKind.Map)
        {
            Shape(node, $"{what}: expected keys and values ({string.Join(", ", known.Take(6))}{(known.Count > 6 ? ", …" : "")})");
            return null;
        }

        foreach ((RuleNode key, _) in node.Entries)
            if (!known.Contains(key.Text)) Shape(key, $"{what}: unknown key '{Shown(key.Text)}'{Nearest.Hint(key.Text, known)}");
        return node;
    }

    /// <summary>A text that is not empty; null (and an error) otherwise.</summary>
    public string? Text(RuleNode node, string what, int limit = 2000)
    {
        if (node.Kind != NodeKind.Scalar || node.IsNull || node.Text.Trim().Length == 0)
        {
            Shape(node, $"{what}: expected a text");
            return null;
        }

        if (node.Text.Length <= limit) return node.Text;
        Shape(node, $"{what}: longer than {limit} characters");
        return null;
    }

    /// <summary>One of some words; null (and an error) otherwise.</summary>
    public string? Word(RuleNode node, string what, IReadOnlyCollection<string> words)
    {
        if (Text(node, what) is not { } text) return null;
        if (words.Contains(text)) return text;
        Shape(node, $"{what}: '{Shown(text)}' is {(words.Count > 12 ? "not known (rules schema --reference lists what is)" : $"none of {string.Join(", ", words)}")}{Nearest.Hint(text, words)}");
        return null;
    }

    public static string Shown(string text) => SafeText.ForTerminal(text, 60);
}
