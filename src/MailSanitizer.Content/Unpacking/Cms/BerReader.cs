namespace MailSanitizer.Content.Unpacking.Cms;

/// <summary>One element of BER (X.690 8.1).</summary>
/// <param name="Tag">Identifier octet; tags above 30 do not occur in CMS.</param>
/// <param name="Content">Offset of its content.</param>
/// <param name="End">Offset behind its content; that of the end marker for indefinite lengths.</param>
/// <param name="Next">Offset behind the element.</param>
internal readonly record struct BerElement(byte Tag, long Content, long End, long Next)
{
    public bool IsConstructed => (Tag & 0x20) != 0;
}

/// <summary>Reads BER out of a part, without loading it: definite and indefinite lengths, constructed strings, no recursion.</summary>
internal sealed class BerReader(ArchiveReading reading)
{
    private const int MaxDepth = 64;
    private const int MaxElements = 200_000;

    private int _elements;

    /// <summary>The element at an offset, which must end at or before <paramref name="limit"/>.</summary>
    public BerElement Read(long at, long limit)
    {
        if (++_elements > MaxElements) throw new InvalidDataException("asn.1: more elements than can be");
        BerElement element = Header(at, limit);
        return element.End >= 0 ? element : Measure(element, limit);
    }

    /// <summary>The elements inside one.</summary>
    public IEnumerable<BerElement> Inside(BerElement element)
    {
        for (long at = element.Content; at < element.End;)
        {
            BerElement child = Read(at, element.End);
            yield return child;
            at = child.Next;
        }
    }

    /// <summary>Where the bytes of an octet string lie: one range, or many when it is constructed.</summary>
    public List<(long Offset, long Length)> Octets(BerElement element)
    {
        List<(long, long)> ranges = [];
        Stack<IEnumerator<BerElement>> open = new();
        if (!element.IsConstructed) return [(element.Content, element.End - element.Content)];
        open.Push(Inside(element).GetEnumerator());
        while (open.TryPeek(out IEnumerator<BerElement>? current))
        {
            if (!current.MoveNext())
            {
                open.Pop();
                continue;
            }

            reading.Cancellation.ThrowIfCancellationRequested();
            BerElement child = current.Current;
            if (!child.IsConstructed) ranges.Add((child.Content, child.End - child.Content));
            else if (open.Count >= MaxDepth) throw new InvalidDataException("asn.1: nested too deep");
            else open.Push(Inside(child).GetEnumerator());
        }

        return ranges;
    }

    /// <summary>The value of an object identifier in dotted form.</summary>
    public string Oid(BerElement element)
    {
        byte[] raw = element.Tag == 6 ? reading.Take(element.Content, (int)Math.Min(64, element.End - element.Content)) ?? [] : [];
        if (raw.Length == 0) throw new InvalidDataException("asn.1: no object identifier where one must stand");
        List<ulong> arcs = [];
        ulong value = 0;
        foreach (byte one in raw)
        {
            value = (value << 7) | (uint)(one & 0x7F);
            if ((one & 0x80) != 0) continue;
            if (arcs.Count == 0) arcs.AddRange([Math.Min(value / 40, 2), value - (Math.Min(value / 40, 2) * 40)]);
            else arcs.Add(value);
            value = 0;
        }

        return string.Join('.', arcs);
    }

    private BerElement Header(long at, long limit)
    {
        Span<byte> head = stackalloc byte[10];
        int got = reading.Bytes.Read(at, head[..(int)Math.Clamp(limit - at, 0, 10)]);
        if (got < 2) throw new InvalidDataException("asn.1: ends inside an element");
        byte tag = head[0];
        if ((tag & 0x1F) == 0x1F) throw new InvalidDataException("asn.1: a tag that CMS does not have");
        int first = head[1];
        if (first < 0x80) return Definite(tag, at + 2, first, limit);
        if (first == 0x80) return new BerElement(tag, at + 2, -1, -1);
        int count = first & 0x7F;
        if (count > 8 || got < 2 + count) throw new InvalidDataException("asn.1: a length that is none");
        long length = 0;
        for (int index = 0; index < count; index++)
        {
            if (length > long.MaxValue >> 9) throw new InvalidDataException("asn.1: a length that is none");
            length = (length << 8) | head[2 + index];
        }

        return Definite(tag, at + 2 + count, length, limit);
    }

    private static BerElement Definite(byte tag, long content, long length, long limit)
    {
        if (length > limit - content) throw new InvalidDataException("asn.1: an element beyond its container");
        return new BerElement(tag, content, content + length, content + length);
    }

    // Looks for the end marker that belongs to an element of indefinite length: one level of counting, no recursion.
    private BerElement Measure(BerElement element, long limit)
    {
        int depth = 1;
        long at = element.Content;
        while (true)
        {
            if (++_elements > MaxElements) throw new InvalidDataException("asn.1: more elements than can be");
            BerElement inner = Header(at, limit);
            if (inner.End < 0)
            {
                if (++depth > MaxDepth) throw new InvalidDataException("asn.1: nested too deep");
                at = inner.Content;
                continue;
            }

            at = inner.Next;
            if (inner.Tag != 0 || inner.End != inner.Content) continue;
            if (--depth == 0) return element with { End = inner.Content - 2, Next = inner.Next };
        }
    }
}
