using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MailSanitizer.Tests.Servers;

/// <summary>
/// A sandbox that speaks CAPE's published interface (apiv2) and cannot be installed here: it takes files, keeps them in states as slowly as it is told, reports a
/// score, and fails as CAPE does (an error object, a failed analysis, an unknown task, 5xx, no answer).
/// </summary>
public sealed class CapeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<long, int> _polls = new();
    private long _task;

    private CapeServer(int port)
    {
        Port = port;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        _app = builder.Build();
        _app.Use(async (context, next) =>
        {
            if (Token is { } token && context.Request.Headers.Authorization != $"Token {token}") context.Response.StatusCode = 401;
            else if (Status != 200) context.Response.StatusCode = Status;
            else if (Stalls) await Task.Delay(Timeout.Infinite, context.RequestAborted);
            else await next(context);
        });
        _app.MapGet("/apiv2/cuckoo/status/", () => Results.Json(new { error = false, data = new { version = Version } }));
        _app.MapPost("/apiv2/tasks/create/file/", async (HttpRequest request) =>
        {
            IFormCollection form = await request.ReadFormAsync();
            IFormFile file = form.Files.Single();
            using MemoryStream content = new();
            await file.CopyToAsync(content);
            Taken.Enqueue((file.FileName, content.ToArray(), form["tags"].ToString()));
            return RefusesFiles ? Results.Json(new { error = true, error_value = "Task creation failed" }) : Results.Json(new { error = false, data = new { task_ids = new[] { Interlocked.Increment(ref _task) } } });
        });
        _app.MapGet("/apiv2/tasks/status/{id:long}/", (long id) =>
        {
            if (id > _task || Forgets) return Results.Json(new { error = true, error_value = "Task not found" });
            int polls = _polls.AddOrUpdate(id, 1, (_, before) => before + 1);
            return Results.Json(new { error = false, data = Fails ? "failed_analysis" : Holds || polls <= PollsUntilReported ? polls == 1 ? "pending" : "running" : "reported" });
        });
        _app.MapGet("/apiv2/tasks/get/report/{id:long}/json/", (long id) => Results.Text(Report, "application/json"));
    }

    public int Port { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"cape+http://127.0.0.1:{Port}");

    /// <summary>Files that were handed over.</summary>
    public ConcurrentQueue<(string Name, byte[] Content, string Tags)> Taken { get; } = new();

    public string Report { get; set; } = """{ "info": { "version": "2.4", "score": 0.4 }, "malscore": 0.4, "signatures": [] }""";

    public string Version { get; set; } = "2.4";

    public string? Token { get; set; }

    public int Status { get; set; } = 200;

    public bool Stalls { get; set; }

    public bool RefusesFiles { get; set; }

    public bool Fails { get; set; }

    public bool Forgets { get; set; }

    public bool Holds { get; set; }

    public int PollsUntilReported { get; set; } = 1;

    public static async Task<CapeServer> StartAsync()
    {
        CapeServer server = new(FreePort.Take());
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
