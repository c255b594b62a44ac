using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MailSanitizer.Control;

/// <summary>One request: a verb with its arguments.</summary>
/// <param name="Verb"><c>quarantine.list</c>, …</param>
/// <param name="Actor">Name of the person.</param>
/// <param name="Arguments">The verb's own.</param>
public sealed record ControlRequest(string Verb, string Actor, JsonObject Arguments)
{
    /// <summary>Bytes of one request line. Origin: product decision; a release to 10,000 recipients stays below. Above it the connection is closed.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>One line with its end.</summary>
    public byte[] ToLine() => Encoding.UTF8.GetBytes(new JsonObject { ["v"] = 1, ["verb"] = Verb, ["actor"] = Actor, ["arguments"] = Arguments.DeepClone() }.ToJsonString() + "\n");

    /// <summary>Reads a line; null when it is no request.</summary>
    public static ControlRequest? Read(ReadOnlySpan<byte> line)
    {
        if (!Mail.JsonText.IsReadable(line, maxDepth: 16)) return null;
        try
        {
            return JsonNode.Parse(line, documentOptions: new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false }) is JsonObject request
                && request["v"] is JsonValue version && version.TryGetValue(out int number) && number == 1
                && request["verb"] is JsonValue verb && verb.TryGetValue(out string? name) && name is { Length: > 0 and <= 64 }
                && request["actor"] is JsonValue actor && actor.TryGetValue(out string? who) && who is { Length: > 0 and <= 256 }
                && request["arguments"] is JsonObject arguments ? new ControlRequest(name, who, (JsonObject)arguments.DeepClone()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal static class ControlReplies
{
    public static byte[] ToLine(this Mail.VerbReply reply) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["v"] = 1,
        ["ok"] = reply.Ok,
        ["exit"] = reply.ExitCode,
        ["error"] = reply.Error,
        ["result"] = reply.Result.DeepClone(),
        ["content_bytes"] = reply.Content?.Length,
    }.ToJsonString() + "\n");
}
