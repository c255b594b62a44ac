using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming;

/// <summary>A document on its way to what goes out: its bytes now, and which ranges of them are still those of the original.</summary>
internal sealed class MarkupDraft
{
    private List<Piece> _pieces;

    /// <summary>A draft. <paramref name="isOriginal"/>: whether the bytes are the part's own.</summary>
    public MarkupDraft(ReadOnlyMemory<byte> bytes, bool isOriginal)
    {
        Bytes = bytes;
        _pieces = [new Piece(isOriginal ? 0 : -1, bytes)];
        IsChanged = !isOriginal;
    }

    // Offset in the original, or -1 for bytes of ours.
    private readonly record struct Piece(int Original, ReadOnlyMemory<byte> Bytes);

    public ReadOnlyMemory<byte> Bytes { get; private set; }

    public bool IsChanged { get; private set; }

    /// <summary>Applies edits that are in order and do not overlap.</summary>
    public void Apply(MarkupSource source, IEnumerable<MarkupEdit> edits)
    {
        List<Piece> pieces = [];
        int at = 0;
        foreach (MarkupEdit edit in edits)
        {
            int start = (int)source.Offset(edit.Start);
            Take(at, start, pieces);
            if (edit.Replacement.Length > 0) pieces.Add(new Piece(-1, source.Encode(edit.Replacement)));
            at = (int)source.Offset(edit.End);
            IsChanged = true;
        }

        Take(at, Bytes.Length, pieces);
        _pieces = pieces;
        byte[] joined = new byte[pieces.Sum(piece => piece.Bytes.Length)];
        int to = 0;
        foreach (Piece piece in pieces)
        {
            piece.Bytes.CopyTo(joined.AsMemory(to));
            to += piece.Bytes.Length;
        }

        Bytes = joined;
        _piece = _pieceStart = 0;
    }

    /// <summary>Writes it: what is still the original's as copies.</summary>
    public void WriteTo(IPartOutput output)
    {
        foreach (Piece piece in _pieces)
        {
            if (piece.Original >= 0) output.Copy(piece.Original, piece.Bytes.Length);
            else output.Write(piece.Bytes.Span);
        }
    }

    private int _piece;
    private int _pieceStart;

    // Edits come in order, so the place in the old pieces only moves on.
    private void Take(int start, int end, List<Piece> into)
    {
        while (start < end)
        {
            Piece piece = _pieces[_piece];
            int offset = start - _pieceStart;
            if (offset >= piece.Bytes.Length)
            {
                _pieceStart += piece.Bytes.Length;
                _piece++;
                continue;
            }

            int length = Math.Min(end - start, piece.Bytes.Length - offset);
            into.Add(new Piece(piece.Original < 0 ? -1 : piece.Original + offset, piece.Bytes.Slice(offset, length)));
            start += length;
        }
    }
}
