namespace MailSanitizer.Mail;

/// <summary>
/// The bytes of a message, CRLF line ends as they came, dot-unstuffed, readable many times and never changed. Small ones lie in pooled memory, larger
/// ones in an unlinked file. Whoever created it disposes of it; who is handed one may read it until the call returns.
/// </summary>
public interface IMailBytes : IDisposable
{
    /// <summary>Length in bytes.</summary>
    long Length { get; }

    /// <summary>SHA-256, lower-case hex.</summary>
    string Sha256 { get; }

    /// <summary>A seekable stream over all of it; the caller disposes of it.</summary>
    Stream OpenRead();

    /// <summary>The content when it lies in memory; false for a file.</summary>
    bool TryGetMemory(out ReadOnlyMemory<byte> memory);
}

/// <summary>Makes <see cref="IMailBytes"/>: writes go to memory first and to a file when they grow.</summary>
public interface ISpool
{
    /// <summary>A new writer.</summary>
    ISpoolWriter Create();
}

/// <summary>Counts, hashes and stores while it is written to. Disposed without <see cref="Complete"/>, it gives everything back.</summary>
public interface ISpoolWriter : IDisposable
{
    /// <summary>Bytes so far.</summary>
    long Length { get; }

    /// <summary>Appends. Throws <see cref="IOException"/> when the disk is full: the caller answers 452.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Ends the writing; the caller owns the result.</summary>
    IMailBytes Complete();
}
