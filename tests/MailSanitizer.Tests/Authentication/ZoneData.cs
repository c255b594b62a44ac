using System.Text;
using YamlDotNet.RepresentationModel;

namespace MailSanitizer.Tests.Authentication;

/// <summary>Zone data of the suites, as a root zone for nsd.</summary>
internal sealed class ZoneData
{
    private readonly StringBuilder _zone = new("$ORIGIN .\n$TTL 60\n@ SOA ns. hostmaster. 1 3600 600 86400 60\n@ NS ns.\nns. A 127.0.0.1\n");

    /// <summary>Names at which every kind that has no record gets no answer.</summary>
    public HashSet<string> TimeOuts { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Kinds that have a record at such a name.</summary>
    public HashSet<(string Name, int Type)> Answered { get; } = [];

    public string Zone => _zone.ToString();

    public void Add(string name, string type, string value)
    {
        _zone.Append(Name(name)).Append(' ').Append(type).Append(' ').Append(value).Append('\n');
    }

    public void AddText(string name, params string[] strings) => Add(name, "TXT", Text(strings));

    /// <summary>The SPF suite's form: a list of one-entry maps a name; SPF stands for TXT unless the name has TXT of its own.</summary>
    public static ZoneData OfSpfSuite(YamlMappingNode data)
    {
        ZoneData zone = new();
        foreach ((YamlNode key, YamlNode value) in data.Children)
        {
            string name = ((YamlScalarNode)key).Value!.TrimEnd('.');
            bool hasText = ((YamlSequenceNode)value).OfType<YamlMappingNode>().Any(entry => entry.Node("TXT") is not null);
            foreach (YamlNode entry in (YamlSequenceNode)value)
            {
                if (entry is YamlScalarNode)
                {
                    zone.TimeOuts.Add(name);
                    continue;
                }

                (YamlNode type, YamlNode record) = ((YamlMappingNode)entry).Children.Single();
                zone.AddRecord(name, ((YamlScalarNode)type).Value!, record, hasText);
            }
        }

        return zone;
    }

    /// <summary>The ARC suite's form: a map of names to texts.</summary>
    public static ZoneData OfArcSuite(YamlMappingNode data)
    {
        ZoneData zone = new();
        foreach ((YamlNode key, YamlNode value) in data.Children) zone.AddText(((YamlScalarNode)key).Value!, ((YamlScalarNode)value).Value!);
        return zone;
    }

    private void AddRecord(string name, string type, YamlNode record, bool hasText)
    {
        switch (type)
        {
            case "SPF" when hasText:
                return;
            case "TXT" or "SPF":
                if (record is YamlScalarNode { Value: "NONE" }) return;
                AddText(name, record is YamlSequenceNode list ? [.. list.Select(one => ((YamlScalarNode)one).Value!)] : [((YamlScalarNode)record).Value!]);
                Answered.Add((name.ToLowerInvariant(), 16));
                return;
            case "MX":
                YamlSequenceNode pair = (YamlSequenceNode)record;
                Add(name, "MX", $"{((YamlScalarNode)pair[0]).Value} {Name(((YamlScalarNode)pair[1]).Value!)}");
                Answered.Add((name.ToLowerInvariant(), 15));
                return;
            default:
                string value = ((YamlScalarNode)record).Value!;
                Add(name, type, type is "PTR" or "CNAME" ? Name(value) : value);
                Answered.Add((name.ToLowerInvariant(), type switch { "A" => 1, "AAAA" => 28, "PTR" => 12, _ => 5 }));
                return;
        }
    }

    private static string Name(string name)
    {
        if (name.Length == 0) return ".";
        StringBuilder text = new();
        foreach (char one in name.TrimEnd('.'))
        {
            if (char.IsAsciiLetterOrDigit(one) || one is '.' or '-' or '_') text.Append(one);
            else text.Append('\\').Append($"{(int)one:D3}");
        }

        return text.Append('.').ToString();
    }

    private static string Text(string[] strings)
    {
        StringBuilder text = new();
        foreach (string one in strings.DefaultIfEmpty(""))
        {
            foreach (char[] piece in one.Length == 0 ? [[]] : one.Chunk(255))
            {
                text.Append('"');
                foreach (char character in piece)
                {
                    if (character is >= ' ' and <= '~' and not '"' and not '\\') text.Append(character);
                    else text.Append('\\').Append($"{character & 0xFF:D3}");
                }

                text.Append("\" ");
            }
        }

        return text.ToString();
    }
}
