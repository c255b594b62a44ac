namespace MailSanitizer.Content.Disarming;

/// <summary>The cells of a table by how they look, in case they draw a QR code. Tables nest; each has a field of its own.</summary>
internal sealed class DrawnQrTable
{
    private const int MostSide = 400;
    private const int MostNested = 32;
    private const int MostLooks = 4;

    private readonly List<List<List<string>>> _open = [];

    public void Begin()
    {
        if (_open.Count < MostNested) _open.Add([]);
    }

    public void Row()
    {
        if (_open.Count > 0 && _open[^1].Count <= MostSide) _open[^1].Add([]);
    }

    /// <summary>A cell with its looks: colour, style, class, as they are written; equal writing is equal look.</summary>
    public void Cell(string look, int span)
    {
        if (_open.Count == 0 || _open[^1].Count is 0 or > MostSide) return;
        List<string> row = _open[^1][^1];
        for (int count = Math.Clamp(span, 1, MostSide); count > 0 && row.Count <= MostSide; count--) row.Add(look);
    }

    /// <summary>The end of a table: the code that it draws; null when it is none, empty when it cannot be read.</summary>
    public string? End()
    {
        if (_open.Count == 0) return null;
        List<List<string>> rows = _open[^1];
        _open.RemoveAt(_open.Count - 1);
        int width = rows.Count == 0 ? 0 : rows.Max(row => row.Count);
        if (rows.Count is < QrReader.Smallest or > MostSide || width is < QrReader.Smallest or > MostSide) return null;
        string[] looks = [.. rows.SelectMany(row => row).Distinct(StringComparer.Ordinal).Take(MostLooks + 1)];
        if (looks.Length is < 2 or > MostLooks) return null;
        foreach (string look in looks)
        {
            bool[,] ink = new bool[rows.Count, width];
            for (int y = 0; y < rows.Count; y++)
                for (int x = 0; x < rows[y].Count; x++) ink[y, x] = rows[y][x] == look;
            if (DrawnQr.InField(ink) is { } text) return text;
        }

        return null;
    }
}
