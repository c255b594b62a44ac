using System.Text.Json;
using Dapper;

namespace MailSanitizer.Storage;

/// <summary>A row of the index as SQLite gives it.</summary>
internal sealed class MessageRow
{
    public const string Columns = "m.id, m.state, m.stored_at AS StoredAt, m.due_at AS DueAt, m.sha256, m.reasons, m.envelope, m.correspondence, m.size, m.decided, (SELECT json_group_array(recipient) FROM released WHERE message = m.id) AS Released";

    public string Id { get; set; } = "";

    public string State { get; set; } = "";

    public long StoredAt { get; set; }

    public long? DueAt { get; set; }

    public string Sha256 { get; set; } = "";

    public string Reasons { get; set; } = "";

    public string Envelope { get; set; } = "";

    public string? Correspondence { get; set; }

    public long Size { get; set; }

    public long Decided { get; set; }

    public string Released { get; set; } = "[]";

    public StoredMessage ToMessage() => new()
    {
        Id = Guid.ParseExact(Id, "N"),
        State = StateWord.Read(State),
        StoredAt = DateTimeOffset.FromUnixTimeMilliseconds(StoredAt),
        DueAt = DueAt is { } due ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null,
        Reasons = JsonSerializer.Deserialize<string[]>(Reasons) ?? [],
        Envelope = StoredForms.ReadEnvelopeRow(Envelope),
        Correspondence = Correspondence,
        Size = Size,
        DecidedOn = Decided != 0,
        Sha256 = Sha256,
        ReleasedTo = JsonSerializer.Deserialize<string[]>(Released) ?? [],
    };

    /// <summary>The WHERE clause of a query, values bound.</summary>
    public static (string Text, DynamicParameters Values) Where(StoreQuery query)
    {
        List<string> tests = [];
        DynamicParameters values = new(new { take = Math.Max(0, query.Take), skip = Math.Max(0, query.Skip) });
        void Test(bool wanted, string test, string name, object? value)
        {
            if (!wanted) return;
            tests.Add(test);
            values.Add(name, value);
        }

        Test(query.States.Count > 0, "m.state IN @states", "states", query.States.Select(StateWord.Of).ToArray());
        Test(query.DueBefore is not null, "m.due_at <= @due", "due", query.DueBefore?.ToUnixTimeMilliseconds());
        Test(query.Correspondence is not null, "m.correspondence = @correspondence", "correspondence", query.Correspondence);
        Test(query.Since is not null, "m.stored_at >= @since", "since", query.Since?.ToUnixTimeMilliseconds());
        Test(query.Until is not null, "m.stored_at < @until", "until", query.Until?.ToUnixTimeMilliseconds());
        Test(query.Reason is not null, "m.id IN (SELECT message FROM reasons WHERE reason = @reason)", "reason", query.Reason);
        Test(query.DecidedOn is not null, "m.decided = @decided", "decided", query.DecidedOn);
        // instr, not LIKE: an address may hold % and _.
        Test(query.Address is not null, "m.id IN (SELECT message FROM addresses WHERE instr(address, @address) > 0)", "address", AddressKey.Of(query.Address ?? ""));
        return (tests.Count == 0 ? "" : $"WHERE {string.Join(" AND ", tests)}", values);
    }
}
