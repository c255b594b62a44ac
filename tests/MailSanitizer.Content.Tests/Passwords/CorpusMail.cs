using System.Runtime.CompilerServices;
using System.Text;
using MailSanitizer.Content.Passwords;
using MimeKit;

namespace MailSanitizer.Content.Tests.Passwords;

/// <summary>One record of tests/corpus/passwords, sent through a real MIME message in its charset.</summary>
public sealed record CorpusMail(string Id, string Charset, bool IsHtml, string Subject, IReadOnlyList<string> Files, IReadOnlyList<IReadOnlyList<string>> Passwords, string Body)
{
    static CorpusMail() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public static IReadOnlyList<CorpusMail> Load(string file)
    {
        List<CorpusMail> mails = [];
        foreach (string record in File.ReadAllText(Path.Combine(Folder(), file)).Split("%% ", StringSplitOptions.RemoveEmptyEntries)) mails.Add(Parse(record));
        return mails;
    }

    /// <summary>As the walk would read it: encoded to bytes, parsed, decoded.</summary>
    public IReadOnlyList<CandidateFact> Candidates()
    {
        MimeMessage message = new() { Subject = Subject };
        message.From.Add(new MailboxAddress("Sender", "sender@sender.example"));
        TextPart text = new(IsHtml ? "html" : "plain");
        text.SetText(Encoding.GetEncoding(Charset), Body);
        message.Body = text;
        using MemoryStream bytes = new();
        message.WriteTo(bytes);
        bytes.Position = 0;
        MimeMessage read = MimeMessage.Load(bytes);
        List<CandidateText> texts = [new("subject", read.Subject ?? ""), new("1", (IsHtml ? read.HtmlBody : read.TextBody) ?? "", IsHtml), new("date", "Tue, 24 Nov 2026 10:00:00 +0900")];
        return CandidateReader.Read(texts, Files, Limits.Default);
    }

    private static CorpusMail Parse(string record)
    {
        using StringReader reader = new(record);
        string id = reader.ReadLine()!.Trim();
        string charset = "utf-8", subject = "";
        bool html = false;
        List<string> files = [];
        List<IReadOnlyList<string>> passwords = [];
        for (string? line = reader.ReadLine(); !string.IsNullOrWhiteSpace(line); line = reader.ReadLine())
        {
            string value = line[(line.IndexOf(':') + 1)..].Trim();
            switch (line[..line.IndexOf(':')])
            {
                case "Charset": charset = value; break;
                case "Type": html = value == "html"; break;
                case "Subject": subject = value; break;
                case "File": if (value.Length > 0) files.Add(value); break;
                case "Password": passwords.Add([value]); break;
                case "Or": passwords[^1] = [.. passwords[^1], value]; break;
                default: throw new InvalidDataException($"{id}: {line}");
            }
        }

        return new CorpusMail(id, charset, html, subject, files, passwords, reader.ReadToEnd().Replace("\n", "\r\n", StringComparison.Ordinal));
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../corpus/passwords"));
}
