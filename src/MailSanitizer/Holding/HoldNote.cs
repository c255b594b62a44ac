using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MailSanitizer.Mail;

namespace MailSanitizer.Holding;

/// <summary>A part that waits.</summary>
/// <param name="Path">Its path in the original.</param>
/// <param name="Name">The name its reader sees, as the sender chose it.</param>
public sealed record WaitingPart(string Path, string Name);

/// <summary>What is kept beside a held message, so that it can be decided again as if it had just come: the order, and everything that was true on arrival.</summary>
public sealed record HoldNote
{
    /// <summary>Form that is written and read.</summary>
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower), new AddressConverter() },
        MaxDepth = 32,
    };

    /// <summary>Version of the form.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>What it waits for, and how long.</summary>
    public required HoldOrder Order { get; init; }

    /// <summary>The sender's key.</summary>
    public required string Sender { get; init; }

    /// <summary>Who sent it, as it was judged on arrival.</summary>
    public required AuthenticationFacts Authentication { get; init; }

    /// <summary>The door it came in by.</summary>
    public required ListenerFacts Listener { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>It had a bare CR or LF.</summary>
    public bool HasBareCrOrLf { get; init; }

    /// <summary>Parts that were locked when it came; after it went on with a notice, the parts that wait.</summary>
    public IReadOnlyList<WaitingPart> Parts { get; init; } = [];

    /// <summary>Passwords that each recipient told so far (count).</summary>
    public IReadOnlyDictionary<string, int> Told { get; init; } = new Dictionary<string, int>();

    /// <summary>For each recipient, the number of the last candidates that were tried.</summary>
    public IReadOnlyDictionary<string, long> Tried { get; init; } = new Dictionary<string, long>();

    /// <summary>As JSON.</summary>
    public JsonObject Write() => (JsonObject)JsonSerializer.SerializeToNode(this, Options)!;

    /// <summary>Reads it. Throws <see cref="InvalidDataException"/> on anything that was not written here.</summary>
    public static HoldNote Read(JsonObject? json)
    {
        try
        {
            HoldNote note = json.Deserialize<HoldNote>(Options) ?? throw new InvalidDataException("a held message without its note");
            return note.Version == CurrentVersion ? note : throw new InvalidDataException($"the note of a held message has version {note.Version}, this build reads {CurrentVersion}");
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException("the note of a held message is not what was written", broken);
        }
    }

    private sealed class AddressConverter : JsonConverter<IPAddress>
    {
        public override IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            IPAddress.TryParse(reader.GetString(), out IPAddress? address) ? address : throw new JsonException("no address");

        public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
