using System.Text;

namespace MailSanitizer.Content.Passwords;

/// <summary>Gathers what the readings found, keeps the best reason of each string, and ranks.</summary>
internal sealed class CandidateScore(Limits limits)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private int _order;

    /// <summary>A find. <paramref name="score"/>: how sure the place is; what the string looks like is added here.</summary>
    public void Find(string text, int score, string kind, TextLine line, string why)
    {
        text = text.Trim(TextLines.Blanks);
        if (text.Length < 2 || text.Length > limits.CandidateLength || text.AsSpan().ContainsAny('\0', '\uFFFD')) return;
        int total = score + Plausibility.Of(text) - line.Penalty;
        // Input methods leave full-width letters behind that the archive was not locked with: both spellings are tried, the written one first only where the text insists.
        string plain = Compose(text);
        bool wide = line.Folded.Contains("全角", StringComparison.Ordinal);
        Keep(plain, plain == text ? total : total - (wide ? 1 : 0), kind, line, why);
        if (plain != text) Keep(text, total - (wide ? 0 : 1), kind, line, why);
    }

    /// <summary>A token of the sweep.</summary>
    public void Token(string text, TextLine line)
    {
        if (_tokens.Count >= limits.CandidateTokens) return;
        _tokens.TryAdd(text, line.Where("a token"));
        string plain = Compose(text);
        if (plain != text && _tokens.Count < limits.CandidateTokens) _tokens.TryAdd(plain, line.Where("a token"));
    }

    /// <summary>All of it, best first.</summary>
    public IReadOnlyList<CandidateFact> Ranked()
    {
        List<CandidateFact> ranked = [];
        foreach ((string text, Entry entry) in _entries.OrderByDescending(static pair => pair.Value.Score).ThenBy(static pair => pair.Value.Order).Take(limits.Candidates))
        {
            ranked.Add(new CandidateFact(text, ranked.Count, entry.Kind, entry.Where));
        }

        HashSet<string> taken = [.. ranked.Select(static fact => fact.Text)];
        foreach ((string text, string where) in _tokens)
        {
            if (taken.Add(text)) ranked.Add(new CandidateFact(text, ranked.Count, "token", where));
        }

        return ranked;
    }

    private void Keep(string text, int score, string kind, TextLine line, string why)
    {
        bool known = _entries.TryGetValue(text, out Entry old);
        if (known && old.Score >= score) return;
        _entries[text] = new Entry(score, known ? old.Order : _order++, kind, line.Where(why));
    }

    // A lone surrogate makes Normalize throw; such a string is a candidate only as it stands.
    private static string Compose(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKC).Trim(TextLines.Blanks);
        }
        catch (ArgumentException)
        {
            return text;
        }
    }

    private readonly record struct Entry(int Score, int Order, string Kind, string Where);
}
