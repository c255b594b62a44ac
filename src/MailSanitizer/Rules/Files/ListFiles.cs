using System.Text;
using MailSanitizer.Rules.Conditions;

namespace MailSanitizer.Rules.Files;

/// <summary>The lists of the folders: the site's overlays the shipped one of the same name. Each is read once for a rule set.</summary>
internal sealed class ListFiles(IReadOnlyList<string> folders) : IListSource
{
    private readonly Dictionary<string, (NamedList? List, string? Error)> _read = new(StringComparer.Ordinal);

    /// <summary>Names and hashes of what was read, for the set's hash.</summary>
    public SortedDictionary<string, string> Hashes { get; } = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Used => _read.Keys;

    public static bool IsName(string text) => text.Length is > 0 and <= 64 && text.All(one => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one) || one == '-');

    public (NamedList? List, string? Error) Get(string name)
    {
        if (_read.TryGetValue(name, out (NamedList?, string?) known)) return known;
        return _read[name] = Load(name);
    }

    private (NamedList?, string?) Load(string name)
    {
        string? path = folders.Reverse().Select(folder => Path.Combine(folder, "lists", name + ".txt")).FirstOrDefault(File.Exists);
        if (path is null)
        {
            string[] known = [.. folders.Select(folder => Path.Combine(folder, "lists")).Where(Directory.Exists).SelectMany(folder => Directory.GetFiles(folder, "*.txt")).Select(file => Path.GetFileNameWithoutExtension(file)!)];
            return (null, $"there is no list '{name}' (lists/{name}.txt){Mail.Nearest.Hint(name, known)}");
        }

        try
        {
            if (new FileInfo(path).Length > NamedList.FileLimit) return (null, $"the list {path} is larger than {NamedList.FileLimit / (1024 * 1024)} MB");
            byte[] bytes = File.ReadAllBytes(path);
            Hashes[name] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
            using StreamReader reader = new(new MemoryStream(bytes), Encoding.UTF8);
            return (NamedList.Read(name, reader), null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, $"the list {path} cannot be read: {failure.Message}");
        }
    }
}
