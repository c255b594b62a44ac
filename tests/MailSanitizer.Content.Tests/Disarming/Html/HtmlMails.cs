using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>Ordinary HTML as mail programs write it: nothing in it acts.</summary>
public static class HtmlMails
{
    public const string Outlook = """
        <html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word" xmlns:m="http://schemas.microsoft.com/office/2004/12/omml" xmlns="http://www.w3.org/TR/REC-html40">
        <head>
        <meta http-equiv="Content-Type" content="text/html; charset=utf-8">
        <meta name="Generator" content="Microsoft Word 15 (filtered medium)">
        <!--[if !mso]><style>v\:* {behavior:url(#default#VML);}
        o\:* {behavior:url(#default#VML);}
        w\:* {behavior:url(#default#VML);}
        .shape {behavior:url(#default#VML);}
        </style><![endif]--><style><!--
        /* Font Definitions */
        @font-face
        	{font-family:"MS Mincho";
        	panose-1:2 2 6 9 4 2 5 8 3 4;}
        /* Style Definitions */
        p.MsoNormal, li.MsoNormal, div.MsoNormal
        	{margin:0mm;
        	font-size:10.5pt;
        	font-family:"游ゴシック",sans-serif;}
        a:link, span.MsoHyperlink
        	{mso-style-priority:99;
        	color:#0563C1;
        	text-decoration:underline;}
        @page WordSection1
        	{size:612.0pt 792.0pt;
        	margin:99.25pt 30.0mm 30.0mm 30.0mm;}
        div.WordSection1
        	{page:WordSection1;}
        @list l0
        	{mso-list-id:1;}
        --></style><!--[if gte mso 9]><xml>
        <o:shapedefaults v:ext="edit" spidmax="1026" />
        </xml><![endif]--><!--[if gte mso 9]><xml>
        <o:shapelayout v:ext="edit">
        <o:idmap v:ext="edit" data="1" />
        </o:shapelayout></xml><![endif]-->
        </head>
        <body lang="JA" link="#0563C1" vlink="#954F72" style='word-wrap:break-word;text-justify-trim:punctuation'>
        <div class="WordSection1">
        <p class="MsoNormal"><span lang="EN-US" style="font-family:&quot;MS Mincho&quot;">Hello<o:p></o:p></span></p>
        <p class="MsoNormal"><span lang="EN-US"><a href="mailto:a@example.jp">a@example.jp</a> <a href="https://example.jp/?a=1&amp;b=2">例</a><o:p>&nbsp;</o:p></span></p>
        <!--[if gte vml 1]><v:shapetype id="_x0000_t75" coordsize="21600,21600" o:spt="75" path="m@4@5l@4@11@9@11@9@5xe" filled="f" stroked="f"><v:stroke joinstyle="miter" /><v:formulas><v:f eqn="if lineDrawn pixelLineWidth 0" /></v:formulas></v:shapetype><v:shape id="p1" type="#_x0000_t75" style='width:100pt;height:50pt'><v:imagedata src="cid:image001.png@01DA0000.00000000" o:href="cid:image001.png@01DA0000.00000000" /></v:shape><![endif]--><![if !vml]><img width="133" height="67" src="cid:image001.png@01DA0000.00000000" v:shapes="p1"><![endif]>
        </div>
        </body>
        </html>
        """;

    public const string Gmail = """
        <div dir="ltr">Hi all,<div><br></div><div>See <a href="https://docs.example.com/d/1" target="_blank">the draft</a>.</div><div><img src="cid:ii_l1" alt="chart.png" width="562" height="234"><br></div><br clear="all"><div><br></div>-- <br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div dir="ltr">T. Yamada<br>5 &lt; 7 &amp; a<b>b</b></div></div></div>
        <br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, 1 Jul 2025 at 10:00, A &lt;<a href="mailto:a@example.com">a@example.com</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">text with a < b and x > y</blockquote></div>
        """;

    public const string Newsletter = """
        <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
        <html xmlns="http://www.w3.org/1999/xhtml" xmlns:o="urn:schemas-microsoft-com:office:office">
        <head><meta http-equiv="Content-Type" content="text/html; charset=utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" /><meta name="format-detection" content="telephone=no" /><title>News &amp; more</title>
        <base target="_blank" />
        <!--[if gte mso 9]><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml><![endif]-->
        <link rel="icon" href="https://cdn.example.com/favicon.ico" /><link rel="canonical" href="https://example.com/" />
        <style type="text/css">
        #outlook a{padding:0;} .ExternalClass{width:100%;} .ExternalClass * {line-height:100%;}
        @media only screen and (max-width:480px){ .col > td{width:100%!important;} body,table{-webkit-text-size-adjust:100%;overscroll-behavior:none;} }
        @media (width <= 600px){ .x{background:url('https://cdn.example.com/bg.png') no-repeat;} }
        @font-face{font-family:Brand;src:url(https://cdn.example.com/brand.woff2) format("woff2");}
        a[x-apple-data-detectors]{color:inherit!important;}
        </style>
        </head><body style="margin:0;padding:0;background-color:#ffffff" background="https://cdn.example.com/b.gif">
        <div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;">Our news this week &zwnj;&nbsp;&zwnj;&nbsp;</div>
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" bgcolor="#eeeeee">
        <!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" xmlns:w="urn:schemas-microsoft-com:office:word" href="https://example.com/buy" style="height:40px;v-text-anchor:middle;width:200px;" arcsize="10%" stroke="f" fillcolor="#d62828"><w:anchorlock/><center><![endif]-->
        <a href="https://click.example.com/?u=https%3A%2F%2Fexample.com%2Fbuy" style="background-color:#d62828;border-radius:4px;color:#ffffff;display:inline-block;font-family:'Segoe UI',sans-serif;">Buy now --></a>
        <!--[if mso]></center></v:roundrect><![endif]-->
        <!--[if !mso]><!--><img src="https://cdn.example.com/a.png" srcset="https://cdn.example.com/a.png 1x, https://cdn.example.com/a@2x.png 2x" width="600" alt="a > b" style="display:block" /><!--<![endif]-->
        <img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==" width="1" height="1" />
        </td></tr></table>
        <p>Unsubscribe: <a href="{{unsubscribe_url}}">here</a> <a href="#top">top</a> <a href="tel:+81300000000">call</a></p>
        <noscript><img src="https://t.example.com/p.gif" width="1" height="1" alt="" /></noscript>
        <svg width="10" height="10" viewBox="0 0 10 10"><title>dot</title><circle cx="5" cy="5" r="4" fill="url(#g)"/><use href="#dot"/></svg>
        </body></html>
        """;

    public const string Japanese = """
        <html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-2022-jp"><title>ご案内</title></head>
        <body bgcolor="#FFFFFF"><p>いつもお世話になっております。<br>山田です。<font face="ＭＳ Ｐゴシック" color="red">表示</font>ソース能力</p><hr><a href="https://www.example.co.jp/">こちら</a></body></html>
        """;

    public static IEnumerable<DisarmSample> All
    {
        get
        {
            yield return DisarmSample.Of("outlook.html", Outlook);
            yield return DisarmSample.Of("outlook-crlf.htm", Outlook.ReplaceLineEndings("\r\n"));
            yield return DisarmSample.Of("gmail.html", Gmail);
            yield return DisarmSample.Of("newsletter.html", Newsletter);
            yield return DisarmSample.Of("empty-tags.html", "<html><body></body></html>");
            yield return DisarmSample.Of("cut.html", "<html><body><p>cut off in a tag <a href=\"https://example.jp/lo");
            yield return DisarmSample.Of("broken.html", "<html><p class=\"a\"\" style=\"color:red\">x<p/><<b>>1 < 2 && 3 > 2 </b><a href=https://example.jp/a?b=c>x</a>&copy;&unknown;&#x3042;</html>");
            yield return new DisarmSample("iso-2022-jp.html", Charset.Find("iso-2022-jp")!.GetBytes(Japanese));
            yield return new DisarmSample("shift_jis.html", Charset.Cp932.GetBytes(Japanese.Replace("iso-2022-jp", "Shift_JIS", StringComparison.Ordinal)));
            yield return new DisarmSample("euc-jp.html", Charset.Find("euc-jp")!.GetBytes(Japanese.Replace("iso-2022-jp", "EUC-JP", StringComparison.Ordinal)));
            yield return new DisarmSample("utf-8-mark.html", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Newsletter)]);
            yield return new DisarmSample("utf-16.html", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("<html><body><p style=\"color:red\">表示 <a href=\"https://example.jp/\">x</a></p></body></html>")]);
        }
    }
}
