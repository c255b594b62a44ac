namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>A password that a lock's verifier proved, with the key it makes.</summary>
internal sealed record OfficeKey(Password Password, byte[] Key)
{
    /// <inheritdoc/>
    public override string ToString() => $"key by {Password}";
}

/// <summary>Tries passwords on one Office lock: those that Office itself tries first, then what is at hand; metered.</summary>
internal static class LockSearch
{
    // Excel and PowerPoint open what these lock without asking: files that are to be hidden from scanners, not from readers.
    private static readonly Password[] Defaults = [new("VelvetSweatshop", "default"), new("/01Hannes Ruescher/01", "default")];

    // Longer ones no Office program takes (MS-OFFCRYPTO 2.3.4.7).
    private const int Longest = 255;

    /// <summary>The first password that fits. Cut: the meter ran out before all were tried.</summary>
    public static (OfficeKey? Key, bool Cut) Find(IReadOnlyList<Password> passwords, TimeSpan perTry, Func<TimeSpan, bool> charge, Func<string, byte[]?> keyFor, CancellationToken cancellation)
    {
        foreach (Password password in Defaults.Concat(passwords).Where(one => one.Text.Length is > 0 and <= Longest))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!charge(perTry)) return (null, true);
            if (keyFor(password.Text) is { } key) return (new OfficeKey(password, key), false);
        }

        return (null, false);
    }

    /// <summary>Says that a lock stays.</summary>
    public static void Report(IWalkContext context, string location, string name, bool cut)
    {
        context.Report(WalkFindings.Locked, location, name);
        if (cut) context.Report(WalkFindings.GuessingLimit, location, $"{context.Passwords.Count} passwords at hand");
    }

    /// <summary>The unlocked document as a part of its own, under the same name.</summary>
    public static ChildDescription Describe(Part part, OfficeKey key) => new(new PartName("unlocked", part.Name.Length > 0 ? part.Name : "document")) { OpenedWith = key.Password.Source, PackedSize = Math.Max(1, part.Bytes.Length) };
}
