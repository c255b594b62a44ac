using MailSanitizer.Content;
using MailSanitizer.Content.Unpacking.Ace;
using MailSanitizer.Content.Unpacking.Arj;
using MailSanitizer.Content.Unpacking.Cab;
using MailSanitizer.Content.Unpacking.Cms;
using MailSanitizer.Content.Unpacking.Compressed;
using MailSanitizer.Content.Unpacking.Cpio;
using MailSanitizer.Content.Unpacking.Encodings;
using MailSanitizer.Content.Unpacking.Iso;
using MailSanitizer.Content.Unpacking.Lzh;
using MailSanitizer.Content.Unpacking.Mbox;
using MailSanitizer.Content.Unpacking.Msg;
using MailSanitizer.Content.Unpacking.Pgp;
using MailSanitizer.Content.Unpacking.Rar;
using MailSanitizer.Content.Unpacking.SelfExtracting;
using MailSanitizer.Content.Unpacking.SevenZip;
using MailSanitizer.Content.Unpacking.Tar;
using MailSanitizer.Content.Unpacking.Tnef;

namespace MailSanitizer.Fuzz;

/// <summary>Every archive reader: any bytes end in children and findings, within the limits, and a rebuild ends in an outcome.</summary>
public static class ArchivesFuzz
{
    public static FuzzTarget Tar { get; } = ArchiveFuzzing.Target("tar-reader", new TarHandler(), FuzzSeeds.Tar());

    public static FuzzTarget Gzip { get; } = ArchiveFuzzing.Target("gzip-reader", new GzipHandler(), FuzzSeeds.Gzip());

    public static FuzzTarget Bzip2 { get; } = ArchiveFuzzing.Target("bzip2-reader", new PackedStreamHandler(), "bz2", ArchiveSeeds.Bzip2);

    public static FuzzTarget Xz { get; } = ArchiveFuzzing.Target("xz-reader", new PackedStreamHandler(), "xz", ArchiveSeeds.Xz);

    public static FuzzTarget Zstandard { get; } = ArchiveFuzzing.Target("zstd-reader", new PackedStreamHandler(), "zst", ArchiveSeeds.Zstandard);

    public static FuzzTarget Lzma { get; } = ArchiveFuzzing.Target("lzma-reader", new PackedStreamHandler(), "lzma", ArchiveSeeds.Lzma);

    public static FuzzTarget Compress { get; } = ArchiveFuzzing.Target("compress-reader", new PackedStreamHandler(), "z", ArchiveSeeds.Compress);

    public static FuzzTarget SevenZip { get; } = ArchiveFuzzing.Target("7z-reader", new SevenZipHandler(), ArchiveSeeds.SevenZip, ArchiveSeeds.SevenZipLocked);

    public static FuzzTarget Rar { get; } = ArchiveFuzzing.Target("rar-reader", new RarHandler(), FuzzSeeds.Rar());

    public static FuzzTarget Lzh { get; } = ArchiveFuzzing.Target("lzh-reader", new LzhHandler(), ArchiveSeeds.Lzh);

    public static FuzzTarget Cab { get; } = ArchiveFuzzing.Target("cab-reader", new CabHandler(), ArchiveSeeds.CabMszip, ArchiveSeeds.CabLzx, ArchiveSeeds.CabQuantum);

    public static FuzzTarget Iso { get; } = ArchiveFuzzing.Target("iso-reader", new IsoHandler(), ArchiveSeeds.Iso);

    public static FuzzTarget Cpio { get; } = ArchiveFuzzing.Target("cpio-reader", new CpioHandler(), ArchiveSeeds.CpioNew, ArchiveSeeds.CpioOdc, ArchiveSeeds.CpioBinary);

    public static FuzzTarget Arj { get; } = ArchiveFuzzing.Target("arj-reader", new ArjHandler(), ArchiveSeeds.Arj, ArchiveSeeds.ArjLocked);

    public static FuzzTarget Ace { get; } = ArchiveFuzzing.Target("ace-reader", new AceHandler(), FuzzSeeds.Ace());

    public static FuzzTarget Tnef { get; } = ArchiveFuzzing.Target("tnef-reader", new TnefHandler(), ArchiveSeeds.Tnef);

    public static FuzzTarget Msg { get; } = ArchiveFuzzing.Target("msg-reader", new MsgHandler(), FuzzSeeds.Msg());

    public static FuzzTarget Mbox { get; } = ArchiveFuzzing.Target("mbox-reader", new MboxHandler(), "From a@b\nSubject: a\n\ntext\n\nFrom c@d\n\ntext\n"u8.ToArray());

    public static FuzzTarget Uuencode { get; } = ArchiveFuzzing.Target("uuencode-reader", new UuHandler(), "begin 644 a.txt\n#86)C\n`\nend\nbegin-base64 644 b\nYWJj\n====\n"u8.ToArray());

    public static FuzzTarget Yenc { get; } = ArchiveFuzzing.Target("yenc-reader", new YencHandler(), "=ybegin line=128 size=3 name=a\r\n\x8B\x8C=\x4D\r\n=yend size=3 crc32=00000000\r\n"u8.ToArray());

    public static FuzzTarget BinHex { get; } = ArchiveFuzzing.Target("binhex-reader", new BinHexHandler(), "(This file must be converted with BinHex 4.0)\n\n:#hGPBR9dD@acAh\"X!$mr2cmr2cmr!!!!!!!#3!!!!!!\"YF!:\n"u8.ToArray());

    public static FuzzTarget Apple { get; } = ArchiveFuzzing.Target("apple-reader", new AppleHandler(), [0, 5, 0x16, 0, 0, 2, 0, 0, .. new byte[16], 0, 2, 0, 0, 0, 3, 0, 0, 0, 50, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 51, 0, 0, 0, 3, (byte)'a', 1, 2, 3]);

    public static FuzzTarget Cms { get; } = ArchiveFuzzing.Target("cms-reader", new CmsHandler(), ArchiveSeeds.Cms);

    public static FuzzTarget Pgp { get; } = ArchiveFuzzing.Target("pgp-reader", new PgpHandler(), ArchiveSeeds.Pgp, ArchiveSeeds.PgpArmoured);

    public static FuzzTarget SelfExtracting { get; } = ArchiveFuzzing.Target("self-extracting-reader", new SelfExtractingHandler(), [.. "MZ"u8, .. new byte[200], .. ArchiveSeeds.SevenZip, .. ArchiveSeeds.CabMszip]);
}

/// <summary>Drives a handler through a walk and a rebuild.</summary>
internal static class ArchiveFuzzing
{
    public static FuzzTarget Target(string name, IPartHandler handler, params byte[][] seeds) => Target(name, handler, handler.Formats.First(), seeds);

    public static FuzzTarget Target(string name, IPartHandler handler, string format, params byte[][] seeds) => new(name, seeds, input =>
    {
        using MemoryPartBytes bytes = new(input);
        Part part = new("part", null, new ChildDescription(new PartName("filename", "a.bin")), bytes) { Format = format };
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
