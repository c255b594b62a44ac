namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Rounds of 7z's key derivation, as a power of two. Origin: 7-Zip writes 19 (19 ms a try); each step doubles. At it: <c>locked</c>, no password is tried.</summary>
    public int SevenZipCyclesPower { get; init; } = 22;

    /// <summary>Rounds of RAR5's key derivation, as a power of two. Origin: WinRAR writes 15; the format allows 24. At it: <c>locked</c>, no password is tried.</summary>
    public int RarKdfPower { get; init; } = 19;
}
