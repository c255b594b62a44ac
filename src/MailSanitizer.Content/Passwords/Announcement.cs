namespace MailSanitizer.Content.Passwords;

/// <summary>What earlier lines announced: "パスワードは下記の通りです", a table's head, a ruler.</summary>
internal sealed class Announcement
{
    private const int Reach = 8;
    private int _left;
    private bool _pointed;
    private bool _pointing;
    private string _path = "";

    /// <summary>True while a value is due.</summary>
    public bool Due => _left > 0;

    /// <summary>True where the text pointed here without doubt: a colon at the end, "下記", "↓", a caption.</summary>
    public bool Pointed => _pointed;

    /// <summary>Content lines since the announcement.</summary>
    public int Distance { get; private set; }

    /// <summary>Values already found below it.</summary>
    public int Found { get; private set; }

    /// <summary>Columns of the table whose head has a label; 0 outside one.</summary>
    public int Columns { get; private set; }

    /// <summary>The label's column.</summary>
    public int Column { get; private set; }

    /// <summary>True once the text has said that blanks belong to the password.</summary>
    public bool Blanks { get; private set; }

    /// <summary>Announces a value below this line.</summary>
    public void Point(TextLine line)
    {
        _pointing = true;
        _path = line.Path;
    }

    /// <summary>Before a line is read.</summary>
    public void Enter(TextLine line)
    {
        _pointing = false;
        if (line.Path != _path) (_left, Columns) = (0, 0);
    }

    /// <summary>After a line was read.</summary>
    public void Leave(TextLine line, bool found)
    {
        bool decoration = IsDecoration(line);
        if (_pointing || (line.HasLabel && !found))
        {
            (_left, _pointed, Distance, Found, _path) = (Reach, _pointing || (_pointed && _left > 0), 0, 0, line.Path);
        }
        else if (_left > 0 && !decoration)
        {
            _left--;
            Distance++;
            if (found) Found++;
        }
        else if (_left > 0 && line.Text.Contains('↓', StringComparison.Ordinal))
        {
            _pointed = true;
        }

        if (line.HasLabel) Head(line);
        Blanks |= line.Text.Contains("スペース", StringComparison.Ordinal) || line.Text.Contains("空白", StringComparison.Ordinal) || line.Text.Contains("spaces", StringComparison.OrdinalIgnoreCase) || line.Text.Contains("空格", StringComparison.Ordinal);
    }

    /// <summary>The cells of a row: parted by tabs, ideographic blanks or two blanks.</summary>
    public static List<string> Cells(TextLine line)
    {
        List<string> cells = [];
        int start = 0;
        for (int at = 0; at <= line.Text.Length && cells.Count < 16; at++)
        {
            bool border = at == line.Text.Length || line.Text[at] is '\t' or '\u3000' or '|' or '｜' or '│' || (line.Folded[at] == ' ' && at + 1 < line.Folded.Length && line.Folded[at + 1] == ' ');
            if (!border) continue;
            string cell = line.Text[start..at].Trim(TextLines.Blanks);
            if (cell.Length > 0) cells.Add(cell);
            start = at + 1;
        }

        return cells;
    }

    /// <summary>True for rulers and arrows: they part, and say nothing.</summary>
    public static bool IsDecoration(TextLine line)
    {
        foreach (char one in line.Folded)
        {
            if (char.IsLetterOrDigit(one)) return false;
        }

        // "!!##" could be a password; a ruler repeats itself.
        ReadOnlySpan<char> text = line.Folded.AsSpan().Trim(' ');
        return text.Length == 0 || !text.ContainsAnyExcept(text[0]) || text.ContainsAnyExceptInRange('!', '~');
    }

    private void Head(TextLine line)
    {
        List<string> cells = Cells(line);
        (Columns, Column) = (0, 0);
        if (cells.Count < 2) return;
        for (int column = 0; column < cells.Count; column++)
        {
            if (cells[column].Length <= 16 && CandidateLabels.In(cells[column], Folding.Fold(cells[column])) is { Count: > 0 } labels && !labels[0].Weak) (Columns, Column) = (cells.Count, column);
        }
    }
}
