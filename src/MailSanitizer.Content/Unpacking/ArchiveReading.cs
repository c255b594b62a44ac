namespace MailSanitizer.Content.Unpacking;

/// <summary>What a reader of an archive may use while it lists members, the same for a walk and for a rebuild (where nothing is reported twice).</summary>
public sealed class ArchiveReading
{
    private readonly IWalkContext? _walk;
    private readonly IRebuildContext? _rebuild;

    /// <summary>For a walk.</summary>
    public ArchiveReading(Part part, IWalkContext context)
    {
        (Part, _walk, Limits, Cancellation, Passwords) = (part, context, context.Limits, context.Cancellation, context.Passwords);
    }

    /// <summary>For a rebuild.</summary>
    public ArchiveReading(Part part, IRebuildContext context)
    {
        (Part, _rebuild, Limits, Cancellation, Passwords) = (part, context, context.Limits, context.Cancellation, context.Passwords);
    }

    /// <summary>The archive.</summary>
    public Part Part { get; }

    /// <summary>Its bytes.</summary>
    public PartBytes Bytes => Part.Bytes;

    /// <summary>The limits in force.</summary>
    public Limits Limits { get; }

    /// <summary>Cancelled when the job's deadline passes.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Passwords to try.</summary>
    public IReadOnlyList<Password> Passwords { get; }

    /// <summary>Set when something was reported that means that not every member was handed out.</summary>
    public bool Incomplete { get; private set; }

    /// <summary>In a rebuild: set when something was reported that is to be taken out, which writing the archive anew does.</summary>
    public bool TakesOut { get; private set; }

    /// <summary>For a second pass: nothing is said again.</summary>
    public bool Quiet { get; init; }

    /// <summary>Reports a finding of the archive.</summary>
    public void Report(FindingKind kind, string location = "", string detail = "")
    {
        if (Quiet) return;
        if (kind.Class == FindingClass.Active && _rebuild?.Removes(kind) is true)
        {
            TakesOut = true;
            _rebuild.Done(kind, location, "removed");
        }

        if (kind.Class is FindingClass.Unscannable or FindingClass.Locked or FindingClass.Limit) Incomplete = true;
        _walk?.Report(kind, location, detail);
    }

    /// <summary>Meters guessing; a rebuild opens what a walk has opened and is not metered.</summary>
    public bool ChargeGuessing(TimeSpan cpu) => _walk?.ChargeGuessing(cpu) ?? true;

    /// <summary>Records the password that opened a member.</summary>
    public void Opened(Password password, string location = "") => _walk?.Opened(password, location);

    /// <summary>Exactly <paramref name="length"/> bytes at <paramref name="offset"/>, or null when the part ends before.</summary>
    public byte[]? Take(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset > Bytes.Length - length) return null;
        byte[] taken = new byte[length];
        return Bytes.Read(offset, taken) == length ? taken : null;
    }
}
