using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace MailSanitizer.Tests.Authentication;

/// <summary>Debian's dkimpy, as an independent signer and verifier: a list of jobs in, a list of answers out, one process for all.</summary>
internal static class Oracle
{
    private const string Script = """
        import sys, json, base64, dkim
        def run(job):
            message = base64.b64decode(job['message'])
            keys = {k.encode(): v.encode() for k, v in job.get('dns', {}).items()}
            dns = lambda name, timeout=5: keys.get(name.rstrip(b'.'), b'')
            try:
                if job['do'] == 'sign':
                    header, body = job['canon'].encode().split(b'/')
                    return base64.b64encode(dkim.sign(message, job['selector'].encode(), job['domain'].encode(), base64.b64decode(job['key']),
                        canonicalize=(header, body), signature_algorithm=job['algorithm'].encode(), include_headers=[h.encode() for h in job['headers']] if 'headers' in job else None, length=job.get('length', False))).decode()
                if job['do'] == 'verify':
                    d = dkim.DKIM(message)
                    return [bool(d.verify(idx=i, dnsfunc=dns)) for i in range(job.get('count', 1))]
                if job['do'] == 'arc':
                    cv, results, reason = dkim.arc_verify(message, dnsfunc=dns)
                    return cv.decode()
                if job['do'] == 'arc-sign':
                    sets = dkim.arc_sign(message, job['selector'].encode(), job['domain'].encode(), base64.b64decode(job['key']), job['srv'].encode(), signature_algorithm=b'rsa-sha256')
                    return base64.b64encode(b''.join(sets)).decode()
            except Exception as problem:
                return 'error: ' + type(problem).__name__ + ' ' + str(problem)
        json.dump([run(job) for job in json.load(sys.stdin)], sys.stdout)
        """;

    public static bool Exists => File.Exists("/usr/lib/python3/dist-packages/dkim/__init__.py");

    public static JsonArray Run(IEnumerable<JsonObject> jobs)
    {
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(new JsonArray([.. jobs]).ToJsonString());
        process.StandardInput.Close();
        process.WaitForExit();
        return process.ExitCode == 0 ? (JsonArray)JsonNode.Parse(output.Result)! : throw new InvalidOperationException(errors.Result);
    }

    public static JsonObject Sign(byte[] message, TestKey key, string canon, string[]? headers = null, bool length = false)
    {
        JsonObject job = new()
        {
            ["do"] = "sign", ["message"] = Convert.ToBase64String(message), ["selector"] = key.Selector, ["domain"] = key.Domain, ["key"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(key.OracleKey)),
            ["canon"] = canon, ["algorithm"] = key.Algorithm, ["length"] = length,
        };
        if (headers is not null) job["headers"] = new JsonArray([.. headers.Select(name => JsonValue.Create(name))]);
        return job;
    }

    public static JsonObject Verify(byte[] message, int count, params TestKey[] keys) => new() { ["do"] = "verify", ["message"] = Convert.ToBase64String(message), ["count"] = count, ["dns"] = Records(keys) };

    public static JsonObject Arc(byte[] message, params TestKey[] keys) => new() { ["do"] = "arc", ["message"] = Convert.ToBase64String(message), ["dns"] = Records(keys) };

    public static JsonObject Records(params TestKey[] keys)
    {
        JsonObject records = [];
        foreach (TestKey key in keys) records[$"{key.Selector}._domainkey.{key.Domain}"] = key.Record;
        return records;
    }
}
