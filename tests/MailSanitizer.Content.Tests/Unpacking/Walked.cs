using System.Diagnostics;

namespace MailSanitizer.Content.Tests.Unpacking;

/// <summary>What one handler did with one part: children in order with their bytes, and findings. Children are not walked.</summary>
internal sealed class Walked : IWalkContext
{
    public List<(ChildDescription Description, byte[] Bytes, ChildResult Result)> Children { get; } = [];

    public List<(FindingKind Kind, string Location, string Detail)> Findings { get; } = [];

    public List<(Password Password, string Location)> Unlocked { get; } = [];

    public Limits Limits { get; init; } = Limits.Default;

    public CancellationToken Cancellation { get; init; }

    public IReadOnlyList<Password> Passwords { get; init; } = [];

    /// <summary>Bytes a child may have; more is cut.</summary>
    public long ChildBytes { get; init; } = 64 * 1024 * 1024;

    public TimeSpan Guessed { get; private set; }

    public TimeSpan GuessingAllowed { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Names and bytes of what was handed over, alternative readings left out.</summary>
    public IEnumerable<(string Name, byte[] Bytes)> Files => Children.Where(child => !child.Description.AlternativeReading).Select(child => (child.Description.Names.Count > 0 ? child.Description.Names[0].Text : "", child.Bytes));

    public IEnumerable<string> Kinds => Findings.Select(finding => finding.Kind.Id);

    public static Walked Do(IPartHandler handler, byte[] bytes, string name = "", Walked? context = null, string? format = null)
    {
        context ??= new Walked();
        using MemoryPartBytes content = new(bytes);
        handler.Walk(PartOf(content, name, format ?? handler.Formats.First()), context);
        return context;
    }

    public static Part PartOf(PartBytes bytes, string name, string format) =>
        new("part", null, new ChildDescription(name.Length == 0 ? [] : [new PartName("filename", name)]), bytes) { Format = format, Formats = new HashSet<string>(StringComparer.Ordinal) { format } };

    public void Report(FindingKind kind, string location = "", string detail = "", ReadOnlySpan<byte> removed = default) => Findings.Add((kind, location, detail));

    public ChildResult Child(ChildDescription description, Stream content)
    {
        MemoryStream taken = new();
        byte[] buffer = new byte[16384];
        ChildResult result = ChildResult.Complete;
        try
        {
            for (int got; (got = content.Read(buffer, 0, buffer.Length)) > 0;)
            {
                taken.Write(buffer, 0, got);
                if (taken.Length > ChildBytes)
                {
                    result = ChildResult.Cut;
                    break;
                }
            }
        }
        catch (InvalidDataException)
        {
            result = ChildResult.Broken;
        }

        Children.Add((description, taken.ToArray(), result));
        return result;
    }

    public void Link(string url, string source, string text = "")
    {
    }

    public bool ChargeGuessing(TimeSpan cpu)
    {
        Guessed += cpu;
        return Guessed <= GuessingAllowed;
    }

    public void Opened(Password password, string location = "") => Unlocked.Add((password, location));
}

/// <summary>A rebuild of one part, where a test says what becomes of each child.</summary>
internal sealed class Rebuilt : IRebuildContext, IPartOutput
{
    private readonly MemoryStream _written = new();
    private PartBytes _original = new MemoryPartBytes(Array.Empty<byte>());

    public Func<ChildDescription, ChildDecision> Decide { get; init; } = _ => ChildDecision.Keep;

    public Func<FindingKind, bool> Takes { get; init; } = _ => false;

    public bool OpensAll { get; init; }

    public List<(FindingKind Kind, string Location, string Done)> DoneList { get; } = [];

    public List<ChildDescription> Asked { get; } = [];

    public Limits Limits { get; init; } = Limits.Default;

    public CancellationToken Cancellation => default;

    public IReadOnlyList<Password> Passwords { get; init; } = [];

    public string Repack { get; init; } = "locked";

    public RebuildOutcome Outcome { get; private set; } = RebuildOutcome.Unchanged;

    public byte[] Bytes => _written.ToArray();

    public long Copied { get; private set; }

    public static Rebuilt Do(IPartHandler handler, byte[] bytes, string name, Rebuilt context, string? format = null)
    {
        using MemoryPartBytes content = new(bytes);
        context._original = content;
        context.Outcome = handler.Rebuild(Walked.PartOf(content, name, format ?? handler.Formats.First()), context, context);
        return context;
    }

    /// <summary>Replaces the child of that name.</summary>
    public static Func<ChildDescription, ChildDecision> Replace(string name, byte[] bytes, string? newName = null) => description =>
        description.Names.Any(one => one.Text == name) ? new ChildDecision(ChildDecisionKind.Replace, new MemoryPartBytes(bytes), newName) : ChildDecision.Keep;

    public bool Removes(FindingKind kind) => Takes(kind);

    public ChildDecision Child(ChildDescription description, Func<Stream> open)
    {
        Asked.Add(description);
        ChildDecision decision = Decide(description);
        if (OpensAll || decision.Kind == ChildDecisionKind.Replace)
        {
            using Stream content = open();
            content.CopyTo(Stream.Null);
        }

        return decision;
    }

    public void Done(FindingKind kind, string location, string done) => DoneList.Add((kind, location, done));

    public void Copy(long offset, long length)
    {
        Copied += length;
        using Stream range = _original.OpenRead(offset, length);
        Assert.Equal(length, range.Length);
        range.CopyTo(_written);
    }

    public void Write(ReadOnlySpan<byte> bytes) => _written.Write(bytes);
}

/// <summary>Runs the tools that make archives and read them back, in an own folder.</summary>
internal sealed class Workshop : IDisposable
{
    public Workshop() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "unpacking-" + Guid.NewGuid().ToString("N"));

    public string this[string name] => Path.Combine(Folder, name);

    public static string Suites => Environment.GetEnvironmentVariable("MAILSANITIZER_SUITES") ?? Find("shared/suites");

    public static byte[] Suite(string path)
    {
        string file = Path.Combine(Suites, path);
        Assert.SkipUnless(File.Exists(file), $"{path} is not among the suites");
        return File.ReadAllBytes(file);
    }

    public static byte[] ClamAv(string name)
    {
        string file = Path.Combine("/usr/share/clamav-testfiles", name);
        Assert.SkipUnless(File.Exists(file), "the package clamav-testfiles is not installed");
        return File.ReadAllBytes(file);
    }

    public byte[] Read(string name) => File.ReadAllBytes(this[name]);

    public Workshop Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], bytes);
        return this;
    }

    /// <summary>Runs a shell command in the folder; skips the test when its tool is missing, fails when it fails.</summary>
    public string Run(string tool, string arguments, bool mayFail = false)
    {
        Assert.SkipUnless(new[] { "/usr/bin", "/bin", "/usr/sbin" }.Any(folder => File.Exists(Path.Combine(folder, tool))), $"{tool} is not installed");
        ProcessStartInfo start = new("/bin/sh") { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"{tool} {arguments}");
        start.Environment["LC_ALL"] = "C.UTF-8";
        using Process process = Process.Start(start)!;
        process.StandardError.ReadToEndAsync().ContinueWith(_ => { }, TaskScheduler.Default);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(mayFail || process.ExitCode == 0, $"{tool} {arguments}: {process.ExitCode} {output}");
        return output;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Find(string below)
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string candidate = Path.Combine(Path.GetDirectoryName(folder) ?? "/", below);
            if (Directory.Exists(candidate)) return candidate;
        }

        return below;
    }
}

/// <summary>Content for archives.</summary>
internal static class Sample
{
    public static byte[] Text { get; } = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(line => $"行 {line * 7919 % 10007}: the quick brown fox\r\n")));

    public static byte[] Noise { get; } = Make(70_000);

    public static byte[] Runs { get; } = [.. new byte[40_000], .. Enumerable.Repeat((byte)'a', 100_000), .. new byte[9]];

    /// <summary>The three of them and an empty file.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Files { get; } = [("text.txt", Text), ("noise.bin", Noise), ("runs.dat", Runs), ("empty", [])];

    public static byte[] Make(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
