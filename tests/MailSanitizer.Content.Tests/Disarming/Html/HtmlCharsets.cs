using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>Pages whose script only shows in the right charset, and pages that readers decode differently.</summary>
public static class HtmlCharsets
{
    private const string Page = "<html><body><p>表示 before</p><script>alert(1)</script><p>after ソ</p></body></html>";

    public static IEnumerable<DisarmSample> Attacks
    {
        get
        {
            yield return new DisarmSample("utf-16.html", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Page)]);
            yield return new DisarmSample("utf-16be.html", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Page)]);
            yield return new DisarmSample("utf-16-unmarked.html", Encoding.Unicode.GetBytes(Page));
            yield return new DisarmSample("shift_jis.html", Charset.Cp932.GetBytes("<meta charset=shift_jis>" + Page));
            yield return new DisarmSample("iso-2022-jp.html", Charset.Find("iso-2022-jp")!.GetBytes("<meta charset=iso-2022-jp>" + Page));
            yield return new DisarmSample("iso-2022-jp-unnamed.html", Charset.Find("iso-2022-jp")!.GetBytes(Page));

            // Markup between escapes, where the page says it is UTF-8: text to some, an image to others.
            yield return new DisarmSample("escapes.html", Encoding.Latin1.GetBytes("<html><meta charset=utf-8><p title=\"\u001b$B\">x</p><p title=\"\u001b(B\">y</p></html>"));
            yield return new DisarmSample("utf-7.html", Encoding.Latin1.GetBytes("<html><meta charset=utf-7><p>+ADw-script+AD4-alert(1)+ADw-/script+AD4-</p></html>"));
            yield return new DisarmSample("overlong.html", [.. "<html><meta charset=utf-8><p>"u8, 0xC0, 0xBC, .. "script>alert(1)"u8, 0xC0, 0xBC, .. "/script></p></html>"u8]);
            yield return new DisarmSample("half-pair.html", [.. "<html><meta charset=shift_jis><p title=\""u8, 0x83, .. "\" lang=ja>x</p></html>"u8]);
            yield return new DisarmSample("two-names.html", [.. "<html><meta charset=windows-1252><meta charset=shift_jis><p>"u8, 0x83, 0x5C, .. "</p></html>"u8]);
        }
    }
}
