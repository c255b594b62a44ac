using System.Collections.Frozen;
using System.Text;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication;

/// <summary>
/// Senders that this site has verified itself: a text file, one a line, the domain, blanks, and the name to show (UTF-8). <c>#</c> begins a comment. The file is
/// read again when it changes; a broken one never replaces a good one.
/// </summary>
public sealed class VerifiedSenders
{
    // A registry is kept by people (bytes).
    private const int MaximumBytes = 4 * 1024 * 1024;

    private readonly string _path;
    private readonly Lock _lock = new();
    private (DateTime Written, long Length) _seen;
    private FrozenDictionary<string, string> _names;

    /// <summary>Reads the file. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/> (with line) when it cannot be used.</summary>
    public VerifiedSenders(string path)
    {
        _path = path;
        _seen = Look();
        _names = Read(path);
    }

    /// <summary>The last reload that failed, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>The name of the domain, or of the nearest domain above it that is listed; null for others.</summary>
    public (string Domain, string Name)? Find(string domain)
    {
        FrozenDictionary<string, string> names = Current();
        for (string? name = domain; name is not null; name = DomainName.Parent(name))
        {
            if (names.TryGetValue(name, out string? shown)) return (name, shown);
        }

        return null;
    }

    private FrozenDictionary<string, string> Current()
    {
        lock (_lock)
        {
            try
            {
                (DateTime, long) now = Look();
                if (now == _seen) return _names;
                _seen = now;
                _names = Read(_path);
                Problem = null;
            }
            catch (Exception problem) when (problem is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                Problem = problem.Message;
            }

            return _names;
        }
    }

    private (DateTime Written, long Length) Look()
    {
        FileInfo file = new(_path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : throw new FileNotFoundException("registry of verified senders is missing", _path);
    }

    private static FrozenDictionary<string, string> Read(string path)
    {
        if (new FileInfo(path).Length > MaximumBytes) throw new InvalidDataException($"{path}: larger than {MaximumBytes} bytes");
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        int number = 0;
        foreach (string line in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            string text = line.Trim();
            if (text.Length == 0 || text[0] == '#') continue;
            string[] pair = text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (pair.Length != 2 || DomainName.ToAscii(pair[0]) is not { } domain || !domain.Contains('.', StringComparison.Ordinal)) throw new InvalidDataException($"{path}:{number}: expected a domain and a name");
            if (pair[1].Length > 200 || pair[1].Any(char.IsControl)) throw new InvalidDataException($"{path}:{number}: name is too long or has control characters");
            if (!names.TryAdd(domain, pair[1])) throw new InvalidDataException($"{path}:{number}: {domain} stands twice");
        }

        return names.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
