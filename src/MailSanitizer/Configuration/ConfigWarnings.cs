namespace MailSanitizer.Configuration;

/// <summary>What is allowed and yet most likely not meant.</summary>
public static class ConfigWarnings
{
    /// <summary>One sentence each: what is the case, what follows, what to do.</summary>
    public static IReadOnlyList<string> Of(Settings settings)
    {
        List<string> warnings = [];
        if (settings.ClamavAddress.Count == 0) warnings.Add("clamav.address is not set: only the hash list scans, and every message says so in X-MailSanitizer-Scan");
        if (settings.ClamavWhenDown == "accept") warnings.Add("clamav.when-down is accept: while clamd does not answer, mail goes on unscanned");
        if (settings.LocalDomains.Count == 0) warnings.Add("local-domains is empty: no recipient counts as ours, so nothing is internal");
        if (settings.Seal is null) warnings.Add("seal is not configured: a message that we change loses the sender's DKIM signature, and the next hop cannot see that it was good on arrival");
        if (settings.NoticesFrom is null) warnings.Add("notices.from is not set: nobody is told about held, replaced or quarantined mail");
        if (settings.NoticesFrom is not null && settings.NoticesDkim.Count == 0) warnings.Add("notices.dkim is not set: notices and follow-up mail go out unsigned and may be taken for forgeries");
        foreach (ListenSetting door in settings.Listen)
            if (door.Url == settings.NextHop) warnings.Add($"next-hop {settings.NextHop} is one of our own doors: every message would be a loop");
        return warnings;
    }
}
