using System.Globalization;
using MailSanitizer.Mail;

namespace MailSanitizer.Reinjection;

/// <summary>What one connection's EHLO or LHLO announced.</summary>
/// <param name="Keywords">In upper case.</param>
/// <param name="MaximumSize">SIZE (bytes), 0 when none or without limit.</param>
/// <param name="ForwardAttributes">Attributes of XFORWARD, in upper case.</param>
internal sealed record HopExtensions(IReadOnlySet<string> Keywords, long MaximumSize, IReadOnlySet<string> ForwardAttributes)
{
    /// <summary>After HELO.</summary>
    public static HopExtensions None { get; } = new(new HashSet<string>(), 0, new HashSet<string>());

    /// <summary>PIPELINING (RFC 2920).</summary>
    public bool Pipelining => Keywords.Contains("PIPELINING");

    /// <summary>CHUNKING (RFC 3030).</summary>
    public bool Chunking => Keywords.Contains("CHUNKING");

    /// <summary>8BITMIME (RFC 6152).</summary>
    public bool EightBit => Keywords.Contains("8BITMIME");

    /// <summary>SMTPUTF8 (RFC 6531).</summary>
    public bool Utf8 => Keywords.Contains("SMTPUTF8");

    /// <summary>DSN (RFC 3461).</summary>
    public bool Dsn => Keywords.Contains("DSN");

    /// <summary>SIZE (RFC 1870).</summary>
    public bool Size => Keywords.Contains("SIZE");

    /// <summary>Reads the reply to EHLO or LHLO; its first line is the name.</summary>
    public static HopExtensions Read(SmtpReply reply)
    {
        HashSet<string> keywords = new(StringComparer.Ordinal);
        HashSet<string> attributes = new(StringComparer.Ordinal);
        long maximum = 0;
        foreach (string line in reply.Text.Split('\n').Skip(1))
        {
            string[] words = line.ToUpperInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            keywords.Add(words[0]);
            if (words[0] == "SIZE" && words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size)) maximum = size;
            if (words[0] == "XFORWARD") attributes.UnionWith(words.Skip(1));
        }

        return new HopExtensions(keywords, maximum, attributes);
    }
}
