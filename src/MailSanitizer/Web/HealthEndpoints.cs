using System.Text.Json.Nodes;

namespace MailSanitizer.Web;

/// <summary>What <c>/readyz</c> tells: a name, whether it is well, and a sentence.</summary>
/// <param name="Name">Part of the daemon.</param>
/// <param name="Well">Whether mail can be taken as far as this part goes.</param>
/// <param name="Text">What is the case.</param>
public sealed record ReadyCheck(string Name, bool Well, string Text);

/// <summary>Health and metrics for machines. Loopback by default; nothing of a message is shown here.</summary>
public static class HealthEndpoints
{
    /// <summary>Maps <c>/healthz</c> (the process answers), <c>/readyz</c> (it can take mail; 503 otherwise) and <c>/metrics</c>.</summary>
    public static void Map(IEndpointRouteBuilder routes, Metrics metrics, Func<CancellationToken, Task<IReadOnlyList<ReadyCheck>>> checks)
    {
        routes.MapGet("/healthz", () => Results.Text("ok\n"));
        routes.MapGet("/metrics", () => Results.Text(metrics.Write(), "text/plain; version=0.0.4; charset=utf-8"));
        routes.MapGet("/readyz", async (CancellationToken cancellation) =>
        {
            IReadOnlyList<ReadyCheck> results = await checks(cancellation);
            JsonObject body = new(results.Select(check => KeyValuePair.Create<string, JsonNode?>(check.Name, new JsonObject { ["ok"] = check.Well, ["text"] = check.Text })));
            return Results.Text(body.ToJsonString() + "\n", "application/json", statusCode: results.All(check => check.Well) ? 200 : 503);
        });
    }
}
