namespace MailSanitizer.Worker.Cage;

/// <summary>
/// The system calls that a running .NET process needs to read its pipes, its own files and its memory. What is not here is refused: socket, connect,
/// execve, ptrace, io_uring, memfd, kill, mount, bpf, and all that the kernel will learn later.
/// </summary>
internal static class SystemCalls
{
    /// <summary>Allowed whatever the arguments: x86-64 number, arm64 number (-1 where the architecture has none).</summary>
    public static readonly (string Name, int X64, int Arm64)[] Plain =
    [
        ("read", 0, 63), ("write", 1, 64), ("readv", 19, 65), ("writev", 20, 66), ("pread64", 17, 67), ("pwrite64", 18, 68), ("preadv", 295, 69), ("pwritev", 296, 70),
        ("futex", 202, 98), ("madvise", 28, 233), ("munmap", 11, 215), ("mprotect", 10, 226), ("mremap", 25, 216), ("brk", 12, 214), ("mincore", 27, 232),
        ("open", 2, -1), ("openat", 257, 56), ("close", 3, 57), ("close_range", 436, 436), ("lseek", 8, 62), ("fcntl", 72, 25), ("flock", 73, 32),
        ("stat", 4, -1), ("lstat", 6, -1), ("fstat", 5, 80), ("newfstatat", 262, 79), ("statx", 332, 291), ("statfs", 137, 43), ("fstatfs", 138, 44),
        ("access", 21, -1), ("faccessat", 269, 48), ("faccessat2", 439, 439), ("readlink", 89, -1), ("readlinkat", 267, 78), ("getdents64", 217, 61), ("getcwd", 79, 17),
        ("ftruncate", 77, 46), ("fallocate", 285, 47), ("fadvise64", 221, 223), ("fsync", 74, 82), ("fdatasync", 75, 83), ("unlink", 87, -1), ("unlinkat", 263, 35),
        ("dup", 32, 23), ("dup3", 292, 24), ("pipe2", 293, 59), ("poll", 7, -1), ("ppoll", 271, 73),
        ("rt_sigaction", 13, 134), ("rt_sigprocmask", 14, 135), ("rt_sigreturn", 15, 139), ("sigaltstack", 131, 132), ("restart_syscall", 219, 128),
        ("sched_yield", 24, 124), ("sched_getaffinity", 204, 123), ("sched_getscheduler", 145, 120), ("sched_getparam", 143, 121),
        ("sched_get_priority_max", 146, 125), ("sched_get_priority_min", 147, 126), ("getpriority", 140, 141),
        ("nanosleep", 35, 101), ("clock_nanosleep", 230, 115), ("clock_gettime", 228, 113), ("clock_getres", 229, 114), ("gettimeofday", 96, 169),
        ("getpid", 39, 172), ("gettid", 186, 178), ("getppid", 110, 173), ("getuid", 102, 174), ("geteuid", 107, 175), ("getgid", 104, 176), ("getegid", 108, 177),
        ("getrlimit", 97, 163), ("getrusage", 98, 165), ("sysinfo", 99, 179), ("uname", 63, 160), ("getcpu", 309, 168), ("get_mempolicy", 239, 236),
        ("getrandom", 318, 278), ("membarrier", 324, 283), ("rseq", 334, 293), ("set_robust_list", 273, 99), ("exit", 60, 93), ("exit_group", 231, 94),
    ];

    /// <summary>Threads of this process, and nothing that is not one.</summary>
    public static readonly (int X64, int Arm64) Clone = (56, 220);

    /// <summary>Its flags lie behind a pointer, which a filter cannot read: ENOSYS sends the C library back to <see cref="Clone"/>.</summary>
    public static readonly (int X64, int Arm64) Clone3 = (435, 435);

    /// <summary>Private mappings only: shared anonymous and growing ones escape RLIMIT_DATA.</summary>
    public static readonly (int X64, int Arm64) Map = (9, 222);

    /// <summary>Names of threads and mappings.</summary>
    public static readonly (int X64, int Arm64) Control = (157, 167);

    /// <summary>Reading limits, own ones.</summary>
    public static readonly (int X64, int Arm64) Limit = (302, 261);

    /// <summary>A new thread of the runtime sets its own affinity, and is no thread when it cannot: itself only.</summary>
    public static readonly (int X64, int Arm64) Affinity = (203, 122);

    /// <summary>Signals to own threads: the garbage collector stops them so.</summary>
    public static readonly (int X64, int Arm64) ThreadKill = (234, 131);

    /// <summary>"Is it a terminal" is answered with no.</summary>
    public static readonly (int X64, int Arm64) DeviceControl = (16, 29);

    /// <summary>seccomp itself.</summary>
    public static readonly (int X64, int Arm64) Seccomp = (317, 277);

    /// <summary>capset.</summary>
    public static readonly (int X64, int Arm64) SetCapabilities = (126, 91);

    /// <summary>The number on this machine.</summary>
    public static int Number((int X64, int Arm64) call) => Native.Arm ? call.Arm64 : call.X64;
}
