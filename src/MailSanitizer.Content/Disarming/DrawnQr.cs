namespace MailSanitizer.Content.Disarming;

/// <summary>
/// QR codes that no image holds: lines of block characters, tables of coloured cells. What is drawn is brought down to one field a module; where the three corners are
/// (ISO/IEC 18004, 6.3.3) it is a code, and its text is read if its modules say one.
/// </summary>
internal static class DrawnQr
{
    private const int MostSide = 400;
    private const int Corner = 7;

    /// <summary>The codes among the lines of a text; an empty text for one that cannot be read.</summary>
    public static IReadOnlyList<string> InText(string text)
    {
        List<string> found = [];
        if (text.AsSpan().IndexOfAnyInRange('\u2580', '\u259F') < 0) return found;
        List<string> lines = [];
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (IsDrawn(line))
            {
                if (lines.Count < MostSide) lines.Add(line.ToString());
                continue;
            }

            // A blank line within is light, as long as the drawing goes on.
            if (line.IsWhiteSpace() && lines.Count is > 0 and < MostSide)
            {
                lines.Add("");
                continue;
            }

            Take(lines, found);
        }

        Take(lines, found);
        return found;
    }

    /// <summary>The code that a field of ink shows: null when it is none, empty when it cannot be read.</summary>
    public static string? InField(bool[,] ink) => Read(ink) ?? Read(Inverted(ink));

    private static bool IsDrawn(ReadOnlySpan<char> line)
    {
        int blocks = 0;
        foreach (char c in line)
        {
            if (c is >= '\u2580' and <= '\u259F') blocks++;
            else if (!char.IsWhiteSpace(c) && c is not ('\u2800' or '\u200B')) return false;
        }

        return blocks > 0;
    }

    private static void Take(List<string> lines, List<string> found)
    {
        while (lines.Count > 0 && lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        int width = lines.Count == 0 ? 0 : lines.Max(line => line.Length);
        if (lines.Count >= QrReader.Smallest / 2 && width is >= QrReader.Smallest / 2 and <= MostSide && InField(Ink(lines, width)) is { } text) found.Add(text);
        lines.Clear();
    }

    // Two by two fields a character: the quadrants that its block fills (Unicode, "Block Elements").
    private static bool[,] Ink(List<string> lines, int width)
    {
        bool[,] ink = new bool[lines.Count * 2, width * 2];
        for (int y = 0; y < lines.Count; y++)
        {
            for (int x = 0; x < lines[y].Length; x++)
            {
                int fills = Quadrants(lines[y][x]);
                ink[y * 2, x * 2] = (fills & 1) != 0;
                ink[y * 2, (x * 2) + 1] = (fills & 2) != 0;
                ink[(y * 2) + 1, x * 2] = (fills & 4) != 0;
                ink[(y * 2) + 1, (x * 2) + 1] = (fills & 8) != 0;
            }
        }

        return ink;
    }

    private static int Quadrants(char c) => c switch
    {
        '\u2580' => 3, '\u2584' => 12, '\u2588' => 15, '\u258C' => 5, '\u2590' => 10,
        '\u2596' => 4, '\u2597' => 8, '\u2598' => 1, '\u2599' => 13, '\u259A' => 9, '\u259B' => 7, '\u259C' => 11, '\u259D' => 2, '\u259E' => 6, '\u259F' => 14,
        '\u2593' or '\u2592' => 15,
        _ => 0,
    };

    // Within its bounds: where the ink is the light part, the margin is drawn too, and beyond it is nothing.
    private static bool[,] Inverted(bool[,] ink)
    {
        bool[,] inverted = new bool[ink.GetLength(0), ink.GetLength(1)];
        if (Bounds(ink) is not (var top, var left, var bottom, var right)) return inverted;
        for (int y = top; y < bottom; y++)
            for (int x = left; x < right; x++) inverted[y, x] = !ink[y, x];
        return inverted;
    }

    private static string? Read(bool[,] ink)
    {
        if (Bounds(ink) is not (var top, var left, var bottom, var right)) return null;

        // Every run of equal fields is a whole number of modules.
        int high = 0, wide = 0;
        for (int y = top; y < bottom; y++)
            for (int x = left, start = left; x < right; x++)
                if (x + 1 == right || ink[y, x + 1] != ink[y, x]) (wide, start) = (Divisor(wide, x + 1 - start), x + 1);
        for (int x = left; x < right; x++)
            for (int y = top, start = top; y < bottom; y++)
                if (y + 1 == bottom || ink[y + 1, x] != ink[y, x]) (high, start) = (Divisor(high, y + 1 - start), y + 1);
        if (high == 0 || wide == 0) return null;
        int size = (bottom - top) / high;
        if (size != (right - left) / wide || size < QrReader.Smallest || size > QrReader.Largest) return null;
        bool[,] modules = new bool[size, size];
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++) modules[y, x] = ink[top + (y * high), left + (x * wide)];
        bool corners = IsCorner(modules, 0, 0) && IsCorner(modules, 0, size - Corner) && IsCorner(modules, size - Corner, 0);
        return corners ? QrReader.Read(modules) ?? "" : null;
    }

    private static (int Top, int Left, int Bottom, int Right)? Bounds(bool[,] ink)
    {
        int top = int.MaxValue, left = int.MaxValue, bottom = -1, right = -1;
        for (int y = 0; y < ink.GetLength(0); y++)
        {
            for (int x = 0; x < ink.GetLength(1); x++)
            {
                if (!ink[y, x]) continue;
                (top, left, bottom, right) = (Math.Min(top, y), Math.Min(left, x), Math.Max(bottom, y + 1), Math.Max(right, x + 1));
            }
        }

        return bottom < 0 ? null : (top, left, bottom, right);
    }

    private static int Divisor(int a, int b) => b == 0 ? a : Divisor(b, a % b);

    private static bool IsCorner(bool[,] modules, int top, int left)
    {
        for (int y = 0; y < Corner; y++)
        {
            for (int x = 0; x < Corner; x++)
            {
                int ring = Math.Min(Math.Min(x, y), Math.Min(Corner - 1 - x, Corner - 1 - y));
                if (modules[top + y, left + x] != (ring != 1)) return false;
            }
        }

        return true;
    }
}
