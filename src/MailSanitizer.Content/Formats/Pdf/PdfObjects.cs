namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>Where an object stands: at an offset of the file, or as the n-th of an object stream.</summary>
/// <param name="Number">Object number.</param>
/// <param name="Generation">Generation number.</param>
/// <param name="Offset">Behind <c>obj</c>; for one in an object stream the number of that stream.</param>
/// <param name="Index">-1, or which of the object stream.</param>
internal readonly record struct PdfPlace(int Number, int Generation, long Offset, int Index = -1)
{
    public bool IsPacked => Index >= 0;
}

/// <summary>One object as it was read.</summary>
internal sealed class PdfObject(int number, int generation, PdfValue value, ReadOnlyMemory<byte> text)
{
    public int Number => number;

    public int Generation => generation;

    public PdfValue Value => value;

    /// <summary>The text it was read from; <see cref="PdfValue.Start"/> and <see cref="PdfValue.End"/> count in it.</summary>
    public ReadOnlyMemory<byte> Text => text;

    /// <summary>Something in it was passed over by the parser.</summary>
    public bool Faulty { get; init; }

    /// <summary>Bytes of <see cref="Text"/> that were read.</summary>
    public int Consumed { get; init; }
}

/// <summary>An object stream (7.5.7), decoded.</summary>
/// <param name="Text">All of it.</param>
/// <param name="Members">Number and offset in <paramref name="Text"/> of each object.</param>
/// <param name="Broken">Its data could not be decoded to the end.</param>
internal sealed record PdfObjectStream(byte[] Text, IReadOnlyList<(int Number, int Offset)> Members, bool Broken);

/// <summary>A limit of <c>PdfLimits.cs</c> was reached; becomes a finding in the room that reads.</summary>
internal sealed class PdfLimitException(string what) : Exception(what);
