namespace MailSanitizer.Reception;

/// <summary>Where a session stands.</summary>
internal enum SessionState
{
    /// <summary>No greeting yet.</summary>
    Connected,

    /// <summary>Greeted, no transaction.</summary>
    Ready,

    /// <summary>MAIL was taken.</summary>
    Sender,

    /// <summary>A recipient was taken.</summary>
    Recipients,

    /// <summary>A BDAT was taken that was not the last.</summary>
    Chunks,
}
