using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Disarming.Html;
using MailSanitizer.Content.Disarming.Svg;
using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Fuzz;

/// <summary>Markup of all kinds: tokens cover the input, and what was disarmed has nothing active left and does not change again.</summary>
public static class MarkupFuzz
{
    private static readonly byte[][] Pages =
    [
        Bytes("<!doctype html><html><head><meta charset=utf-8><base href=//x><style>@import 'a';p{behavior:url(x);b:url(http://a)}</style><title>t</title></head><body onload=x><!--[if mso]><script>1</script><![endif]--><a href='java&Tab;script:x' style=\"a:expression(1)\">y</a><svg><![CDATA[ > ]]><script/></svg></body></html>"),
        Bytes("<html><noscript><p title=\"</noscript><img src=x onerror=1>\"></noscript><xmp><style><!--</style>--></xmp><iframe srcdoc='x'></iframe><form action=http://a><input type=password><textarea></textarea></form><math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=1&gt;\">"),
        Bytes("<html><meta http-equiv=content-type content='text/html; charset=iso-2022-jp'><p title=\"\u001b$B\"><script>\u001b(B\">x</p><img srcset='a 1x, file:///b 2x' src=\"http://a/b\"></html>"),
        Bytes("\u00ff\u00fe<\0h\0t\0m\0l\0>\0<\0s\0c\0r\0i\0p\0t\0>\01\0<\0/\0s\0c\0r\0i\0p\0t\0>\0"),
    ];

    private static readonly byte[][] Drawings =
    [
        Bytes("<?xml version='1.0'?><?xml-stylesheet href='x'?><!DOCTYPE svg [<!ENTITY a 'b'><!ENTITY c '&a;&#60;'>]><svg xmlns='http://www.w3.org/2000/svg' onload='x'><style><![CDATA[@import 'x';]]></style><text>&a;&c;</text><foreignObject xmlns:h='x'><h:p/></foreignObject><use href='http://a'/><a href='&a;:x'><animate attributeName='href'/></a></svg>"),
        Bytes("<data xmlns:x='http://www.w3.org/1999/xhtml'><x:script>1</x:script><xi:include xmlns:xi='y' href='z'/></data>"),
    ];

    /// <summary>HTML, walked, disarmed and walked again.</summary>
    public static FuzzTarget Html { get; } = new("html-disarm", Pages, input => Disarm(new HtmlHandler(), "page.html", input));

    /// <summary>XHTML: both readings.</summary>
    public static FuzzTarget Xhtml { get; } = new("xhtml-disarm", [.. Pages, .. Drawings], input => Disarm(new HtmlHandler(), "page.xhtml", input));

    /// <summary>SVG.</summary>
    public static FuzzTarget Svg { get; } = new("svg-disarm", Drawings, input => Disarm(new SvgHandler(), "drawing.svg", input));

    /// <summary>CSS.</summary>
    public static FuzzTarget Css { get; } = new("css-disarm", [Bytes("@import url(a);p{behavior:url(#default#VML);x:e\\78pression(1);b:url( 'http://a' )} @media (width<=1px){a:image-set('//b' 1x)} /* c */ \"s\\\n\" url(\\6a avascript:)")], input =>
    {
        string css = Encoding.Latin1.GetString(input);
        int at = 0;
        foreach (CssToken token in CssScanner.Scan(css))
        {
            if (token.Start != at || token.End <= at || token.End > css.Length) throw new InvalidOperationException($"a gap at {at}");
            at = token.End;
        }

        if (at != css.Length) throw new InvalidOperationException("not to the end");
        Disarm(new StyleSheetHandler(), "sheet.css", input);
    });

    /// <summary>Tokens of HTML and XML over every view.</summary>
    public static FuzzTarget Tokens { get; } = new("markup-tokens", [.. Pages, .. Drawings], input =>
    {
        foreach (int page in (int[])[65001, 1252, 932, 936, 50220, 1200, 12001])
        {
            MarkupSource source = MarkupSource.Of(input, Encoding.GetEncoding(page));
            if (source.Offset(source.View.Length) > input.Length) throw new InvalidOperationException("the view is longer than the bytes");
            HtmlTokenizer html = new(source.View, 0, source.View.Length);
            for (int at = 0; html.Read(); at = html.Token.End) Check(html.Token, at, source);
            XmlTokenizer xml = new(source.View, 0, source.View.Length);
            for (int at = 0; xml.Read(); at = xml.Token.End) Check(xml.Token, at, source);
        }
    });

    /// <summary>URLs.</summary>
    public static FuzzTarget Urls { get; } = new("url-judge", [Bytes("https://user@host.example:1/p%41?q#f"), Bytes(" java\tscript%3Ax"), Bytes("\\\\server\\share"), Bytes("data:image/png;base64,AA"), Bytes("https://xn--pple-43d.com/url?q=https%3A%2F%2Fb")], input =>
    {
        string text = Encoding.UTF8.GetString(input);
        JudgedUrl url = UrlJudge.Judge(text);
        if (url.Kind is UrlKind.Web && !url.Text.StartsWith("http", StringComparison.OrdinalIgnoreCase)) throw new InvalidOperationException("not the web: " + url.Text);
        _ = LinkHosts.Shown(text) + LinkHosts.Domain(url.Host) + LinkHosts.Lookalike(url.Host) + LinkHosts.RedirectsTo(url);
        _ = CharacterReferences.Decode(text);
    });

    private static void Check(MarkupToken token, int at, MarkupSource source)
    {
        if (token.Start != at || token.End <= at || token.End > source.View.Length) throw new InvalidOperationException($"a gap at {at}");
        if (token.ContentStart < token.Start || token.ContentEnd > token.End || token.ContentEnd < token.ContentStart) throw new InvalidOperationException($"content outside of its token at {at}");
        foreach (MarkupAttribute attribute in token.Attributes)
        {
            if (attribute.Start < token.Start || attribute.End > token.End || attribute.ValueEnd < attribute.ValueStart || attribute.NameEnd <= attribute.Start) throw new InvalidOperationException($"an attribute outside of its tag at {at}");
            _ = source.Text(attribute.ValueStart, attribute.ValueEnd);
        }
    }

    private static void Disarm(IPartHandler handler, string name, byte[] input)
    {
        PartWalker walker = new([handler], new NoScratch());
        Sink before = Walk(walker, name, input);
        if (before.Kinds.Contains(WalkFindings.ParseError.Id)) throw new InvalidOperationException("a parse error");
        Output output = new(input);
        RebuildReport report = walker.Rebuild(new MemoryPartBytes(input), new RebuildJob { FileName = name, Treatments = [new Treatment("", before.Sha256, TreatmentKind.Disarm)] }, output);
        if (report.Failure is not null || report.Changes.Any(change => change.Done == "disarm-failed" && change.Detail.Contains("Handler: ", StringComparison.Ordinal))) throw new InvalidOperationException($"{report.Failure} {string.Join(", ", report.Changes)}");
        if (report.Changes.Any(change => change.Done == "disarm-failed") || before.Kinds.Contains(WalkFindings.NoDisarmer.Id)) return;
        bool active = before.Kinds.Any(kind => FindingKinds.Find(kind)!.Class is FindingClass.Active);
        if (!active && !output.Bytes.AsSpan().SequenceEqual(input)) throw new InvalidOperationException("changed without a reason");
        Sink after = Walk(walker, name, output.Bytes);
        if (after.Kinds.Where(kind => kind.StartsWith("html-", StringComparison.Ordinal) || kind.StartsWith("css-", StringComparison.Ordinal) || kind.StartsWith("svg-", StringComparison.Ordinal) || kind.StartsWith("xml-", StringComparison.Ordinal)).ToList() is { Count: > 0 } left)
            throw new InvalidOperationException($"left: {string.Join(", ", left)} in {Convert.ToHexString(output.Bytes)}");
    }

    private static Sink Walk(PartWalker walker, string name, byte[] bytes)
    {
        Sink sink = new();
        walker.Walk(new MemoryPartBytes(bytes), new WalkJob { FileName = name, Candidates = false }, sink);
        return sink;
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private sealed class NoScratch : IScratch
    {
        public FileStream CreateUnlinked() => throw new IOException("no scratch in fuzzing");
    }

    private sealed class Sink : IWalkSink
    {
        public HashSet<string> Kinds { get; } = [];

        public string Sha256 { get; private set; } = "";

        public void Part(PartFact fact) => Sha256 = fact.Path.Length == 0 ? fact.Sha256 : Sha256;

        public void Finding(FindingFact fact) => Kinds.Add(fact.Kind);

        public void Candidate(CandidateFact fact)
        {
        }

        public void Link(LinkFact fact)
        {
        }

        public void Leaf(string path, string sha256, string view, PartBytes bytes)
        {
        }
    }

    private sealed class Output(byte[] source) : IPartOutput
    {
        private readonly MemoryStream _written = new();

        public byte[] Bytes => _written.ToArray();

        public void Copy(long offset, long length) => _written.Write(source, (int)offset, (int)length);

        public void Write(ReadOnlySpan<byte> bytes) => _written.Write(bytes);
    }
}
