namespace MailSanitizer.Mail;

/// <summary>Finds the known word that a typo most likely meant.</summary>
public static class Nearest
{
    /// <summary><c>: did you mean 'x'?</c>, or nothing when no word is near.</summary>
    public static string Hint(string text, IEnumerable<string> words) => Word(text, words) is { } near ? $"; did you mean '{near}'?" : "";

    /// <summary>The nearest word within a third of its letters, or null.</summary>
    public static string? Word(string text, IEnumerable<string> words)
    {
        if (text.Length > 100) return null;
        (string? best, int distance) = (null, int.MaxValue);
        foreach (string word in words)
        {
            int steps = Distance(text, word);
            if (steps < distance) (best, distance) = (word, steps);
        }

        return best is not null && distance <= Math.Max(1, best.Length / 3) ? best : null;
    }

    // Optimal string alignment: insert, delete, replace, swap of neighbours.
    private static int Distance(string left, string right)
    {
        int[,] steps = new int[left.Length + 1, right.Length + 1];
        for (int row = 0; row <= left.Length; row++) steps[row, 0] = row;
        for (int column = 0; column <= right.Length; column++) steps[0, column] = column;
        for (int row = 1; row <= left.Length; row++)
        {
            for (int column = 1; column <= right.Length; column++)
            {
                int cost = left[row - 1] == right[column - 1] ? 0 : 1;
                int step = Math.Min(Math.Min(steps[row - 1, column] + 1, steps[row, column - 1] + 1), steps[row - 1, column - 1] + cost);
                if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1]) step = Math.Min(step, steps[row - 2, column - 2] + 1);
                steps[row, column] = step;
            }
        }

        return steps[left.Length, right.Length];
    }
}
