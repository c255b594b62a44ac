using System.Text;

namespace MailSanitizer.Mail;

/// <summary>The text of a reply on its way from one peer to another: printable ASCII, bounded, in lines that cannot become a reply of their own.</summary>
public static class ReplyText
{
    /// <summary>Characters of one line (characters). Origin: RFC 5321 4.5.3.1.5 gives a reply line 512 octets; code, enhanced code and CRLF take the rest. Longer is cut.</summary>
    public const int LineCharacters = 480;

    /// <summary>Lines of one reply (count). Origin: product decision; real replies have up to eight. Further ones are dropped.</summary>
    public const int Lines = 16;

    /// <summary>The safe form; lines are separated by LF. What is not printable ASCII becomes <c>?</c>.</summary>
    public static string Safe(string untrusted)
    {
        StringBuilder safe = new(Math.Min(untrusted.Length, LineCharacters));
        int lines = 0;
        foreach (string line in untrusted.Split('\n'))
        {
            if (lines++ == Lines) break;
            if (lines > 1) safe.Append('\n');
            foreach (char one in line.TrimEnd('\r').Take(LineCharacters)) safe.Append(one is >= ' ' and <= '~' ? one : one == '\t' ? ' ' : '?');
        }

        return safe.ToString();
    }
}
