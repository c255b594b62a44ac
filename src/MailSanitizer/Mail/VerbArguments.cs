using System.Globalization;
using System.Text.Json.Nodes;

namespace MailSanitizer.Mail;

/// <summary>Reads a verb's arguments; everything wrong is a <see cref="VerbArgumentException"/> that names the argument.</summary>
public static class VerbArguments
{
    /// <summary>A text, or null.</summary>
    public static string? Text(this JsonObject arguments, string name, int max = 1024)
    {
        if (arguments[name] is null) return null;
        if (arguments[name] is not JsonValue value || !value.TryGetValue(out string? text)) throw new VerbArgumentException($"{name} is not a text");
        return text.Length <= max ? text : throw new VerbArgumentException($"{name} has more than {max} characters");
    }

    /// <summary>A text that must be there and say something.</summary>
    public static string RequiredText(this JsonObject arguments, string name, int max = 1024) =>
        arguments.Text(name, max)?.Trim() is { Length: > 0 } text ? text : throw new VerbArgumentException($"{name} is required");

    /// <summary>Texts; empty when absent.</summary>
    public static IReadOnlyList<string> Texts(this JsonObject arguments, string name)
    {
        if (arguments[name] is null) return [];
        if (arguments[name] is not JsonArray list) throw new VerbArgumentException($"{name} is not a list");
        List<string> texts = [];
        foreach (JsonNode? item in list) texts.Add(item is JsonValue value && value.TryGetValue(out string? text) ? text : throw new VerbArgumentException($"{name} holds something that is not a text"));
        return texts;
    }

    /// <summary>A number within bounds.</summary>
    public static int Number(this JsonObject arguments, string name, int otherwise, int min, int max)
    {
        if (arguments[name] is null) return otherwise;
        return arguments[name] is JsonValue value && value.TryGetValue(out int number) && number >= min && number <= max ? number
            : throw new VerbArgumentException($"{name} is not a number from {min} to {max}");
    }

    /// <summary>A switch, off when absent.</summary>
    public static bool Switch(this JsonObject arguments, string name)
    {
        if (arguments[name] is null) return false;
        return arguments[name] is JsonValue value && value.TryGetValue(out bool on) ? on : throw new VerbArgumentException($"{name} is not true or false");
    }

    /// <summary>A message id.</summary>
    public static Guid Id(this JsonObject arguments, string name) =>
        Guid.TryParse(arguments.RequiredText(name), out Guid id) ? id : throw new VerbArgumentException($"{name} is not a message id");

    /// <summary>A time in ISO 8601; without a zone UTC.</summary>
    public static DateTimeOffset? Time(this JsonObject arguments, string name)
    {
        if (arguments.Text(name) is not { } text) return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : throw new VerbArgumentException($"{name} is not a time (2026-11-24 or 2026-11-24T09:00:00Z)");
    }
}
