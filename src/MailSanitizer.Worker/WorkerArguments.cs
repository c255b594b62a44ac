using System.Globalization;

namespace MailSanitizer.Worker;

/// <summary>How the daemon starts a worker: pairs of name and value. Anything else is a fault, for only the daemon starts workers.</summary>
internal sealed record WorkerArguments
{
    /// <summary>The worker's own folder.</summary>
    public string Scratch { get; private init; } = "";

    /// <summary>RLIMIT_DATA (bytes).</summary>
    public long DataLimit { get; private init; }

    /// <summary>Managed heap (bytes).</summary>
    public long HeapLimit { get; private init; }

    /// <summary>RLIMIT_FSIZE (bytes).</summary>
    public long FileLimit { get; private init; }

    /// <summary>RLIMIT_NOFILE.</summary>
    public int Descriptors { get; private init; }

    /// <summary>User to become, when the daemon is root.</summary>
    public uint? Uid { get; private init; }

    /// <summary>Group to become.</summary>
    public uint? Gid { get; private init; }

    /// <summary>The daemon's user.</summary>
    public uint? DaemonUid { get; private init; }

    /// <summary>Paths that must be closed from inside.</summary>
    public IReadOnlyList<string> MustNotOpen { get; private init; } = [];

    /// <summary>1 before the exec, 2 behind it.</summary>
    public int Stage { get; private init; } = 1;

    /// <summary>Landlock's ABI that stage 1 set.</summary>
    public int Landlock { get; private init; }

    /// <summary>A network namespace of its own was given by a launcher or by stage 1.</summary>
    public bool OwnNetwork { get; private init; }

    /// <summary>Reads the arguments; null when they are not what a daemon gives.</summary>
    public static WorkerArguments? Parse(IReadOnlyList<string> arguments)
    {
        WorkerArguments read = new();
        if (arguments.Count % 2 != 0) return null;
        for (int at = 0; at < arguments.Count; at += 2)
        {
            string value = arguments[at + 1];
            bool numeric = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= 0;
            WorkerArguments? next = (arguments[at], numeric) switch
            {
                ("--scratch", _) => read with { Scratch = value },
                ("--must-not-open", _) => read with { MustNotOpen = [.. read.MustNotOpen, value] },
                ("--data", true) => read with { DataLimit = number },
                ("--heap", true) => read with { HeapLimit = number },
                ("--file", true) => read with { FileLimit = number },
                ("--descriptors", true) => read with { Descriptors = (int)Math.Min(number, int.MaxValue) },
                ("--uid", true) => read with { Uid = (uint)Math.Min(number, uint.MaxValue) },
                ("--gid", true) => read with { Gid = (uint)Math.Min(number, uint.MaxValue) },
                ("--daemon-uid", true) => read with { DaemonUid = (uint)Math.Min(number, uint.MaxValue) },
                ("--stage", true) => read with { Stage = (int)Math.Min(number, 2) },
                ("--landlock", true) => read with { Landlock = (int)Math.Min(number, int.MaxValue) },
                ("--own-network", true) => read with { OwnNetwork = number == 1 },
                _ => null,
            };
            if (next is null) return null;
            read = next;
        }

        return read.Scratch.Length > 0 && read.DataLimit > 0 && read.HeapLimit > 0 && read.FileLimit > 0 && read.Descriptors > 0 ? read : null;
    }
}
