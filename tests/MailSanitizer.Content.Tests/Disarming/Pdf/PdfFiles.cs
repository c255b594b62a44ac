using System.IO.Compression;
using System.Text;

namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>Makes PDF files by hand: objects as text, with cross-references that fit. Nothing here knows the code under test.</summary>
internal static class PdfFiles
{
    /// <summary>A one-page document. Object 1 is the catalogue, 2 the page tree, 3 the page, 4 its content, 5 the font; <paramref name="objects"/> are numbered from 6.</summary>
    public static byte[] Document(string catalogue = "", string page = "", params string[] objects) => Written(Objects(catalogue, page, objects));

    public static List<string> Objects(string catalogue, string page, params string[] objects) =>
    [
        $"<< /Type /Catalog /Pages 2 0 R {catalogue} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        $"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> {page} >>",
        Stream("", "BT /F1 18 Tf 30 120 Td (Hello reader) Tj ET"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        .. objects,
    ];

    public static string Stream(string dictionary, string data) => $"<< {dictionary} /Length {data.Length} >>\nstream\n{data}\nendstream";

    /// <summary>A stream whose data is packed with zlib.</summary>
    public static string Packed(string dictionary, string data) => Stream($"{dictionary} /Filter /FlateDecode", Zlib(data));

    /// <summary>A classic file: objects, table, trailer.</summary>
    public static byte[] Written(IReadOnlyList<string> objects, string trailer = "", string header = "%PDF-1.7\n%\u00E2\u00E3\u00CF\u00D3\n")
    {
        StringBuilder text = new(header);
        Append(text, Enumerable.Range(1, objects.Count).Zip(objects), $"/Root 1 0 R {trailer}", objects.Count + 1);
        return Bytes(text.ToString());
    }

    /// <summary>An incremental save behind a file: objects of the given numbers anew.</summary>
    public static byte[] Saved(byte[] before, params (int Number, string Text)[] objects)
    {
        StringBuilder text = new(Text(before));
        int size = Math.Max(objects.Max(one => one.Number) + 1, int.Parse(Text(before).Split("/Size ")[^1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
        string last = text.ToString();
        string start = last[(last.LastIndexOf("startxref", StringComparison.Ordinal) + 9)..].Trim().Split('\n')[0].Trim();
        Append(text, objects.Select(one => (one.Number, one.Text)), $"/Root 1 0 R /Prev {start}", size);
        return Bytes(text.ToString());
    }

    /// <summary>A file whose objects stand in an object stream, as far as they may; with a cross-reference stream.</summary>
    public static byte[] InObjectStream(IReadOnlyList<string> objects, bool hybrid = false)
    {
        StringBuilder text = new("%PDF-1.7\n");
        Dictionary<int, int> direct = [];
        List<int> packed = [];
        for (int number = 1; number <= objects.Count; number++)
        {
            // In a hybrid file what old readers need stands in the open.
            if (!objects[number - 1].Contains("stream", StringComparison.Ordinal) && (!hybrid || number > 5))
            {
                packed.Add(number);
                continue;
            }

            direct[number] = text.Length;
            text.Append($"{number} 0 obj\n{objects[number - 1]}\nendobj\n");
        }

        StringBuilder index = new(), members = new();
        foreach (int number in packed)
        {
            index.Append($"{number} {members.Length} ");
            members.Append(objects[number - 1]).Append('\n');
        }

        int container = objects.Count + 1, table = container + 1;
        direct[container] = text.Length;
        text.Append($"{container} 0 obj\n{Packed($"/Type /ObjStm /N {packed.Count} /First {index.Length}", index.ToString() + members)}\nendobj\n");
        direct[table] = text.Length;
        StringBuilder entries = new();
        for (int number = 0; number <= table; number++)
        {
            (int kind, int second, int third) = number == 0 ? (0, 0, 255) : direct.TryGetValue(number, out int at) ? (1, at, 0) : (2, container, packed.IndexOf(number));
            entries.Append($"{(char)kind}{(char)(second >> 16 & 255)}{(char)(second >> 8 & 255)}{(char)(second & 255)}{(char)third}");
        }

        text.Append($"{table} 0 obj\n{Packed($"/Type /XRef /Size {table + 1} /W [1 3 1] /Root 1 0 R", entries.ToString())}\nendobj\n");
        int start = direct[table];
        if (hybrid)
        {
            int xref = text.Length;
            text.Append($"xref\n0 {table + 1}\n0000000000 65535 f \n");
            for (int number = 1; number <= table; number++) text.Append(direct.TryGetValue(number, out int at) ? $"{at:D10} 00000 n \n" : "0000000000 00000 f \n");
            text.Append($"trailer\n<< /Size {table + 1} /Root 1 0 R /XRefStm {start} >>\n");
            start = xref;
        }

        return Bytes(text.Append($"startxref\n{start}\n%%EOF\n").ToString());
    }

    /// <summary>Every letter of every name outside of streams and strings written as <c>#xx</c>.</summary>
    public static byte[] Escaped(byte[] document, params string[] names)
    {
        string text = Text(document);
        foreach (string name in names) text = text.Replace("/" + name, "/" + string.Concat(name.Select((letter, at) => at % 2 == 0 ? $"#{(int)letter:x2}" : letter.ToString())), StringComparison.Ordinal);
        return Bytes(text);
    }

    public static string Zlib(string data)
    {
        MemoryStream to = new();
        using (ZLibStream pack = new(to, CompressionLevel.Optimal, leaveOpen: true)) pack.Write(Bytes(data));
        return Text(to.ToArray());
    }

    public static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static void Append(StringBuilder text, IEnumerable<(int Number, string Text)> objects, string trailer, int size)
    {
        SortedDictionary<int, int> offsets = [];
        foreach ((int number, string value) in objects)
        {
            offsets[number] = text.Length;
            text.Append($"{number} 0 obj\n{value}\nendobj\n");
        }

        int start = text.Length;
        text.Append("xref\n0 1\n0000000000 65535 f \n");
        foreach ((int number, int offset) in offsets) text.Append($"{number} 1\n{offset:D10} 00000 n \n");
        text.Append($"trailer\n<< /Size {size} {trailer} >>\nstartxref\n{start}\n%%EOF\n");
    }
}
