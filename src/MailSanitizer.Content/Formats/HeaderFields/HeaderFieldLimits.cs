namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Bytes of one header block, of the message or of a part. Origin: Postfix keeps 100 KB a field, Exchange 256 KB a header. At it: reading ends, <c>header-over-limit</c>.</summary>
    public int HeaderBytes { get; init; } = 256 * 1024;

    /// <summary>Fields of one header block (count). Origin: product decision; list mail has 60. At it: reading ends, <c>header-over-limit</c>.</summary>
    public int HeaderFields { get; init; } = 1_000;

    /// <summary>Parameters of one structured field, RFC 2231 pieces counted singly (count). At it: the rest is not read, <c>header-over-limit</c>.</summary>
    public int HeaderParameters { get; init; } = 200;

    /// <summary>Encoded words decoded in one field (count, RFC 2047). At it: the rest stays as it is written.</summary>
    public int EncodedWords { get; init; } = 2_000;

    /// <summary>Addresses read from one field (count). Origin: <c>HeaderBytes</c> holds no more than some thousand. At it: the list says that it was cut.</summary>
    public int HeaderAddresses { get; init; } = 5_000;
}
