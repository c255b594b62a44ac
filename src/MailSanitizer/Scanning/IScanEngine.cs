using MailSanitizer.Mail;

namespace MailSanitizer.Scanning;

/// <summary>One engine: asked for content, answers with a value.</summary>
public interface IScanEngine
{
    /// <summary>Its name in facts, header and audit.</summary>
    string Name { get; }

    /// <summary>Scans one item. Never throws but for cancellation.</summary>
    Task<ScanFact> ScanAsync(ScanItem item, CancellationToken cancellation);
}
