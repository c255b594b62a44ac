using System.Text;

namespace MailSanitizer.Content.Identification;

/// <summary>Formats that are text by content: told by how they begin.</summary>
internal static class TextKinds
{
    private static readonly string[] MailFields =
        ["received:", "from:", "return-path:", "mime-version:", "date:", "subject:", "message-id:", "to:", "delivered-to:", "x-", "content-type:", "reply-to:", "dkim-signature:", "sender:", "cc:", "status:"];

    /// <summary>The beginning of the content as text, decoded by BOM or by where its NULs stand; null when it is no text.</summary>
    public static string? Decode(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith<byte>([0xEF, 0xBB, 0xBF])) return Plain(head[3..]);
        if (head.StartsWith<byte>([0xFF, 0xFE])) return Wide(Encoding.Unicode, head[2..]);
        if (head.StartsWith<byte>([0xFE, 0xFF])) return Wide(Encoding.BigEndianUnicode, head[2..]);
        if (head.Length >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0) return Wide(Encoding.Unicode, head);
        if (head.Length >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0) return Wide(Encoding.BigEndianUnicode, head);
        return Plain(head);
    }

    /// <summary>The format of a text; <c>txt</c> when nothing more special. <paramref name="scripts"/>: whether scripts without markup are looked for (a text that nobody can start is no script).</summary>
    public static string Match(string text, bool scripts)
    {
        string start = text.TrimStart(' ', '\t', '\r', '\n', '\f', '\uFEFF');
        string lower = (start.Length > 4_096 ? start[..4_096] : start).ToLowerInvariant();
        return Document(start, lower) ?? (lower.StartsWith('<') ? XmlKinds.Match(start, lower) : null) ?? Settings(lower) ?? (scripts ? Script(start, lower) : null) ?? Mail(lower)
            ?? (XmlKinds.IsHtml(lower) ? XmlKinds.Html(lower) : null) ?? "txt";
    }

    private static string? Document(string start, string lower)
    {
        if (lower.StartsWith("{\\rt", StringComparison.Ordinal)) return "rtf";
        if (start.StartsWith("%!PS", StringComparison.Ordinal) || start.StartsWith("\u0004%!PS", StringComparison.Ordinal)) return "ps";
        if (start.StartsWith("%!FontType1", StringComparison.Ordinal) || start.StartsWith("%!PS-AdobeFont", StringComparison.Ordinal)) return "pfb";
        if (lower.StartsWith("begin:vcalendar", StringComparison.Ordinal)) return "ics";
        if (lower.StartsWith("begin:vcard", StringComparison.Ordinal)) return "vcf";
        if (lower.StartsWith("-----begin pgp message", StringComparison.Ordinal) || lower.StartsWith("-----begin pgp signed message", StringComparison.Ordinal)) return "pgp-message";
        if (lower.StartsWith("-----begin pgp signature", StringComparison.Ordinal)) return "pgp-signature";
        if (lower.StartsWith("-----begin pgp public key", StringComparison.Ordinal) || lower.StartsWith("-----begin pgp private key", StringComparison.Ordinal)) return "pgp-key";
        if (lower.StartsWith("-----begin pkcs7", StringComparison.Ordinal) || lower.StartsWith("-----begin cms", StringComparison.Ordinal)) return "p7m";
        if (lower.StartsWith("-----begin ", StringComparison.Ordinal) && lower.AsSpan(0, Math.Min(64, lower.Length)).ContainsAny("ck") && (lower.Contains("certificate", StringComparison.Ordinal) || lower.Contains(" key-----", StringComparison.Ordinal) || lower.Contains("x509 crl", StringComparison.Ordinal))) return "cert";
        if (start.StartsWith("/* XPM */", StringComparison.Ordinal)) return "xpm";
        if (start.StartsWith("#define ", StringComparison.Ordinal) && start.AsSpan(0, Math.Min(200, start.Length)).Contains("_width ", StringComparison.Ordinal) && start.Contains("_bits", StringComparison.Ordinal)) return "xbm";
        if (start.Length > 3 && start[0] == 'P' && start[1] is >= '1' and <= '7' && char.IsWhiteSpace(start[2]) && (char.IsAsciiDigit(start[3]) || start[3] is '#' or 'W')) return "pnm";
        if (start.StartsWith("ISO-10303-21;", StringComparison.Ordinal)) return "step";
        if (lower.StartsWith("webvtt", StringComparison.Ordinal)) return "srt";
        if (lower.StartsWith("{\"asset\"", StringComparison.Ordinal)) return "json";
        if (lower.StartsWith("%pdf-", StringComparison.Ordinal) || lower.StartsWith("%fdf-", StringComparison.Ordinal)) return "pdf";
        if (lower.StartsWith("%tgif", StringComparison.Ordinal)) return "txt";
        if (Uuencoded(lower)) return "uue";
        if (lower.Contains("(this file must be converted with binhex", StringComparison.Ordinal)) return "binhex";
        if (lower.StartsWith("=ybegin ", StringComparison.Ordinal)) return "yenc";
        if (lower.StartsWith("0\r\nsection\r\n", StringComparison.Ordinal) || lower.StartsWith("0\nsection\n", StringComparison.Ordinal) || lower.StartsWith("999\r\ndxf", StringComparison.Ordinal)) return "dxf";
        if (lower.StartsWith("table\r\n0,1\r\n", StringComparison.Ordinal)) return "dif";
        if (start.StartsWith("\\documentclass", StringComparison.Ordinal) || start.StartsWith("\\documentstyle", StringComparison.Ordinal)) return "tex";
        if (lower.StartsWith("activemime", StringComparison.Ordinal)) return "mht";
        return null;
    }

    // "begin 644 name": mode in octal, then lines whose length their first character tells.
    private static bool Uuencoded(string lower)
    {
        if (!lower.StartsWith("begin ", StringComparison.Ordinal) || lower.Length < 12) return false;
        int digits = 6;
        while (digits < lower.Length && lower[digits] is >= '0' and <= '7') digits++;
        return digits - 6 is 3 or 4 && digits < lower.Length && lower[digits] == ' ';
    }

    private static string? Settings(string lower)
    {
        if (lower.StartsWith("windows registry editor", StringComparison.Ordinal) || lower.StartsWith("regedit4", StringComparison.Ordinal)) return "reg";
        if (lower.StartsWith("id;p", StringComparison.Ordinal)) return "slk";
        if (lower.StartsWith("web\r\n1\r\n", StringComparison.Ordinal) || lower.StartsWith("web\n1\n", StringComparison.Ordinal)) return "iqy";
        if (lower.StartsWith("xlodbc", StringComparison.Ordinal)) return "dqy";
        if (lower.StartsWith("querytype=oledb", StringComparison.Ordinal)) return "rqy";
        if (lower.StartsWith("querytype=olap", StringComparison.Ordinal)) return "oqy";
        if (lower.StartsWith("#extm3u", StringComparison.Ordinal) || lower.StartsWith("[playlist]", StringComparison.Ordinal)) return "m3u";
        if (lower.Contains("full address:s:", StringComparison.Ordinal)) return "rdp";
        if (lower.AsSpan(0, Math.Min(lower.Length, 2_048)).Contains(".application#", StringComparison.Ordinal) && lower.Contains("publickeytoken=", StringComparison.Ordinal) && lower.Contains("culture=", StringComparison.Ordinal)) return "appref-ms";
        if (lower.StartsWith("# disk descriptorfile", StringComparison.Ordinal)) return "vmdk";
        string sections = lower.Length > 1_024 ? lower[..1_024] : lower;
        if (!sections.Contains('[', StringComparison.Ordinal)) return null;
        if (HasLine(sections, "[internetshortcut]")) return sections.Contains("prop4=", StringComparison.Ordinal) ? "website" : "url";
        if (HasLine(sections, "[.shellclassinfo]")) return "desktop-ini";
        if (HasLine(sections, "[shell]") && sections.Contains("command=", StringComparison.Ordinal)) return "scf";
        if (HasLine(sections, "[wfclient]") || HasLine(sections, "[applicationservers]")) return "ica";
        if (HasLine(sections, "[desktop entry]")) return "desktop";
        if (HasLine(sections, "[theme]")) return "theme";
        if (HasLine(sections, "[oledb]")) return "udl";
        if (HasLine(sections, "[version]") && sections.Contains("signature", StringComparison.Ordinal)) return "inf";
        if (HasLine(sections, "[autorun]")) return "inf";
        if (HasLine(sections, "[scriptfile]")) return "wsh";
        return null;
    }

    private static bool HasLine(string text, string line)
    {
        int at = text.IndexOf(line, StringComparison.Ordinal);
        return at == 0 || (at > 0 && text[at - 1] is '\n' or '\r');
    }

    private static string? Script(string start, string lower)
    {
        if (start.StartsWith("#!", StringComparison.Ordinal))
        {
            string line = lower[..(lower.IndexOf('\n', StringComparison.Ordinal) is var end and > 0 ? end : lower.Length)];
            return line.Contains("python", StringComparison.Ordinal) ? "py" : line.Contains("perl", StringComparison.Ordinal) ? "perl" : line.Contains("ruby", StringComparison.Ordinal) ? "ruby"
                : line.Contains("php", StringComparison.Ordinal) ? "php" : line.Contains("osascript", StringComparison.Ordinal) ? "applescript" : line.Contains("node", StringComparison.Ordinal) ? "js"
                : line.Contains("pwsh", StringComparison.Ordinal) ? "ps1" : line.Contains("awk", StringComparison.Ordinal) ? "awk" : line.Contains("lua", StringComparison.Ordinal) ? "lua"
                : line.Contains("tclsh", StringComparison.Ordinal) || line.Contains("wish", StringComparison.Ordinal) ? "tcl" : "sh";
        }

        if (lower.StartsWith("@echo ", StringComparison.Ordinal) || lower.StartsWith("@setlocal", StringComparison.Ordinal) || lower.StartsWith("rem \r\n@echo", StringComparison.Ordinal) || lower.StartsWith("@start ", StringComparison.Ordinal)
            || lower.StartsWith("@powershell", StringComparison.Ordinal) || lower.StartsWith("@cmd", StringComparison.Ordinal) || lower.Contains("\n@echo off", StringComparison.Ordinal)) return "bat";
        if (lower.StartsWith("<?php", StringComparison.Ordinal)) return "php";
        if (lower.StartsWith("<%@", StringComparison.Ordinal)) return "asp";
        if (Count(lower, "wscript.", "activexobject", "getobject(", "new activex", "var ", "function ", "eval(", "string.fromcharcode") >= 3 && Count(lower, "var ", "function ", "function(") > 0
            && Count(lower, "wscript.", "activexobject", "eval(", "string.fromcharcode") > 0) return "js";
        if (Count(lower, "createobject(", "wscript.", "getobject(") > 0 && Count(lower, "dim ", "set ", "on error resume next", "end sub", "end function", "chr(") > 0) return "vbs";
        if (Count(lower, "attribute vb_name") > 0) return "vbs";
        if (Count(lower, "$env:", "invoke-expression", "invoke-webrequest", "new-object ", "write-host", "iex ", "start-process", "[system.", "set-executionpolicy", "get-childitem", "-encodedcommand") >= 2) return "ps1";
        if ((lower.StartsWith("import ", StringComparison.Ordinal) || lower.StartsWith("from ", StringComparison.Ordinal) || lower.Contains("\nimport ", StringComparison.Ordinal))
            && Count(lower, "os.system(", "subprocess.", "exec(", "eval(", "urllib.", "requests.get", "socket.", "ctypes.", "__import__", "__name__", "base64.b64decode") >= 2) return "py";
        if (Count(lower, "tell application", "do shell script") >= 2 || (lower.StartsWith("tell application", StringComparison.Ordinal) && lower.Contains("end tell", StringComparison.Ordinal))) return "applescript";
        return null;
    }

    private static int Count(string text, params ReadOnlySpan<string> words)
    {
        int count = 0;
        foreach (string word in words)
        {
            if (text.Contains(word, StringComparison.Ordinal)) count++;
        }

        return count;
    }

    private static string? Mail(string lower)
    {
        ReadOnlySpan<char> rest = lower;
        bool box = rest.StartsWith("from ", StringComparison.Ordinal) && lower.IndexOf('\n', StringComparison.Ordinal) > 0;
        if (box) rest = rest[(rest.IndexOf('\n') + 1)..];
        int fields = 0;
        int certain = 0;
        for (int lines = 0; lines < 30 && !rest.IsEmpty; lines++)
        {
            int end = rest.IndexOf('\n');
            ReadOnlySpan<char> line = (end < 0 ? rest : rest[..end]).TrimEnd('\r');
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.IsEmpty) break;
            if (line[0] is ' ' or '\t') continue;
            int colon = line.IndexOf(':');
            if (colon <= 0 || line[..colon].ContainsAny(' ', '\t')) return null;
            foreach (string field in MailFields)
            {
                if (!line.StartsWith(field, StringComparison.Ordinal)) continue;
                fields++;
                if (field is not ("x-" or "to:" or "date:" or "status:" or "content-type:")) certain++;
                break;
            }
        }

        if (fields < 2 || certain < 1) return box && fields >= 1 ? "mbox" : null;
        if (box) return "mbox";
        return lower.Contains("multipart/related", StringComparison.Ordinal)
            && (lower.Contains("content-location:", StringComparison.Ordinal) || lower.Contains("saved by", StringComparison.Ordinal) || lower.Contains("snapshot-", StringComparison.Ordinal)) ? "mht" : "eml";
    }

    // Text in any 8-bit charset: no NUL, and control characters are rare (ESC, FF, BS occur in ISO-2022-JP, listings and man pages).
    private static string? Plain(ReadOnlySpan<byte> head)
    {
        int odd = 0;
        foreach (byte c in head)
        {
            if (c == 0) return null;
            if (c is < 32 and not (9 or 10 or 12 or 13 or 27 or 8 or 26 or 14 or 15) or 127) odd++;
        }

        return odd * 200 > head.Length + 199 ? null : Encoding.Latin1.GetString(head);
    }

    private static string? Wide(Encoding encoding, ReadOnlySpan<byte> head)
    {
        string text = encoding.GetString(head[..(head.Length & ~1)]);
        int odd = 0;
        foreach (char c in text)
        {
            if (c is '\0' or '\uFFFD' || (c < ' ' && c is not ('\t' or '\n' or '\r' or '\f'))) odd++;
        }

        return odd * 50 > text.Length + 49 ? null : text;
    }
}
