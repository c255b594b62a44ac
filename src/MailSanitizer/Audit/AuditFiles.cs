using System.Globalization;

namespace MailSanitizer.Audit;

/// <summary>Names of the audit's files: <c>000000000001-20261124.jsonl</c>, the first sequence number and the day, so that their order by name is their order.</summary>
internal static class AuditFiles
{
    public const string Head = "head.json";
    public const string Anchors = "retired.jsonl";
    public static readonly string Zero = new('0', 64);

    public static string NameOf(long firstSeq, DateTimeOffset day) => string.Create(CultureInfo.InvariantCulture, $"{firstSeq:D12}-{day.UtcDateTime:yyyyMMdd}.jsonl");

    /// <summary>First sequence number by name, or null for another file.</summary>
    public static long? FirstSeqOf(string path)
    {
        string name = Path.GetFileName(path);
        return name.Length == 27 && name[12] == '-' && name.EndsWith(".jsonl", StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, 12), NumberStyles.None, CultureInfo.InvariantCulture, out long seq) ? seq : null;
    }

    /// <summary>All files, in order.</summary>
    public static List<string> In(string folder) => !Directory.Exists(folder) ? [] :
        [.. Directory.EnumerateFiles(folder, "*.jsonl").Where(path => FirstSeqOf(path) is not null).OrderBy(path => Path.GetFileName(path), StringComparer.Ordinal)];
}

/// <summary>Reads a file line by line, each with its place; a line may be as long as the record limit and more. The last one may lack its end.</summary>
internal sealed class AuditLines(Stream stream, long offset = 0) : IDisposable
{
    /// <summary>A line that is longer is not one of ours (bytes).</summary>
    public const int MaxLine = 16 * 1024 * 1024;

    private byte[] _buffer = new byte[256 * 1024];
    private int _from;
    private int _to;
    private bool _ended;

    /// <summary>Where the current line starts.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>Length of the current line with its end.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the current line has its LF.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The current line, without LF; valid until the next call of <see cref="Next"/>.</summary>
    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_from - Length, IsWhole ? Length - 1 : Length);

    public bool Next()
    {
        Offset += Length;
        Length = 0;
        int searched = _from;
        while (true)
        {
            int at = _buffer.AsSpan(searched, _to - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                Length = searched + at + 1 - _from;
                _from += Length;
                IsWhole = true;
                return true;
            }

            searched = _to;
            if (_ended || _to - _from >= MaxLine)
            {
                if (_to == _from) return false;
                Length = _to - _from;
                _from = _to;
                IsWhole = false;
                return true;
            }

            searched -= MakeRoom();
            int got = stream.Read(_buffer, _to, _buffer.Length - _to);
            if (got == 0) _ended = true;
            _to += got;
        }
    }

    public void Dispose() => stream.Dispose();

    // Returns by how much the content moved to the front.
    private int MakeRoom()
    {
        if (_to < _buffer.Length) return 0;
        int moved = _from;
        if (moved > 0)
        {
            _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
            _to -= moved;
            _from = 0;
            return moved;
        }

        Array.Resize(ref _buffer, _buffer.Length * 2);
        return 0;
    }
}
