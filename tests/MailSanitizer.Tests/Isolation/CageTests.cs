using System.Globalization;
using MailSanitizer.Isolation;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Isolation;

/// <summary>The cage, proven from inside: the worker tries each thing itself.</summary>
public sealed class CageTests
{
    private static readonly string[] Allowed = ["own-scratch", "read-runtime", "thread"];

    [Fact]
    public async Task Nothing_that_leads_out_works_from_inside()
    {
        await using Pool pool = new();
        using WalkOutcome outcome = await pool.WalkAsync(Pool.Fault("prove"));
        Assert.Null(outcome.Fault);
        Dictionary<string, string> proof = outcome.Result!.Links.Where(link => link.Source == "proof").ToDictionary(link => link.Url, link => link.Text);
        Assert.True(proof.Count >= 40, $"only {proof.Count} lines");
        foreach (string name in Allowed) Assert.Equal("allowed", proof[name]);
        string[] open = [.. proof.Where(line => line.Value == "allowed").Select(line => line.Key).Except(Allowed)];
        Assert.Empty(open);
        foreach (string name in new[] { "socket-inet", "socket-unix", "connect", "execve", "execveat", "clone-process", "ptrace", "io-uring-setup", "memfd-create", "kill-parent", "raise-limit", "bpf", "mount" })
            Assert.Equal("EPERM", proof[name]);
        Assert.Equal("ENOSYS", proof["clone3"]);
        Assert.Equal("EPERM", proof["map-shared"]);
        Assert.Equal("EPERM", proof["map-growing"]);

        // Private memory ends below the limit: what the process already had is counted too.
        long megabytes = long.Parse(proof["memory"], CultureInfo.InvariantCulture);
        Assert.InRange(megabytes, 64, new IsolationOptions().Memory / 1024 / 1024);
    }

    [Fact]
    public async Task The_kernel_says_the_same_from_outside()
    {
        await using Pool pool = new(faulty: false);
        await pool.Workers.WarmAsync(default);
        IsolationState state = pool.Workers.State;
        Assert.Null(state.Fault);
        Assert.Equal(2, state.Workers);
        Assert.NotNull(state.Cage);
        Assert.True(state.Cage!.Seccomp && state.Cage.NoNewPrivileges && state.Cage.NoCapabilities);
        Assert.Equal(1, state.Cage.ClosedPaths);
        Assert.Contains("seccomp", state.Cage.ToString(), StringComparison.Ordinal);
        foreach (int process in state.Processes)
        {
            string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");
            foreach (string thread in Directory.GetDirectories(folder + "/task"))
            {
                Dictionary<string, string> status = File.ReadLines(thread + "/status").Select(line => line.Split(':', 2)).ToDictionary(words => words[0], words => words[1].Trim());
                Assert.Equal("2", status["Seccomp"]);
                Assert.Equal("1", status["NoNewPrivs"]);
                Assert.Equal("0000000000000000", status["CapEff"]);
            }

            string limits = File.ReadAllText(folder + "/limits");
            Assert.Contains($"Max data size             {new IsolationOptions().Memory}", limits, StringComparison.Ordinal);
            Assert.Contains("Max core file size        0", limits, StringComparison.Ordinal);
            Assert.DoesNotContain("PATH=", File.ReadAllText(folder + "/environ"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_worker_that_can_open_what_it_must_not_refuses_to_start()
    {
        await using Pool pool = new(options => options with { MustNotOpen = [AppContext.BaseDirectory] }, faulty: false);
        using WalkOutcome outcome = await pool.WalkAsync(Pool.Plain);
        Assert.Contains("can be opened from inside the cage", outcome.Fault, StringComparison.Ordinal);
        Assert.False(outcome.Died);
        Assert.NotNull(pool.Workers.State.Fault);
    }

    [Fact]
    public async Task With_a_user_of_its_own_the_worker_has_that_user()
    {
        if (Environment.UserName != "root") Assert.Skip("only root can give workers another user");
        await using Pool pool = new(options => options with { RunAs = (65534, 65534) }, faulty: false);
        using WalkOutcome outcome = await pool.WalkAsync(Pool.Plain);
        if (outcome.Fault?.Contains("Permission denied", StringComparison.Ordinal) == true || outcome.Fault?.Contains("before it said hello", StringComparison.Ordinal) == true)
            Assert.Skip("the build folder cannot be read by another user");
        Assert.Null(outcome.Fault);
        Assert.Equal(65534, pool.Workers.State.Cage!.Uid);
    }

    [Fact]
    public async Task Nothing_is_left_in_the_scratch_folder()
    {
        await using Pool pool = new(options => options, faulty: true);
        using (WalkOutcome outcome = await pool.WalkAsync(Pool.Fault("scratch 16"))) Assert.Null(outcome.Fault);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(pool.Folder, "scratch"), "*", SearchOption.AllDirectories));
    }
}
