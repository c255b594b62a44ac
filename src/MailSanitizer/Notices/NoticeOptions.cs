namespace MailSanitizer.Notices;

/// <summary>Who tells whom.</summary>
public sealed record NoticeOptions
{
    /// <summary>Address in the From field; null: nobody is told anything by mail.</summary>
    public string? From { get; init; }

    /// <summary>Operators' addresses.</summary>
    public IReadOnlyList<string> Operators { get; init; } = [];

    /// <summary>Our host name, in Message-ID.</summary>
    public required string HostName { get; init; }

    /// <summary>How a reader asks for the message: a short text of the site's own (a telephone number, an address of the help desk).</summary>
    public string Ask { get; init; } = "";

    /// <summary>Readers get one digest a day instead of single notices.</summary>
    public bool Digest { get; init; }

    /// <summary>When digests go out, local time.</summary>
    public TimeOnly DigestAt { get; init; } = new(7, 0);

    /// <summary>Single notices a reader gets a day; what is above waits for the digest. Origin: product decision, DESIGN.md "a few a day and reader".</summary>
    public int PerReaderAndDay { get; init; } = 5;

    /// <summary>Notices of one kind that operators get a day; what is above waits for the digest.</summary>
    public int PerOperatorKindAndDay { get; init; } = 10;

    /// <summary>Items in one digest (count); the rest is counted.</summary>
    public int DigestItems { get; init; } = 100;
}
