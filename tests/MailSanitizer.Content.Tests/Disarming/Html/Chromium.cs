using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>One headless Chromium, driven over its debugging pipe; a page is loaded anew for each case, and says whether a script ran.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    // Whatever a page calls to show that it ran; and a hand that touches everything, for what waits for it.
    private const string Marker = """
        for (const name of ['alert', 'confirm', 'prompt', 'print']) Object.defineProperty(window, name, { value: what => { mark(String(what)); return true; }, writable: false });
        """;

    private const string Touch = """
        new Promise(done => {
          const all = [...document.querySelectorAll('*')];
          for (const one of all) {
            for (const type of ['mouseover', 'mouseenter', 'mousemove', 'mousedown', 'focus', 'focusin', 'input', 'change', 'toggle', 'keydown', 'pointerover', 'begin', 'end', 'error', 'load'])
              try { one.dispatchEvent(new Event(type, { bubbles: true, cancelable: true })); } catch { }
            const target = one.href && one.href.baseVal !== undefined ? one.href.baseVal : one.href || one.action || '';
            if (/^[\x00-\x20]*j[\s]*a[\s]*v[\s]*a/i.test(String(target))) try { one.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })); } catch { }
            else if (one.hasAttribute('onclick')) try { one.onclick(new MouseEvent('click')); } catch { }
          }
          setTimeout(done, 60);
        })
        """;

    private readonly Process _process;
    private readonly string _folder;
    private readonly List<string> _marks = [];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly MemoryStream _pending = new();
    private int _id;
    private string _session = "";

    private Chromium(Process process, string folder)
    {
        _process = process;
        _folder = folder;
    }

    public static async Task<Chromium> StartAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/chromium"), "chromium is not installed");
        string folder = Directory.CreateTempSubdirectory("chromium-").FullName;
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"exec /usr/bin/chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions --disable-popup-blocking --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir='{folder}/profile' --remote-debugging-pipe about:blank 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null");
        Chromium browser = new(Process.Start(start)!, folder);
        JsonNode target = await browser.CallAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        JsonNode attached = await browser.CallAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target["targetId"]!.GetValue<string>(), ["flatten"] = true });
        browser._session = attached["sessionId"]!.GetValue<string>();
        await browser.CallAsync("Page.enable", []);
        await browser.CallAsync("Runtime.enable", []);
        await browser.CallAsync("Runtime.addBinding", new JsonObject { ["name"] = "mark" });
        await browser.CallAsync("Page.addScriptToEvaluateOnNewDocument", new JsonObject { ["source"] = Marker });
        return browser;
    }

    /// <summary>Opens a file with this content; what its scripts said.</summary>
    public async Task<IReadOnlyList<string>> OpenAsync(byte[] content, string extension)
    {
        string file = Path.Combine(_folder, $"case-{_id}{extension}");
        await File.WriteAllBytesAsync(file, content, TestContext.Current.CancellationToken);
        _marks.Clear();
        await CallAsync("Page.navigate", new JsonObject { ["url"] = "file://" + file });
        await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = "new Promise(done => { if (document.readyState === 'complete') done(); else { addEventListener('load', done); setTimeout(done, 1500); } })", ["awaitPromise"] = true });
        await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = Touch, ["awaitPromise"] = true });
        return [.. _marks];
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(5));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject parameters)
    {
        int id = ++_id;
        JsonObject call = new() { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session.Length > 0) call["sessionId"] = _session;
        await _process.StandardInput.BaseStream.WriteAsync((byte[])[.. Encoding.UTF8.GetBytes(call.ToJsonString()), 0], TestContext.Current.CancellationToken);
        await _process.StandardInput.BaseStream.FlushAsync(TestContext.Current.CancellationToken);
        while (true)
        {
            JsonNode message = await ReadAsync();
            string? said = message["method"]?.GetValue<string>();
            if (said == "Runtime.bindingCalled") _marks.Add(message["params"]!["payload"]!.GetValue<string>());
            if (said == "Page.javascriptDialogOpening") _marks.Add("dialog");
            if (message["id"]?.GetValue<int>() != id) continue;

            // A page that leaves in the middle of a question ends the question, not the browser.
            if (message["error"] is { } error && !method.StartsWith("Runtime.evaluate", StringComparison.Ordinal)) throw new InvalidOperationException($"{method}: {error}");
            return message["result"] ?? new JsonObject();
        }
    }

    private async Task<JsonNode> ReadAsync()
    {
        while (true)
        {
            byte[] held = _pending.ToArray();
            int end = Array.IndexOf(held, (byte)0);
            if (end >= 0)
            {
                _pending.SetLength(0);
                _pending.Write(held, end + 1, held.Length - end - 1);
                return JsonNode.Parse(held.AsSpan(0, end), documentOptions: new JsonDocumentOptions { MaxDepth = 512 })!;
            }

            int got = await _process.StandardOutput.BaseStream.ReadAsync(_buffer, TestContext.Current.CancellationToken);
            if (got == 0) throw new EndOfStreamException("chromium went away");
            _pending.Write(_buffer, 0, got);
        }
    }
}
