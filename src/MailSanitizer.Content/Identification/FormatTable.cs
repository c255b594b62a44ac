using System.Collections.Frozen;

namespace MailSanitizer.Content.Identification;

/// <summary>Every format that is known, by id, extension and media type. How content is recognised stands in <c>Signatures.cs</c> and beside it.</summary>
public static partial class FormatTable
{
    private static readonly FrozenDictionary<string, FileFormat> ById = Rows().ToFrozenDictionary(format => format.Id, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, FileFormat[]> ByExtension = Index(format => format.Extensions);

    private static readonly FrozenDictionary<string, FileFormat[]> ByMediaType = Index(format => format.MediaTypes);

    /// <summary>Every row.</summary>
    public static IReadOnlyCollection<FileFormat> All => ById.Values;

    /// <summary>The row of that id, or null.</summary>
    public static FileFormat? Find(string id) => ById.GetValueOrDefault(id);

    /// <summary>The formats that an extension (without dot, any case) names; empty when none.</summary>
    public static IReadOnlyList<FileFormat> OfExtension(string extension) => ByExtension.GetValueOrDefault(extension.ToLowerInvariant()) ?? [];

    /// <summary>The formats that a media type (any case, no parameters) declares; empty when none or when it says nothing (<c>application/octet-stream</c>).</summary>
    public static IReadOnlyList<FileFormat> OfMediaType(string mediaType) => ByMediaType.GetValueOrDefault(mediaType.ToLowerInvariant()) ?? [];

    /// <summary>True when a file of format <paramref name="id"/> always is one of <paramref name="ancestor"/> too (itself included).</summary>
    public static bool Is(string id, string ancestor)
    {
        if (id == ancestor) return true;
        if (Find(id) is not { } format) return false;
        foreach (string parent in format.Bases)
        {
            if (Is(parent, ancestor)) return true;
        }

        return false;
    }

    private static FrozenDictionary<string, FileFormat[]> Index(Func<FileFormat, IReadOnlyList<string>> keys) =>
        ById.Values.SelectMany(format => keys(format).Select(key => (key, format)))
            .GroupBy(pair => pair.key, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.Select(pair => pair.format).OrderBy(format => format.Id, StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
}
