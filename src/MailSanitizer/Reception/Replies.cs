using MailSanitizer.Mail;

namespace MailSanitizer.Reception;

/// <summary>What Reception says of its own (RFC 5321 4.2, RFC 3463).</summary>
internal static class Replies
{
    public static SmtpReply Ok { get; } = new(250, "2.0.0", "Ok");

    public static SmtpReply SenderOk { get; } = new(250, "2.1.0", "Ok");

    public static SmtpReply RecipientOk { get; } = new(250, "2.1.5", "Ok");

    public static SmtpReply GoOn { get; } = new(354, "", "End with <CR><LF>.<CR><LF>");

    public static SmtpReply Bye { get; } = new(221, "2.0.0", "Bye");

    public static SmtpReply StartTls { get; } = new(220, "2.0.0", "Ready to start TLS");

    public static SmtpReply NotVerified { get; } = new(252, "2.0.0", "Not verified, send it and see");

    public static SmtpReply Help { get; } = new(214, "2.0.0", "RFC 2033 and RFC 5321");

    public static SmtpReply NotTrusted { get; } = new(554, "5.7.1", "Not for you");

    public static SmtpReply TooManyConnections { get; } = new(421, "4.3.2", "Too many connections, try again later");

    public static SmtpReply NextHopUnknown { get; } = new(421, "4.3.2", "The next hop has not been reached yet, try again later");

    public static SmtpReply Draining { get; } = new(421, "4.3.2", "Shutting down, try again later");

    public static SmtpReply TimedOut { get; } = new(421, "4.4.2", "Time is up");

    public static SmtpReply TooManyErrors { get; } = new(421, "4.7.0", "Too many errors");

    public static SmtpReply TooManyIdleCommands { get; } = new(421, "4.7.0", "Too many commands without mail");

    public static SmtpReply TooManyMessages { get; } = new(421, "4.7.0", "Too many messages in one session, connect again");

    public static SmtpReply LineTooLong { get; } = new(500, "5.5.2", "Line too long");

    public static SmtpReply BareLineEnd { get; } = new(500, "5.5.2", "Bare <CR> or <LF> in a command, closing");

    public static SmtpReply NotText { get; } = new(500, "5.5.2", "Control characters or invalid UTF-8 in a command");

    public static SmtpReply Unknown { get; } = new(500, "5.5.1", "Unknown command");

    public static SmtpReply NotHere { get; } = new(502, "5.5.1", "Not implemented");

    public static SmtpReply HelloFirst { get; } = new(503, "5.5.1", "Say LHLO or EHLO first");

    public static SmtpReply OtherGreeting { get; } = new(503, "5.5.1", "This session has greeted in the other protocol");

    public static SmtpReply MailFirst { get; } = new(503, "5.5.1", "MAIL first");

    public static SmtpReply NoRecipients { get; } = new(503, "5.5.1", "No valid recipients");

    public static SmtpReply Nested { get; } = new(503, "5.5.1", "Nested MAIL");

    public static SmtpReply InTransaction { get; } = new(503, "5.5.1", "Not inside a mail transaction");

    public static SmtpReply InChunks { get; } = new(503, "5.5.1", "Chunks are being sent, go on with BDAT");

    public static SmtpReply TlsOn { get; } = new(503, "5.5.1", "TLS is on already");

    public static SmtpReply Syntax { get; } = new(501, "5.5.4", "Syntax error in parameters");

    public static SmtpReply BadSender { get; } = new(501, "5.1.7", "Bad sender address syntax");

    public static SmtpReply BadRecipient { get; } = new(501, "5.1.3", "Bad recipient address syntax");

    public static SmtpReply UnknownParameter { get; } = new(555, "5.5.4", "Unsupported parameter");

    public static SmtpReply TooManyRecipients { get; } = new(452, "4.5.3", "Too many recipients");

    public static SmtpReply TooLarge { get; } = new(552, "5.3.4", "Message too large");

    public static SmtpReply NoRoom { get; } = new(452, "4.3.1", "Not enough storage, try again later");

    public static SmtpReply Loop { get; } = new(554, "5.4.6", "Mail loop: too many Received fields");
}
