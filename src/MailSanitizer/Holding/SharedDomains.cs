using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Holding;

/// <summary>
/// Domains whose addresses belong to strangers: free mail, mobile carriers, access providers. There two senders of one domain have nothing to do with each other, so a correspondence
/// is a whole address. A domain below one of these is shared as well.
/// </summary>
public static class SharedDomains
{
    /// <summary>The shipped list; <c>passwords.shared-domains</c> adds to it.</summary>
    public static IReadOnlyList<string> Shipped { get; } =
    [
        // Free mail of the world.
        "gmail.com", "googlemail.com", "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "live.com", "live.jp", "msn.com", "passport.com",
        "yahoo.com", "yahoo.co.jp", "ymail.ne.jp", "ymail.com", "rocketmail.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.co.in", "yahoo.com.tw", "yahoo.com.hk", "aol.com", "aim.com",
        "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "pm.me", "tutanota.com", "tuta.com", "zoho.com", "mail.com", "email.com", "fastmail.com", "hushmail.com", "gmx.com",
        "gmx.net", "gmx.de", "gmx.at", "gmx.ch", "web.de", "freenet.de", "t-online.de", "posteo.de", "mailbox.org", "arcor.de", "1und1.de", "laposte.net", "orange.fr", "wanadoo.fr", "free.fr",
        "sfr.fr", "neuf.fr", "bbox.fr", "libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it", "telefonica.net", "terra.es", "sapo.pt", "ziggo.nl", "kpnmail.nl", "planet.nl", "xs4all.nl",
        "telenet.be", "skynet.be", "bluewin.ch", "btinternet.com", "sky.com", "virginmedia.com", "ntlworld.com", "talktalk.net", "o2.pl", "wp.pl", "onet.pl", "interia.pl", "seznam.cz", "centrum.cz",
        "mail.ru", "bk.ru", "inbox.ru", "list.ru", "yandex.ru", "yandex.com", "rambler.ru", "ukr.net", "qq.com", "163.com", "126.com", "yeah.net", "sina.com", "sina.cn", "sohu.com", "139.com",
        "189.cn", "aliyun.com", "foxmail.com", "naver.com", "daum.net", "hanmail.net", "nate.com", "kakao.com", "hinet.net", "seed.net.tw", "pchome.com.tw", "rediffmail.com", "uol.com.br", "bol.com.br",
        "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net", "earthlink.net", "juno.com", "rogers.com", "shaw.ca", "sympatico.ca", "telus.net",
        "bigpond.com", "optusnet.com.au", "xtra.co.nz",
        // Japanese carriers.
        "docomo.ne.jp", "mopera.net", "ezweb.ne.jp", "au.com", "uqmobile.jp", "softbank.ne.jp", "i.softbank.jp", "softbank.jp", "vodafone.ne.jp", "disney.ne.jp", "ymobile.ne.jp", "ymobile1.ne.jp",
        "y-mobile.ne.jp", "willcom.com", "wcm.ne.jp", "pdx.ne.jp", "emnet.ne.jp", "emobile.ne.jp", "rakumail.jp", "rakuten.jp", "povo.jp",
        // Japanese providers and free mail.
        "nifty.com", "nifty.ne.jp", "biglobe.ne.jp", "ocn.ne.jp", "plala.or.jp", "so-net.ne.jp", "so-net.jp", "dion.ne.jp", "hi-ho.ne.jp", "asahi-net.or.jp", "infoweb.ne.jp", "sannet.ne.jp",
        "odn.ne.jp", "odn.jp", "yahoobb.ne.jp", "bbtec.net", "excite.co.jp", "excite.jp", "goo.jp", "goo.ne.jp", "infoseek.jp", "rakuten.co.jp", "livedoor.com", "mail.goo.ne.jp", "inter7.jp",
        "eonet.ne.jp", "zaq.ne.jp", "zaq.jp", "jcom.home.ne.jp", "jcom.zaq.ne.jp", "home.ne.jp", "itscom.net", "commufa.jp", "ctc.ne.jp", "starcat.ne.jp", "tcat.ne.jp", "mediatti.net", "catv.ne.jp",
        "bbiq.jp", "qtnet.ne.jp", "mctv.ne.jp", "megaegg.ne.jp", "pikara.ne.jp", "enecom.ne.jp", "tees.ne.jp", "wakwak.com", "interlink.or.jp", "interq.or.jp", "kcn.jp", "kcn.ne.jp", "ksky.ne.jp",
        "nns.ne.jp", "netyou.jp", "tiki.ne.jp", "mail.com.jp", "freemail.ne.jp", "fiberbit.net", "ybb.ne.jp", "sakura.ne.jp", "lolipop.jp", "muumuu-mail.com", "xserver.jp", "coreserver.jp",
        "dti.ne.jp", "dream.com", "dream.jp", "alpha-net.ne.jp", "iij4u.or.jp", "iijmio-mail.jp", "bekkoame.ne.jp", "rim.or.jp", "mbn.or.jp", "people.or.jp", "justnet.ne.jp", "highway.ne.jp",
    ];

    /// <summary>True when a domain, or one above it, is in the set.</summary>
    public static bool IsShared(string domain, IReadOnlySet<string> shared)
    {
        for (string? at = domain; at is not null; at = DomainName.Parent(at)) if (shared.Contains(at)) return true;
        return false;
    }
}
