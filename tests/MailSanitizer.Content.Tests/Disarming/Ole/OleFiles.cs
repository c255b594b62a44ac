using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Tests.Disarming.Ole;

/// <summary>Makes legacy office files, and looks into them by their raw bytes alone.</summary>
internal static class OleFiles
{
    public static DisarmSample Poi(string name)
    {
        string file = Path.Combine(Suites.Folder("office/poi"), name);
        Assert.SkipUnless(File.Exists(file), $"{name} is not among the suites");
        return new DisarmSample(Path.GetFileName(name), File.ReadAllBytes(file));
    }

    /// <summary>A Word 97 document whose text is a field with that keyword.</summary>
    public static byte[] WithField(string keyword) => WithInstruction($" {keyword} cmd /c calc ");

    /// <summary>A Word 97 document, one narrow piece: <c>before { instruction | result } after</c>.</summary>
    public static byte[] WithInstruction(string instruction, string template = "", string subdocument = "", CfbNode? also = null)
    {
        byte[] text = Encoding.Latin1.GetBytes($"before \u0013{instruction}\u0014result\u0015 after\r");
        byte[] main = new byte[2_048 + text.Length + 3_000];
        BitConverter.GetBytes((ushort)0xA5EC).CopyTo(main, 0);
        BitConverter.GetBytes((ushort)0xC1).CopyTo(main, 2);
        BitConverter.GetBytes((ushort)0x0200).CopyTo(main, 10);
        BitConverter.GetBytes(text.Length).CopyTo(main, 76);
        text.CopyTo(main, 2_048);
        byte[] table = new byte[5_000];
        table[0] = 2;
        BitConverter.GetBytes(16).CopyTo(table, 1);
        BitConverter.GetBytes(text.Length).CopyTo(table, 9);
        BitConverter.GetBytes(0x40000000u | (2_048 * 2)).CopyTo(table, 15);
        BitConverter.GetBytes(21).CopyTo(main, 0x1A6);
        if (template.Length > 0)
        {
            byte[] strings = [0xFF, 0xFF, 2, 0, 0, 0, 0, 0, (byte)template.Length, 0, .. Encoding.Unicode.GetBytes(template)];
            strings.CopyTo(table, 100);
            BitConverter.GetBytes(100).CopyTo(main, 0x19A);
            BitConverter.GetBytes(strings.Length).CopyTo(main, 0x19E);
        }

        if (subdocument.Length > 0)
        {
            BitConverter.GetBytes((ushort)93).CopyTo(main, 0x98);
            byte[] names = [0xFF, 0xFF, 1, 0, 0, 0, (byte)subdocument.Length, 0, .. Encoding.Unicode.GetBytes(subdocument)];
            names.CopyTo(table, 500);
            BitConverter.GetBytes(500).CopyTo(main, 154 + (8 * 72));
            BitConverter.GetBytes(names.Length).CopyTo(main, 154 + (8 * 72) + 4);
            BitConverter.GetBytes(800).CopyTo(main, 154 + (8 * 54));
            BitConverter.GetBytes(20).CopyTo(main, 154 + (8 * 54) + 4);
        }

        return Compound([CfbNode.Stream("WordDocument", new MemoryPartBytes(main)), CfbNode.Stream("1Table", new MemoryPartBytes(table)), .. also is null ? Array.Empty<CfbNode>() : [also]]);
    }

    /// <summary>A Word document with one more stream.</summary>
    public static byte[] WithStream(string name, byte[] content) => WithInstruction(" PAGE ", also: CfbNode.Stream(name, new MemoryPartBytes((byte[])[.. content, .. new byte[64]])));

    /// <summary>A master document with one subdocument that stands there.</summary>
    public static byte[] WithSubdocument(string path) => WithInstruction(" PAGE ", subdocument: path);

    /// <summary>A compound file of these streams.</summary>
    public static byte[] Compound(params CfbNode[] streams)
    {
        CfbNode root = CfbNode.Storage("");
        root.Children.AddRange(streams);
        using MemoryStream to = new();
        Assert.Null(CfbWriter.Write(root, new StreamPartOutput(to)));
        return to.ToArray();
    }

    /// <summary>A Word document whose attached template stands there.</summary>
    public static byte[] WithTemplate(string path) => WithInstruction(" PAGE ", path);

    /// <summary>A workbook with one very hidden macro sheet: a formula that calls EXEC("calc") in it, and the built-in name Auto_Open.</summary>
    public static byte[] MacroSheet()
    {
        using MemoryStream book = new();
        void Record(int kind, params byte[] data)
        {
            book.Write(BitConverter.GetBytes((ushort)kind));
            book.Write(BitConverter.GetBytes((ushort)data.Length));
            book.Write(data);
        }

        byte[] begin(byte type) => [0, 6, type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Record(0x0809, begin(5));
        int bound = (int)book.Position + 4;
        Record(0x0085, 0, 0, 0, 0, 2, 1, 1, 0, (byte)'M');
        Record(0x0018, [0x20, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x1E, 5, 0]);
        Record(0x000A);
        int sheet = (int)book.Position;
        Record(0x0809, begin(0x40));
        byte[] tokens = [0x17, 4, 0, (byte)'c', (byte)'a', (byte)'l', (byte)'c', 0x42, 1, 0x6E, 0];
        Record(0x0006, [0, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)tokens.Length, 0, .. tokens]);
        Record(0x000A);
        byte[] bytes = [.. book.ToArray(), .. new byte[4_096]];
        BitConverter.GetBytes(sheet).CopyTo(bytes, bound);
        CfbNode root = CfbNode.Storage("");
        root.Children.Add(CfbNode.Stream("Workbook", new MemoryPartBytes(bytes)));
        using MemoryStream to = new();
        Assert.Null(CfbWriter.Write(root, new StreamPartOutput(to)));
        return to.ToArray();
    }

    /// <summary>A BIFF record of that kind whose bytes 4 and 5 are those given, anywhere in the file.</summary>
    public static bool HasRecord(byte[] file, int kind, byte[] state)
    {
        for (int at = 512; at + 10 <= file.Length; at++)
        {
            if (BitConverter.ToUInt16(file, at) == kind && BitConverter.ToUInt16(file, at + 2) is > 0 and < 200 && file.AsSpan(at + 8, state.Length).SequenceEqual(state)) return true;
        }

        return false;
    }

    public static bool HasText(byte[] file, string text) => file.AsSpan().IndexOf(Encoding.Latin1.GetBytes(text)) >= 0 || file.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text)) >= 0;

    /// <summary>Names in 128-byte slots anywhere in the file that look as directory entries do, whether a directory leads to them or not.</summary>
    public static HashSet<string> NamesOf(byte[] file)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int at = 512; at + 128 <= file.Length; at += 128)
        {
            int length = BitConverter.ToUInt16(file, at + 64);
            if (length is > 2 and <= 64 && length % 2 == 0 && file[at + 66] is 1 or 2 or 5 && file[at + 67] is 0 or 1) names.Add(Encoding.Unicode.GetString(file, at, length - 2));
        }

        return names;
    }

    /// <summary>A VbaInfoAtom (type 0x0400, 12 bytes) that says that there are macros.</summary>
    public static bool HasMacroFlag(byte[] file)
    {
        for (int at = 0; at + 20 <= file.Length; at++)
        {
            if (file[at] == 2 && file[at + 1] == 0 && file[at + 2] == 0 && file[at + 3] == 4 && BitConverter.ToInt32(file, at + 4) == 12 && BitConverter.ToInt32(file, at + 12) == 1) return true;
        }

        return false;
    }
}
