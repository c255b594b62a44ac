using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Formats.Opc;

/// <summary>A relationship as it is written.</summary>
/// <param name="Ordinal">Number of its element in the relationships part.</param>
/// <param name="Id">Its id.</param>
/// <param name="Type">Its type, as written.</param>
/// <param name="Target">Its target, as written.</param>
/// <param name="IsExternal">True when it leads out of the package: by its mode in any spelling, or because its target is no path.</param>
/// <param name="TargetKey">The key of the part it leads to; empty when external.</param>
public sealed record OpcRelationship(int Ordinal, string Id, string Type, string Target, bool IsExternal, string TargetKey);

/// <summary>A row of <c>[Content_Types].xml</c>.</summary>
/// <param name="Ordinal">Number of its element.</param>
/// <param name="IsOverride">For one part; else for an extension.</param>
/// <param name="Key">The part's key, or the extension in lower case.</param>
/// <param name="Type">Media type, lower case, without parameters.</param>
public sealed record OpcContentType(int Ordinal, bool IsOverride, string Key, string Type);

/// <summary>One part of a package.</summary>
public sealed class OpcPart
{
    private readonly Func<CancellationToken, Stream> _open;

    internal OpcPart(string name, Func<CancellationToken, Stream> open, ZipEntry? entry, long packedSize, long size)
    {
        (Name, Key, _open, Entry, PackedSize, Size) = (name, OpcNames.Key(name), open, entry, packedSize, size);
    }

    /// <summary>The name as it is written.</summary>
    public string Name { get; }

    /// <summary>The name as readers compare it (<see cref="OpcNames.Key"/>).</summary>
    public string Key { get; }

    /// <summary>The archive member, or null in a flat package.</summary>
    public ZipEntry? Entry { get; }

    /// <summary>Bytes it takes packed.</summary>
    public long PackedSize { get; }

    /// <summary>Bytes it is said to have.</summary>
    public long Size { get; }

    /// <summary>Every content type that is stated for it; more than one is a disagreement. Empty when none is.</summary>
    public IReadOnlyList<string> Types { get; internal set; } = [];

    /// <summary>The part that holds its relationships, or null.</summary>
    public OpcPart? RelationshipsPart { get; internal set; }

    /// <summary>What it refers to.</summary>
    public IReadOnlyList<OpcRelationship> Relationships { get; internal set; } = [];

    /// <summary>Its content. Never throws for what it holds.</summary>
    public Stream Open(CancellationToken cancellation) => _open(cancellation);

    /// <summary>The whole content, or null when it is longer than <paramref name="max"/> or broken.</summary>
    public byte[]? Read(long max, CancellationToken cancellation)
    {
        using Stream stream = Open(cancellation);
        using MemoryStream all = new((int)Math.Clamp(Math.Min(Size, max), 0, 1 << 20));
        byte[] buffer = new byte[16 * 1024];
        for (int got; (got = stream.Read(buffer)) > 0;)
        {
            if (all.Length + got > max) return null;
            all.Write(buffer, 0, got);
        }

        return IsBroken(stream) ? null : all.ToArray();
    }

    /// <summary>Reads a stream of <see cref="Open"/> to its end; true when it is not what the archive promises.</summary>
    public static bool Drain(Stream stream)
    {
        byte[] buffer = new byte[4 * 1024];
        while (stream.Read(buffer) > 0)
        {
        }

        return IsBroken(stream);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static bool IsBroken(Stream stream) => stream is ZipEntryStream { ProblemKind: not ZipProblem.None };
}
