using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Cfb;

namespace MailSanitizer.Content.Formats.Vba;

/// <summary>One module of a VBA project.</summary>
/// <param name="Name">As the project names it.</param>
/// <param name="IsClass">True for documents, classes and forms.</param>
/// <param name="Source">The source text with its Attribute lines; null when it cannot be read.</param>
/// <param name="CompiledBytes">Bytes of compiled code in front of the source (count).</param>
public sealed record VbaModule(string Name, bool IsClass, string? Source, int CompiledBytes)
{
    /// <summary>The source without the Attribute lines that the editor hides.</summary>
    public string Code { get; } = string.Join('\n', (Source ?? "").Split('\n').Select(line => line.TrimEnd('\r')).Where(line => !line.TrimStart().StartsWith("Attribute ", StringComparison.OrdinalIgnoreCase)));
}

/// <summary>Reads a VBA project (MS-OVBA): the list of modules in its dir stream and their sources. Reads only; any bytes are allowed.</summary>
public sealed class VbaProject
{
    private const int MostStream = 32 * 1024 * 1024;

    static VbaProject() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    private readonly List<VbaModule> _modules = [];

    private VbaProject()
    {
    }

    /// <summary>The modules, in the project's order; those that the dir stream does not name last.</summary>
    public IReadOnlyList<VbaModule> Modules => _modules;

    /// <summary>Names that the compiled project uses: printable runs of its _VBA_PROJECT stream.</summary>
    public string CompiledNames { get; private set; } = "";

    /// <summary>True when a limit or damage kept something from being read.</summary>
    public bool IsCut { get; private set; }

    /// <summary>
    /// True for a storage that holds a VBA project: one with a storage <c>VBA</c> in it, or with its streams (<c>_VBA_PROJECT</c>, <c>dir</c>, <c>PROJECT</c>).
    /// Names are compared in any letter case; a project without its dir stream still is one, since its compiled code can run.
    /// </summary>
    public static bool IsProject(CfbEntry storage) =>
        storage.Kind != CfbKind.Stream && (storage.Find("VBA") is { Kind: not CfbKind.Stream } vba && (IsInner(vba) || storage.Find("PROJECT") is not null || vba.Children.Count > 0)
            || IsInner(storage) || storage.Find("PROJECTwm") is { Kind: CfbKind.Stream });

    private static bool IsInner(CfbEntry storage) => storage.Find("_VBA_PROJECT") is { Kind: CfbKind.Stream } || (storage.Find("dir") is { Kind: CfbKind.Stream } && storage.Children.Any(child => child.Name.StartsWith("__SRP_", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Reads the project in a storage (<c>Macros</c>, <c>_VBA_PROJECT_CUR</c>, or the root of a vbaProject.bin).</summary>
    public static VbaProject Read(CfbFile file, CfbEntry storage, Limits limits, CancellationToken cancellation = default)
    {
        VbaProject project = new();
        CfbEntry vba = storage.Find("VBA") is { Kind: not CfbKind.Stream } inner ? inner : storage;
        if (vba.Find("_VBA_PROJECT") is { } compiled) project.CompiledNames = Encoding.Latin1.GetString(Bytes(file, compiled)).Replace("\0", "", StringComparison.Ordinal);
        int left = limits.VbaSource;
        HashSet<string> listed = new(StringComparer.OrdinalIgnoreCase);
        if (vba.Find("dir") is { } dir)
        {
            project.IsCut |= !VbaCompression.TryDecompress(Bytes(file, dir), MostStream, out byte[] records);
            foreach (Listed module in List(records, out Encoding text))
            {
                cancellation.ThrowIfCancellationRequested();
                if (project._modules.Count >= limits.VbaModules || left <= 0)
                {
                    project.IsCut = true;
                    break;
                }

                listed.Add(module.Stream);
                CfbEntry? stream = vba.Find(module.Stream) ?? vba.Find(module.Name);
                byte[] bytes = stream is null ? [] : Bytes(file, stream);
                project.Add(module.Name, module.IsClass, bytes, (int)Math.Min(module.Offset, (uint)bytes.Length), text, ref left);
            }
        }

        foreach (CfbEntry stream in vba.Children.Where(child => child.Kind == CfbKind.Stream && !listed.Contains(child.Name)))
        {
            cancellation.ThrowIfCancellationRequested();
            if (stream.Name.StartsWith("__SRP_", StringComparison.OrdinalIgnoreCase) || stream.Name.ToUpperInvariant() is "DIR" or "_VBA_PROJECT" or "PROJECT" or "PROJECTWM" or "PROJECTLK") continue;
            if (project._modules.Count >= limits.VbaModules || left <= 0)
            {
                project.IsCut = true;
                break;
            }

            byte[] bytes = Bytes(file, stream);
            project.Add(stream.Name, false, bytes, Search(bytes), Encoding.Latin1, ref left);
        }

        return project;
    }

    private void Add(string name, bool isClass, byte[] bytes, int offset, Encoding text, ref int left)
    {
        bool whole = VbaCompression.TryDecompress(bytes.AsSpan(offset), Math.Max(0, left), out byte[] source);
        left -= source.Length;
        _modules.Add(new VbaModule(name, isClass, whole || source.Length > 0 ? text.GetString(source) : null, offset));
    }

    // A module that is not listed: its source begins with "Attribut", whose first token is eight literals.
    private static int Search(byte[] bytes)
    {
        int at = bytes.AsSpan().IndexOf("\0Attribut"u8);
        return at >= 3 ? at - 3 : bytes.Length;
    }

    private static byte[] Bytes(CfbFile file, CfbEntry entry) => file.Content(entry).ToArray(MostStream) ?? [];

    private readonly record struct Listed(string Name, string Stream, uint Offset, bool IsClass);

    // MS-OVBA 2.3.4.2: id, size, data; only the version record (9) states a size that is not its own.
    private static List<Listed> List(byte[] records, out Encoding text)
    {
        text = Encoding.Latin1;
        List<Listed> modules = [];
        string name = "", stream = "";
        uint offset = 0;
        bool isClass = false, open = false;
        int at = 0;
        while (at + 6 <= records.Length)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(records.AsSpan(at));
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(records.AsSpan(at + 2));
            if (id == 9) size = 6;
            at += 6;
            if (size > records.Length - at) break;
            ReadOnlySpan<byte> data = records.AsSpan(at, (int)size);
            at += (int)size;
            switch (id)
            {
                case 0x03 when size == 2: text = CodePage(BinaryPrimitives.ReadUInt16LittleEndian(data)); break;
                case 0x19: (name, open) = (text.GetString(data), true); break;
                case 0x47: name = Encoding.Unicode.GetString(data); break;
                case 0x1A: stream = text.GetString(data); break;
                case 0x32 when size > 0: stream = Encoding.Unicode.GetString(data); break;
                case 0x31 when size == 4: offset = BinaryPrimitives.ReadUInt32LittleEndian(data); break;
                case 0x22: isClass = true; break;
                case 0x2B when open:
                    modules.Add(new Listed(name, stream.Length > 0 ? stream : name, offset, isClass));
                    (name, stream, offset, isClass, open) = ("", "", 0, false, false);
                    break;
                default: break;
            }
        }

        return modules;
    }

    private static Encoding CodePage(int page)
    {
        try
        {
            return page is 10000 ? Encoding.Latin1 : Encoding.GetEncoding(page);
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return Encoding.Latin1;
        }
    }
}
