using System.Globalization;
using MailSanitizer.Mail;

namespace MailSanitizer.Reception;

/// <summary>What a session announced. What we could not hand on is not announced, so that the peer converts or keeps it (DESIGN.md, promise 2).</summary>
/// <param name="Size">SIZE was announced.</param>
/// <param name="MaximumSize">The size announced, and our own limit (bytes).</param>
/// <param name="EightBit">8BITMIME.</param>
/// <param name="Utf8">SMTPUTF8.</param>
/// <param name="Dsn">DSN.</param>
/// <param name="Lines">The lines of the reply to LHLO and EHLO.</param>
internal sealed record AnnouncedExtensions(bool Size, long MaximumSize, bool EightBit, bool Utf8, bool Dsn, IReadOnlyList<string> Lines)
{
    /// <summary>After HELO.</summary>
    public static AnnouncedExtensions None { get; } = new(false, long.MaxValue, false, false, false, []);

    /// <summary>Chosen at the greeting and fixed for the session: the next hop may change its mind between EHLO and MAIL.</summary>
    public static AnnouncedExtensions For(INextHop nextHop, ReceptionLimits limits, bool canStartTls)
    {
        bool eightBit = nextHop.Extensions.Contains("8BITMIME");
        // RFC 6531 3.1: SMTPUTF8 stands on 8BITMIME.
        bool utf8 = eightBit && nextHop.Extensions.Contains("SMTPUTF8");
        bool dsn = nextHop.Extensions.Contains("DSN");
        bool size = nextHop.Extensions.Contains("SIZE");
        long maximum = nextHop.MaximumSize > 0 ? Math.Min(nextHop.MaximumSize, limits.MessageBytes) : limits.MessageBytes;
        List<string> lines = ["PIPELINING"];
        if (size) lines.Add("SIZE " + maximum.ToString(CultureInfo.InvariantCulture));
        if (canStartTls) lines.Add("STARTTLS");
        lines.Add("ENHANCEDSTATUSCODES");
        if (eightBit) lines.Add("8BITMIME");
        if (utf8) lines.Add("SMTPUTF8");
        if (dsn) lines.Add("DSN");
        lines.Add("CHUNKING");
        lines.Add("XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE");
        return new AnnouncedExtensions(size, size ? maximum : limits.MessageBytes, eightBit, utf8, dsn, lines);
    }
}
