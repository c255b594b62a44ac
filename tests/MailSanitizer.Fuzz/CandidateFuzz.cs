using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Passwords;

namespace MailSanitizer.Fuzz;

/// <summary>Candidates of any text: bounded in number and length, ranked, without repetition.</summary>
public static class CandidateFuzz
{
    public static FuzzTarget Reader { get; } = new(
        "candidate-reader",
        [
            Encoding.UTF8.GetBytes("パスワードは下記です。\r\n\r\n「aB3#」\r\n> PW: old-1\r\n電話番号の下4桁 TEL 03-0000-1234 2026年11月24日"),
            Encoding.UTF8.GetBytes("<table><tr><td>ﾊﾟｽﾜｰﾄﾞ</td><td><b>a</b>B&amp;1</td></tr></table><style>x</style><!-- -->password is <i>x</i>"),
            Encoding.UTF8.GetBytes("From: a\nSent: b\nPasswort lautet: Grün&Blau7\n  mot de passe : «été2026»\npw = \"open sesame 9\""),
        ],
        static input =>
        {
            string text = Encoding.UTF8.GetString(input) + (input.Length > 4 ? new string([(char)BitConverter.ToUInt16(input), (char)BitConverter.ToUInt16(input, 2)]) : "");
            Limits limits = Limits.Default;
            foreach (bool html in new[] { false, true })
            {
                IReadOnlyList<CandidateFact> found = CandidateReader.Read([new CandidateText("subject", text.Length > 80 ? text[..80] : text), new CandidateText("1", text, html), new CandidateText("date", text)], [text], limits);
                if (found.Count(fact => fact.Kind != "token") > limits.Candidates) throw new InvalidOperationException("too many candidates");
                if (found.Count > limits.Candidates + limits.CandidateTokens) throw new InvalidOperationException("too many tokens");
                if (found.Any(fact => fact.Text.Length is 0 or > 128)) throw new InvalidOperationException("a candidate of a wrong length");
                if (found.Select(fact => fact.Text).Distinct(StringComparer.Ordinal).Count() != found.Count) throw new InvalidOperationException("a candidate twice");
            }
        });
}
