namespace MailSanitizer.Content.Formats.Compression;

/// <summary>
/// The adaptive Huffman code of LHarc and LHA 2.x beta: nodes sorted by frequency, a node moves to the head of its block of equal frequency before it
/// is counted. Positions (-lh2-) have a second tree that grows as the text does.
/// </summary>
internal sealed class AdaptiveCode
{
    private const int Symbols = 314;
    private const int CodeNodes = Symbols * 2;
    private const int Root = 0;
    private const int PositionRoot = CodeNodes;
    private const int Nodes = CodeNodes + 256;
    private const int Full = 0x8000;

    private readonly int _codes;
    private readonly int[] _child = new int[Nodes];
    private readonly int[] _parent = new int[Nodes];
    private readonly int[] _block = new int[Nodes];
    private readonly int[] _head = new int[Nodes];
    private readonly int[] _stock = new int[Nodes];
    private readonly int[] _node = new int[Nodes / 2];
    private readonly int[] _frequency = new int[Nodes];
    private int _free;
    private int _lastPosition;
    private int _positionTotal;
    private long _nextPosition = 64;

    /// <summary>A fresh code of so many symbols.</summary>
    public AdaptiveCode(int codes, bool positions)
    {
        _codes = codes;
        for (int at = 0; at < Nodes; at++) _stock[at] = at;
        int node = (codes * 2) - 2;
        for (int symbol = 0; symbol < codes; symbol++, node--)
        {
            _frequency[node] = 1;
            _child[node] = ~symbol;
            _node[symbol] = node;
            _block[node] = 1;
        }

        _free = 2;
        _head[1] = codes - 1;
        for (int right = (codes * 2) - 2; node >= 0; right -= 2, node--)
        {
            int sum = _frequency[node] = _frequency[right] + _frequency[right - 1];
            _child[node] = right;
            _parent[right] = _parent[right - 1] = node;
            _block[node] = sum == _frequency[node + 1] ? _block[node + 1] : _stock[_free++];
            _head[_block[node]] = node;
        }

        if (!positions) return;
        _frequency[PositionRoot] = 1;
        _child[PositionRoot] = ~Symbols;
        _node[Symbols] = PositionRoot;
        _head[_block[PositionRoot] = _stock[_free++]] = PositionRoot;
        _lastPosition = PositionRoot;
    }

    /// <summary>Reads a symbol and counts it.</summary>
    public int ReadCode(MsbBitReader bits)
    {
        int symbol = Descend(bits, Root);
        CountCode(symbol);
        return symbol;
    }

    /// <summary>Reads the upper part of a position, when so many bytes are decoded.</summary>
    public int ReadPosition(MsbBitReader bits, long decoded)
    {
        Grow(decoded);
        int position = Descend(bits, PositionRoot) - Symbols;
        CountPosition(position);
        return position;
    }

    /// <summary>The bits of a symbol from the root, for writers; counts it as a reader does.</summary>
    public IReadOnlyList<bool> WriteCode(int symbol)
    {
        List<bool> path = Ascend(_node[symbol], Root);
        CountCode(symbol);
        return path;
    }

    /// <summary>The bits of the upper part of a position.</summary>
    public IReadOnlyList<bool> WritePosition(int position, long decoded)
    {
        Grow(decoded);
        List<bool> path = Ascend(_node[position + Symbols], PositionRoot);
        CountPosition(position);
        return path;
    }

    private List<bool> Ascend(int node, int root)
    {
        List<bool> path = [];
        for (; node != root; node = _parent[node]) path.Insert(0, _child[_parent[node]] != node);
        return path;
    }

    private int Descend(MsbBitReader bits, int root)
    {
        int at = _child[root];
        while (at > 0) at = _child[at - (int)bits.Take(1)];
        return ~at;
    }

    private void Grow(long decoded)
    {
        while (decoded > _nextPosition)
        {
            AddPosition((int)(_nextPosition / 64));
            _nextPosition = _nextPosition + 64 >= 8192 ? long.MaxValue : _nextPosition + 64;
        }
    }

    private void CountCode(int symbol)
    {
        if (_frequency[Root] == Full) Halve(0, (_codes * 2) - 1);
        _frequency[Root]++;
        int node = _node[symbol];
        do node = Count(node);
        while (node != Root);
    }

    private void CountPosition(int position)
    {
        if (_positionTotal == Full)
        {
            Halve(PositionRoot, _lastPosition + 1);
            _positionTotal = _frequency[PositionRoot];
            _frequency[PositionRoot] = 0xFFFF;
        }

        for (int node = _node[position + Symbols]; node != PositionRoot;) node = Count(node);
        _positionTotal++;
    }

    private void AddPosition(int position)
    {
        int moved = _lastPosition + 1;
        int fresh = moved + 1;
        _child[moved] = _child[_lastPosition];
        _node[~_child[moved]] = moved;
        _child[fresh] = ~(position + Symbols);
        _child[_lastPosition] = fresh;
        _frequency[moved] = _frequency[_lastPosition];
        _frequency[fresh] = 0;
        _block[moved] = _block[_lastPosition];
        if (_lastPosition == PositionRoot)
        {
            _frequency[PositionRoot] = 0xFFFF;
            _head[_block[PositionRoot]]++;
        }

        _parent[moved] = _parent[fresh] = _lastPosition;
        _lastPosition = fresh;
        _node[position + Symbols] = fresh;
        _head[_block[fresh] = _stock[_free++]] = fresh;
        CountPosition(position);
    }

    // One more for a node, which first changes places with the head of its block; returns the parent.
    private int Count(int node)
    {
        int block = _block[node];
        int head = _head[block];
        if (head != node)
        {
            (_child[node], _child[head]) = (_child[head], _child[node]);
            Adopt(head);
            Adopt(node);
            node = head;
            Leave(node, block);
        }
        else if (block == _block[node + 1])
        {
            Leave(node, block);
        }
        else if (++_frequency[node] == _frequency[node - 1])
        {
            _stock[--_free] = block;
            _block[node] = _block[node - 1];
        }

        return _parent[node];
    }

    private void Leave(int node, int block)
    {
        _head[block]++;
        if (++_frequency[node] == _frequency[node - 1]) _block[node] = _block[node - 1];
        else _head[_block[node] = _stock[_free++]] = node;
    }

    private void Adopt(int node)
    {
        int child = _child[node];
        if (child >= 0) _parent[child] = _parent[child - 1] = node;
        else _node[~child] = node;
    }

    // Halves all frequencies of a tree and builds it anew from its leaves.
    private void Halve(int start, int end)
    {
        int leaf = start;
        for (int at = start; at < end; at++)
        {
            if (_child[at] < 0)
            {
                _frequency[leaf] = (_frequency[at] + 1) / 2;
                _child[leaf] = _child[at];
                leaf++;
            }

            int block = _block[at];
            if (_head[block] == at) _stock[--_free] = block;
        }

        leaf--;
        int to = end - 1;
        int pair = end - 2;
        while (to >= start)
        {
            while (to >= pair)
            {
                _frequency[to] = _frequency[leaf];
                _child[to] = _child[leaf];
                to--;
                leaf--;
            }

            int sum = _frequency[pair] + _frequency[pair + 1];
            int place = start;
            while (sum < _frequency[place]) place++;
            while (leaf >= place)
            {
                _frequency[to] = _frequency[leaf];
                _child[to] = _child[leaf];
                to--;
                leaf--;
            }

            _frequency[to] = sum;
            _child[to] = pair + 1;
            to--;
            pair -= 2;
        }

        int last = 0;
        int current = 0;
        for (int at = start; at < end; at++)
        {
            Adopt(at);
            if (_frequency[at] == last)
            {
                _block[at] = current;
            }
            else
            {
                _head[current = _block[at] = _stock[_free++]] = at;
                last = _frequency[at];
            }
        }
    }
}
