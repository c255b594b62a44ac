using MailSanitizer.Authentication;
using MailSanitizer.Authentication.Dmarc;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Configuration;
using MailSanitizer.Mail;
using MailSanitizer.Sealing;

namespace MailSanitizer.Pipeline;

/// <summary>Makes rooms of settings, for the daemon and for the command line alike.</summary>
public static class Composition
{
    /// <summary>Who sent it. The public suffix list and the registry of verified senders are read here: a missing file is an <see cref="IOException"/>.</summary>
    public static IAuthenticator Authenticator(Settings settings) => new Authenticator(AuthenticationOptions(settings), TimeProvider.System);

    /// <summary>What Authentication is told, for the daemon and for <c>authenticate</c> alike.</summary>
    public static AuthenticationOptions AuthenticationOptions(Settings settings) => new()
    {
        AuthservId = settings.AuthservId,
        TrustedHops = settings.TrustedHops,
        AcceptUpstreamResults = settings.AcceptUpstreamResults,
        TrustedSealers = settings.TrustedSealers,
        Method = settings.PublicSuffixList is null ? OrganizationMethod.TreeWalk : OrganizationMethod.PublicSuffixList,
        PublicSuffixFile = settings.PublicSuffixList ?? PublicSuffixList.DebianPath,
        VerifiedSendersFile = settings.VerifiedSenders,
        Dns = new DnsOptions { Servers = settings.DnsServers },
    };

    /// <summary>What the sealer, and the signer of our own mail, are told. Keys that cannot be read are an <see cref="IOException"/>.</summary>
    public static SealingOptions SealingOptions(Settings settings, ReadOnlyMemory<byte> idKey) => new()
    {
        AuthservId = settings.AuthservId,
        IdKey = idKey,
        Seal = settings.Seal is null ? null : Key(settings.Seal),
        Sign = [.. settings.SignOutbound.Select(Key)],
    };

    /// <summary>Signs our own mail: notices, follow-ups, delivery reports.</summary>
    public static IMailSigner Signer(Settings settings) => new MailSigner([.. settings.NoticesDkim.Select(Key)], TimeProvider.System);

    private static SigningKey Key(SigningSetting setting) => SigningKey.Load(new SigningKeyFile(setting.Domain, setting.Selector, setting.Key));
}
