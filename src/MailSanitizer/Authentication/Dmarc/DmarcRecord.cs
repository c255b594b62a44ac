using System.Globalization;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication.Dmarc;

/// <summary>A policy record (RFC 7489 6.3 and its successor, RFC 9989).</summary>
/// <param name="Policy">p=.</param>
/// <param name="SubdomainPolicy">sp=, or null.</param>
/// <param name="MissingPolicy">np= for names that do not exist, or null.</param>
/// <param name="StrictDkim">adkim=s.</param>
/// <param name="StrictSpf">aspf=s.</param>
/// <param name="IsTesting">t=y.</param>
/// <param name="Percent">pct= (0 to 100).</param>
/// <param name="PublicSuffix">psd=: <c>y</c>, <c>n</c> or <c>u</c>.</param>
public sealed record DmarcRecord(string Policy, string? SubdomainPolicy, string? MissingPolicy, bool StrictDkim, bool StrictSpf, bool IsTesting, int Percent, char PublicSuffix)
{
    /// <summary>Whether a TXT record is a DMARC record: its first tag is v=DMARC1.</summary>
    public static bool IsRecord(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int semicolon = text.IndexOf(';', StringComparison.Ordinal);
        string[] first = (semicolon < 0 ? text : text[..semicolon]).Split('=', 2);
        return first.Length == 2 && first[0].Trim(' ', '\t') == "v" && first[1].Trim(' ', '\t') == "DMARC1";
    }

    /// <summary>Reads a record; null when it is malformed.</summary>
    public static DmarcRecord? Read(string text)
    {
        if (!IsRecord(text) || TagList.Read(text) is not { } tags) return null;
        string? policy = Wish(tags["p"]), below = Wish(tags["sp"]), missing = Wish(tags["np"]);
        bool broken = (tags["p"] is not null && policy is null) || (tags["sp"] is not null && below is null) || (tags["np"] is not null && missing is null);
        // RFC 7489 6.6.3: whoever asks for reports but writes no policy that can be read means "none"; anybody else has no record.
        if (broken && tags["rua"] is null) return null;
        if (broken) (policy, below, missing) = ("none", null, null);
        return new(
            policy ?? "none", below, missing, IsStrict(tags["adkim"]), IsStrict(tags["aspf"]), tags["t"] is "y" or "Y", Percentage(tags["pct"]), tags["psd"]?.ToLowerInvariant() switch { "y" => 'y', "n" => 'n', _ => 'u' });
    }

    private static string? Wish(string? value) => value?.ToLowerInvariant() is "none" or "quarantine" or "reject" ? value.ToLowerInvariant() : null;

    private static bool IsStrict(string? value) => value is "s" or "S";

    private static int Percentage(string? value) =>
        value is { Length: <= 3 } && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int percent) && percent <= 100 ? percent : 100;
}
