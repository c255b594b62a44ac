using System.Runtime.InteropServices;

namespace MailSanitizer.Worker.Cage;

/// <summary>Builds and loads the seccomp filter: an allow-list with the architecture checked, synchronised over all threads.</summary>
internal static unsafe class Seccomp
{
    private const uint Allow = 0x7fff0000;
    private const uint Kill = 0x80000000;
    private const uint Error = 0x00050000;
    private const uint NotPermitted = 1;
    private const uint NoTerminal = 25;
    private const uint NoSuchCall = 38;

    private const ushort Load = 0x20;
    private const ushort Equal = 0x15;
    private const ushort GreaterOrEqual = 0x35;
    private const ushort And = 0x54;
    private const ushort Return = 0x06;

    private const uint ThreadFlags = 0x00000100 | 0x00010000;
    private const uint NameThread = 15;
    private const uint ReadName = 16;
    private const uint NameMapping = 0x53564d41;

    /// <summary>Loads the filter into every thread of the process. Needs no_new_privs.</summary>
    public static void Enter()
    {
        Instruction[] program = Program((uint)Native.Process());
        fixed (Instruction* first = program)
        {
            FilterProgram filter = new() { Length = (ushort)program.Length, First = first };
            const int setModeFilter = 1;
            const int synchronise = 1;
            nint result = Native.Syscall(SystemCalls.Number(SystemCalls.Seccomp), setModeFilter, synchronise, (nint)(&filter));
            if (result > 0) throw new CageException($"seccomp: thread {result} has a filter of its own");
            if (result < 0) throw new CageException($"seccomp: {Native.LastError}; the kernel needs CONFIG_SECCOMP_FILTER");
        }
    }

    /// <summary>The filter's instructions for this machine.</summary>
    public static Instruction[] Program(uint process)
    {
        List<Instruction> program = [];
        void Add(ushort code, uint value, byte yes = 0, byte no = 0) => program.Add(new Instruction { Code = code, Value = value, Yes = yes, No = no });
        void LoadArgument(int index) => Add(Load, (uint)(16 + (8 * index)));

        // A 32-bit or x32 call has other numbers for other calls: such a process is not ours.
        Add(Load, 4);
        Add(Equal, Native.Arm ? 0xC00000B7 : 0xC000003E, 1, 0);
        Add(Return, Kill);
        Add(Load, 0);
        Add(GreaterOrEqual, 0x40000000, 0, 1);
        Add(Return, Kill);
        foreach ((_, int x64, int arm64) in SystemCalls.Plain)
        {
            int number = SystemCalls.Number((x64, arm64));
            if (number < 0) continue;
            Add(Equal, (uint)number, 0, 1);
            Add(Return, Allow);
        }

        // Each block: is it this call? look at arguments, answer; else skip the block.
        void Block((int X64, int Arm64) call, Action body)
        {
            int test = program.Count;
            Add(Equal, (uint)SystemCalls.Number(call));
            body();
            program[test] = program[test] with { No = (byte)(program.Count - test - 1) };
        }

        Block(SystemCalls.Clone3, () => Add(Return, Error | NoSuchCall));
        Block(SystemCalls.DeviceControl, () => Add(Return, Error | NoTerminal));
        Block(SystemCalls.Clone, () =>
        {
            LoadArgument(0);
            Add(And, ThreadFlags);
            Add(Equal, ThreadFlags, 0, 1);
            Add(Return, Allow);
            Add(Return, Error | NotPermitted);
        });
        Block(SystemCalls.Affinity, () =>
        {
            LoadArgument(0);
            Add(Equal, 0, 0, 1);
            Add(Return, Allow);
            Add(Return, Error | NotPermitted);
        });
        Block(SystemCalls.Map, () =>
        {
            const uint shared = 0x01;
            const uint anonymous = 0x20;
            const uint growsDown = 0x100;
            LoadArgument(3);
            Add(And, growsDown);
            Add(Equal, 0, 1, 0);
            Add(Return, Error | NotPermitted);
            LoadArgument(3);
            Add(And, shared | anonymous);
            Add(Equal, shared | anonymous, 0, 1);
            Add(Return, Error | NotPermitted);
            Add(Return, Allow);
        });
        Block(SystemCalls.Control, () =>
        {
            LoadArgument(0);
            Add(Equal, NameThread, 2, 0);
            Add(Equal, ReadName, 1, 0);
            Add(Equal, NameMapping, 0, 1);
            Add(Return, Allow);
            Add(Return, Error | NotPermitted);
        });
        Block(SystemCalls.Limit, () =>
        {
            // prlimit64(0, resource, NULL, …): both halves of the pointer.
            LoadArgument(0);
            Add(Equal, 0, 0, 5);
            LoadArgument(2);
            Add(Equal, 0, 0, 3);
            Add(Load, 16 + (8 * 2) + 4);
            Add(Equal, 0, 0, 1);
            Add(Return, Allow);
            Add(Return, Error | NotPermitted);
        });
        Block(SystemCalls.ThreadKill, () =>
        {
            LoadArgument(0);
            Add(Equal, process, 0, 1);
            Add(Return, Allow);
            Add(Return, Error | NotPermitted);
        });
        Add(Return, Error | NotPermitted);
        return [.. program];
    }

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal record struct Instruction
    {
        public ushort Code;
        public byte Yes;
        public byte No;
        public uint Value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct FilterProgram
    {
        public ushort Length;
        public Instruction* First;
    }
}
