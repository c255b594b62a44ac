namespace MailSanitizer.Pipeline;

/// <summary>What the mail that ends a hold needs to know.</summary>
/// <param name="From">Our address in follow-ups and returned mail.</param>
/// <param name="HostName">Our host name.</param>
/// <param name="KeepFinished">How long a message stays in the store after its hold ended well.</param>
public sealed record HeldOptions(string From, string HostName, TimeSpan KeepFinished);
