using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>The JSON files of a message's folder, format version 1. Every reader throws <see cref="InvalidDataException"/> on anything that it would not have written.</summary>
internal static class StoredForms
{
    /// <summary>Format that is written and read.</summary>
    public const int Version = 1;

    /// <summary>Bytes of one JSON file (bytes). Origin: a report of 10,000 parts and 5,000 findings stays below 32 MB. Above it the file is damaged.</summary>
    public const int MaxJson = 64 * 1024 * 1024;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
        MaxDepth = 64,
    };

    public static byte[] Write<T>(T form) => JsonSerializer.SerializeToUtf8Bytes(form, Options);

    public static string WriteText<T>(T form) => JsonSerializer.Serialize(form, Options);

    /// <summary><c>envelope.json</c>.</summary>
    public static EnvelopeForm ReadEnvelope(ReadOnlySpan<byte> json)
    {
        EnvelopeForm form = Read<EnvelopeForm>(json);
        if (form.Version != Version) throw new InvalidDataException($"envelope.json has version {form.Version}, this build reads {Version}");
        Check(form.Envelope);
        Check(form.Handover);
        return form;
    }

    /// <summary><c>state.json</c>.</summary>
    public static StateForm ReadState(ReadOnlySpan<byte> json)
    {
        StateForm form = Read<StateForm>(json);
        if (form.Version != Version) throw new InvalidDataException($"state.json has version {form.Version}, this build reads {Version}");
        return form;
    }

    /// <summary><c>entry.json</c> of the outbox.</summary>
    public static OutboxForm ReadOutbox(ReadOnlySpan<byte> json)
    {
        OutboxForm form = Read<OutboxForm>(json);
        if (form.Version != Version) throw new InvalidDataException($"entry.json has version {form.Version}, this build reads {Version}");
        Check(form.Envelope);
        Check(form.Handover);
        return form;
    }

    /// <summary>An envelope as the index keeps it.</summary>
    public static Envelope ReadEnvelopeRow(string json)
    {
        Envelope envelope = Read<Envelope>(System.Text.Encoding.UTF8.GetBytes(json));
        Check(envelope);
        return envelope;
    }

    /// <summary><c>decision.json</c>: any JSON object.</summary>
    public static JsonObject ReadDecision(ReadOnlySpan<byte> json)
    {
        if (!JsonText.IsReadable(json, maxDepth: 64)) throw new InvalidDataException("decision.json is not JSON");
        try
        {
            JsonNode? node = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
            return node as JsonObject ?? throw new InvalidDataException("decision.json is not an object");
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException("decision.json is not JSON", broken);
        }
    }

    private static T Read<T>(ReadOnlySpan<byte> json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new InvalidDataException($"{typeof(T).Name} is null");
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"{typeof(T).Name} is not what was written", broken);
        }
    }

    // The serialiser honours nullable annotations of what is written, not of list elements and not of constructor parameters that are missing.
    private static void Check(Envelope envelope)
    {
        if (envelope.Recipients.Any(recipient => recipient?.Address is null)) throw new InvalidDataException("the envelope has a recipient without an address");
    }

    private static void Check(Handover? handover)
    {
        if (handover is not null && (handover.Sha256 is null || handover.Recipients is null || handover.Recipients.Any(recipient => recipient is null))) throw new InvalidDataException("the hand-over is not complete");
    }
}

/// <summary><c>envelope.json</c>: what never changes about a stored message.</summary>
internal sealed record EnvelopeForm
{
    public int Version { get; init; } = StoredForms.Version;

    public required Guid Id { get; init; }

    public required DateTimeOffset StoredAt { get; init; }

    public required Envelope Envelope { get; init; }

    public required string Sha256 { get; init; }

    public required long Size { get; init; }

    public string? CleanedSha256 { get; init; }

    public string? Correspondence { get; init; }

    public IReadOnlyList<string> Reasons { get; init; } = [];

    public Handover? Handover { get; init; }
}

/// <summary><c>state.json</c>: what changes, without a word of who wrote to whom, so that it can stay when the key is gone.</summary>
internal sealed record StateForm
{
    public int Version { get; init; } = StoredForms.Version;

    public required Guid Id { get; init; }

    public required StoredState State { get; init; }

    public required DateTimeOffset StoredAt { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    public bool DecidedOn { get; init; }

    public IReadOnlyList<string> ReleasedTo { get; init; } = [];
}

/// <summary><c>entry.json</c> of an outbox folder.</summary>
internal sealed record OutboxForm
{
    public int Version { get; init; } = StoredForms.Version;

    public required string Key { get; init; }

    public required Guid MessageId { get; init; }

    public required string Purpose { get; init; }

    public required Envelope Envelope { get; init; }

    public bool SenderVouched { get; init; }

    public bool ContentIsSenders { get; init; }

    public required DateTimeOffset EnqueuedAt { get; init; }

    public required string Sha256 { get; init; }

    public Handover? Handover { get; init; }
}
