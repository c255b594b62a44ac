using MailSanitizer.Content;
using MailSanitizer.Content.Unpacking.Compressed;
using MailSanitizer.Content.Unpacking.Tar;

namespace MailSanitizer.Fuzz;

/// <summary>Every archive reader: any bytes end in children and findings, within the limits, and a rebuild ends in an outcome.</summary>
public static class ArchivesFuzz
{
    public static FuzzTarget Tar { get; } = ArchiveFuzzing.Target("tar-reader", new TarHandler(), FuzzSeeds.Tar());

    public static FuzzTarget Gzip { get; } = ArchiveFuzzing.Target("gzip-reader", new GzipHandler(), FuzzSeeds.Gzip());
}

/// <summary>Drives a handler through a walk and a rebuild.</summary>
internal static class ArchiveFuzzing
{
    public static FuzzTarget Target(string name, IPartHandler handler, params byte[][] seeds) => new(name, seeds, input =>
    {
        using MemoryPartBytes bytes = new(input);
        Part part = new("part", null, new ChildDescription(new PartName("filename", "a.bin")), bytes) { Format = handler.Formats.First() };
        FuzzContext context = new();
        handler.Walk(part, context);
        handler.Rebuild(part, context, context);
    });

    private sealed class FuzzContext : IWalkContext, IRebuildContext, IPartOutput
    {
        private const long Allowed = 8 * 1024 * 1024;

        private long _total;

        public Limits Limits { get; } = Limits.Default with { ArchiveEntries = 500, DictionaryBytes = 1024 * 1024 };

        public CancellationToken Cancellation => default;

        public IReadOnlyList<Password> Passwords { get; } = [new("test", "message")];

        public string Repack => "open";

        public void Report(FindingKind kind, string location = "", string detail = "", ReadOnlySpan<byte> removed = default) => ArgumentNullException.ThrowIfNull(location);

        public ChildResult Child(ChildDescription description, Stream content)
        {
            try
            {
                return Read(content) ? ChildResult.Complete : ChildResult.Stop;
            }
            catch (InvalidDataException)
            {
                return ChildResult.Broken;
            }
        }

        public ChildDecision Child(ChildDescription description, Func<Stream> open)
        {
            try
            {
                using Stream content = open();
                _ = Read(content);
            }
            catch (InvalidDataException)
            {
                return ChildDecision.Keep;
            }

            return description.Names.Count > 0 && description.Names[0].Text.Contains('a', StringComparison.Ordinal)
                ? new ChildDecision(ChildDecisionKind.Replace, new MemoryPartBytes(new byte[] { 1, 2, 3 }), "n.txt")
                : ChildDecision.Keep;
        }

        public void Link(string url, string source, string text = "")
        {
        }

        public bool ChargeGuessing(TimeSpan cpu) => true;

        public void Opened(Password password, string location = "")
        {
        }

        public bool Removes(FindingKind kind) => true;

        public void Done(FindingKind kind, string location, string done)
        {
        }

        public void Copy(long offset, long length) => ArgumentOutOfRangeException.ThrowIfNegative(length);

        public void Write(ReadOnlySpan<byte> bytes)
        {
        }

        private bool Read(Stream content)
        {
            byte[] buffer = new byte[16384];
            for (int got; _total < Allowed && (got = content.Read(buffer, 0, buffer.Length)) > 0;) _total += got;
            return _total < Allowed;
        }
    }
}
