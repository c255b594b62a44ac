namespace MailSanitizer.Content;

/// <summary>Findings about signatures of the message, seen by the daemon itself while it judges who sent it.</summary>
public static class AuthenticationFindings
{
    /// <summary>A DKIM signature with l= covers only the beginning of the body (RFC 6376 8.2).</summary>
    public static readonly FindingKind DkimPartlySigned = new("dkim-partly-signed", FindingClass.Note, "The body goes on behind what DKIM signed");
}
