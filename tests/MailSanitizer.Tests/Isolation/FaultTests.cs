using System.Diagnostics;
using System.Runtime.InteropServices;
using MailSanitizer.Isolation;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Isolation;

/// <summary>What the host does wrong is 451 and never a finding (DESIGN.md, promise 5).</summary>
public sealed partial class FaultTests
{
    [Fact]
    public async Task A_missing_worker_is_a_fault_that_names_it()
    {
        await using Pool pool = new(options => options with { Program = "/nonexistent/worker" });
        using WalkOutcome outcome = await pool.WalkAsync(Pool.Plain);
        Assert.Null(outcome.Result);
        Assert.False(outcome.Died);
        Assert.Contains("/nonexistent/worker is missing", outcome.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_no_worker_is_a_fault()
    {
        await using Pool pool = new(options => options with { Program = "/bin/echo" });
        using WalkOutcome outcome = await pool.WalkAsync(Pool.Plain);
        Assert.Contains("restart the daemon", outcome.Fault, StringComparison.OrdinalIgnoreCase);
        Assert.False(outcome.Died);
    }

    [Fact]
    public async Task A_program_replaced_under_load_is_a_fault_for_every_message_that_needs_a_new_worker_and_heals_when_it_is_back()
    {
        // The same worker, and another build of it: its module id differs in one byte.
        string folder = Path.Combine(Path.GetTempPath(), $"mailsanitizer-upgrade-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        try
        {
            foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            string program = Path.Combine(folder, "MailSanitizer.FaultyWorker");
            await using Pool pool = new(options => options with { Program = program });
            await pool.Workers.WarmAsync(default);
            byte[] old = await File.ReadAllBytesAsync(program + ".dll");
            Guid build = System.Reflection.Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, "MailSanitizer.FaultyWorker.dll")).ManifestModule.ModuleVersionId;
            int at = old.AsSpan().IndexOf(build.ToByteArray());
            Assert.True(at > 0);
            byte[] other = (byte[])old.Clone();
            other[at] ^= 0xFF;

            // As packages do it: a new file takes the name, running workers keep the old one.
            File.Delete(program + ".dll");
            await File.WriteAllBytesAsync(program + ".dll", other);
            List<Task<WalkOutcome>> walks = [];
            for (int message = 0; message < 8; message++) walks.Add(pool.WalkAsync(message % 2 == 0 ? Pool.Plain : Pool.Fault("abort")));
            WalkOutcome[] outcomes = await Task.WhenAll(walks);
            Assert.DoesNotContain(outcomes, outcome => outcome.Died);
            Assert.Contains(outcomes, outcome => outcome.Fault?.Contains("restart the daemon after an upgrade", StringComparison.Ordinal) == true);
            foreach (WalkOutcome outcome in outcomes) outcome.Dispose();

            File.Delete(program + ".dll");
            await File.WriteAllBytesAsync(program + ".dll", old);
            using WalkOutcome healed = await pool.WalkAsync(Pool.Plain);
            Assert.NotNull(healed.Result);
            Assert.Null(pool.Workers.State.Fault);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_full_scratch_disk_is_a_fault_with_the_place_and_the_remedy()
    {
        using SmallDisk disk = SmallDisk.Mount();
        await using Pool pool = new(options => options with { ScratchFolder = disk.Path });
        using (WalkOutcome full = await pool.WalkAsync(Pool.Fault("scratch 64")))
        {
            Assert.Null(full.Result);
            Assert.False(full.Died);
            Assert.Contains("free space", full.Fault, StringComparison.Ordinal);
            Assert.Contains(disk.Path, full.Fault, StringComparison.Ordinal);
        }

        // A message that does not fit, before anybody looked at it.
        byte[] large = new byte[24 * 1024 * 1024];
        Pool.Plain.CopyTo(large, 0);
        using (WalkOutcome outcome = await pool.WalkAsync(large)) Assert.Contains("free space", outcome.Fault, StringComparison.Ordinal);
        using WalkOutcome after = await pool.WalkAsync(Pool.Plain);
        Assert.NotNull(after.Result);
    }

    [Fact]
    public async Task A_full_spool_is_a_fault()
    {
        using SmallDisk disk = SmallDisk.Mount();
        await using Pool pool = new();
        Spool small = new(Path.Combine(disk.Path, "spool"), memory: 4096);
        await using ContentWorkers workers = new(
            new IsolationOptions { Workers = 1, Program = Path.Combine(AppContext.BaseDirectory, "MailSanitizer.FaultyWorker"), ScratchFolder = Path.Combine(pool.Folder, "other") }, small, TimeProvider.System);
        byte[] large = new byte[20 * 1024 * 1024];
        Pool.Plain.CopyTo(large, 0);
        using IMailBytes bytes = pool.Bytes(large);
        using WalkOutcome outcome = await workers.WalkAsync(bytes, Pool.Order, default);
        Assert.False(outcome.Died);
        Assert.Contains("spool", outcome.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_starved_worker_misses_its_deadline_as_often_as_it_likes_and_has_not_died()
    {
        // The worker and eight spinners on one processor: it is ready to run and seldom runs.
        await using Pool pool = new(options => options with { Workers = 1 });
        await pool.Workers.WarmAsync(default);
        using Spinners spinners = new(8);
        for (int round = 0; round < 3; round++)
        {
            int worker = (await WorkersAsync(pool)).Single();
            spinners.Join(worker);
            using WalkOutcome outcome = await pool.WalkAsync(Pool.Fault("spin 30000"), Pool.Order with { Within = TimeSpan.FromSeconds(1) });
            Assert.False(outcome.Died);
            Assert.NotNull(outcome.Fault);
            Assert.DoesNotContain("of 3 for content", outcome.Fault, StringComparison.Ordinal);
        }
    }

    private static async Task<IReadOnlyList<int>> WorkersAsync(Pool pool)
    {
        for (int tries = 0; pool.Workers.State.Processes.Count == 0; tries++)
        {
            Assert.True(tries < 1000, "no worker");
            await Task.Delay(20);
        }

        return pool.Workers.State.Processes;
    }

    /// <summary>A tmpfs of 16 MB.</summary>
    private sealed class SmallDisk : IDisposable
    {
        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"mailsanitizer-small-{Guid.NewGuid():N}");

        public static SmallDisk Mount()
        {
            SmallDisk disk = new();
            Directory.CreateDirectory(disk.Path);
            using Process mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", disk.Path]) { RedirectStandardError = true })!;
            mount.WaitForExit();
            if (mount.ExitCode == 0) return disk;
            Directory.Delete(disk.Path);
            Assert.Skip("this user cannot mount a small disk");
            return disk;
        }

        public void Dispose()
        {
            using Process unmount = Process.Start("umount", ["-l", Path]);
            unmount.WaitForExit();
            Directory.Delete(Path);
        }
    }

    /// <summary>Processes that use up one processor.</summary>
    private sealed partial class Spinners : IDisposable
    {
        private readonly List<Process> _processes = [];

        public Spinners(int count)
        {
            for (int spinner = 0; spinner < count; spinner++)
            {
                Process process = Process.Start(new ProcessStartInfo("sh", ["-c", "while :; do :; done"]))!;
                _processes.Add(process);
                Pin(process.Id);
            }
        }

        /// <summary>Puts another process on that processor.</summary>
        public void Join(int process) => Pin(process);

        public void Dispose()
        {
            foreach (Process process in _processes)
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }
        }

        private static void Pin(int process)
        {
            foreach (string thread in Directory.GetDirectories($"/proc/{process}/task"))
            {
                ulong first = 1;
                _ = SetAffinity(int.Parse(Path.GetFileName(thread), System.Globalization.CultureInfo.InvariantCulture), sizeof(ulong), in first);
            }
        }

        [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
        private static partial int SetAffinity(int thread, nint size, in ulong mask);
    }
}
