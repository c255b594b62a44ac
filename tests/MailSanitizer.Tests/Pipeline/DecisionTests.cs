using System.Net;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Pipeline;
using MailSanitizer.Rules;

namespace MailSanitizer.Tests.Pipeline;

/// <summary>Directions, budget, floors, and how a decision is fitted to the wire.</summary>
public sealed class DecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 0, 0, 0, TimeSpan.Zero);

    private static Envelope To(string? client, params string[] recipients) => new()
    {
        MailFrom = "a@example.com",
        Recipients = [.. recipients.Select(address => new Recipient(address))],
        Client = ForwardedClient.Unknown with { Address = client, Source = "LOCAL" },
        IsLmtp = true,
    };

    private static ReceivedMessage Message(Envelope envelope, string mode = "after-queue", string direction = "auto") =>
        new(Guid.Empty, envelope, new MemoryMailBytes("x"u8.ToArray()), new ListenerFacts("l", mode, direction), Now, Now + TimeSpan.FromSeconds(100));

    private static MessageFacts Facts(Envelope envelope, params FindingFact[] findings) => new()
    {
        Id = Guid.Empty,
        Envelope = envelope,
        Directions = [.. envelope.Recipients.Select(_ => Direction.Inbound)],
        Headers = [],
        Size = 1,
        Sha256 = "",
        ReceivedAt = Now,
        Authentication = AuthenticationFacts.None,
        Parts = [new PartFact { Path = "", Format = "eml", Sha256 = "0" }, new PartFact { Path = "1", Parent = "", Format = "docx", Sha256 = "1" }],
        Findings = findings,
    };

    [Theory]
    [InlineData(null, "auto", "a@example.jp", Direction.Inbound)]
    [InlineData("203.0.113.9", "auto", "a@example.jp", Direction.Inbound)]
    [InlineData("203.0.113.9", "auto", "a@other.example", Direction.Inbound)]
    [InlineData("192.0.2.9", "auto", "a@other.example", Direction.Outbound)]
    [InlineData("192.0.2.9", "auto", "a@EXAMPLE.jp", Direction.Internal)]
    [InlineData("::ffff:192.0.2.9", "auto", "a@other.example", Direction.Outbound)]
    [InlineData("192.0.2.9", "inbound", "a@other.example", Direction.Inbound)]
    [InlineData(null, "outbound", "a@other.example", Direction.Outbound)]
    [InlineData(null, "outbound", "a@example.jp", Direction.Internal)]
    [InlineData("not-an-address", "auto", "a@other.example", Direction.Inbound)]
    public void Direction_is_inbound_unless_proven(string? client, string listener, string recipient, Direction expected)
    {
        Directions directions = new(["example.jp"], [IPNetwork.Parse("192.0.2.0/24")]);
        Assert.Equal([expected], directions.Of(To(client, recipient), new ListenerFacts("l", "after-queue", listener)));
    }

    [Fact]
    public void The_budget_is_shared_out_whole_and_in_order()
    {
        ReceivedMessage message = Message(To(null, "a@example.jp"));
        Assert.Equal(1.0, TimeBudget.Sum, 6);
        Assert.True(message.ReceivedAt < TimeBudget.WalkEnds(message) && TimeBudget.WalkEnds(message) < TimeBudget.ScanEnds(message));
        Assert.True(TimeBudget.ScanEnds(message) < TimeBudget.RebuildEnds(message) && TimeBudget.RebuildEnds(message) < message.Deadline);
    }

    public static TheoryData<string> Kinds() => [.. FindingKinds.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_finding_kind_has_its_floor_with_an_empty_rule_set(string kind)
    {
        Decision decision = RuleSet.Empty.Decide(Facts(To(null, "a@example.jp"), new FindingFact(kind, "1", "", "", null)));
        Branch branch = Assert.Single(decision.Branches);
        switch (FindingKinds.Find(kind)!.Class)
        {
            case FindingClass.Note:
                Assert.Equal((Disposition.Deliver, 0), (branch.Disposition, branch.Treatments.Count));
                break;
            case FindingClass.Active:
                Assert.Equal((Disposition.Deliver, TreatmentKind.Disarm), (branch.Disposition, Assert.Single(branch.Treatments).Kind));
                break;
            default:
                Assert.Equal(Disposition.Quarantine, branch.Disposition);
                break;
        }
    }

    [Fact]
    public void A_finding_of_an_unknown_kind_is_quarantine() =>
        Assert.Equal(Disposition.Quarantine, Assert.Single(RuleSet.Empty.Decide(Facts(To(null, "a@example.jp"), new FindingFact("of-tomorrow", "1", "", "", null))).Branches).Disposition);

    [Theory]
    [InlineData("after-queue", true, false, Disposition.Quarantine)]
    [InlineData("before-queue", true, false, Disposition.Reject)]
    [InlineData("before-queue", false, false, Disposition.Quarantine)]
    [InlineData("before-queue", false, true, Disposition.Reject)]
    public void A_reject_that_cannot_be_said_becomes_quarantine(string mode, bool lmtp, bool all, Disposition expected)
    {
        Envelope envelope = To(null, "a@example.jp", "b@example.jp") with { IsLmtp = lmtp };
        Decision decision = new()
        {
            Branches =
            [
                new Branch { Recipients = [envelope.Recipients[0]], Disposition = Disposition.Reject },
                new Branch { Recipients = [envelope.Recipients[1]], Disposition = all ? Disposition.Reject : Disposition.Deliver },
            ],
        };
        IReadOnlyList<Branch> branches = BranchRules.ForWire(decision, Facts(envelope), Message(envelope, mode));
        Assert.Equal(expected, branches[0].Disposition);
        if (expected == Disposition.Quarantine) Assert.Contains(branches[0].Reasons, reason => reason.StartsWith("reject-became-quarantine", StringComparison.Ordinal));
    }

    [Fact]
    public void A_proven_sender_may_be_refused_behind_the_queue()
    {
        Envelope envelope = To(null, "a@example.jp");
        MessageFacts facts = Facts(envelope) with { Authentication = new AuthenticationFacts { Results = [new MethodResult("spf", "pass", [])] } };
        Decision decision = new() { Branches = [new Branch { Recipients = envelope.Recipients, Disposition = Disposition.Reject }] };
        Assert.Equal(Disposition.Reject, Assert.Single(BranchRules.ForWire(decision, facts, Message(envelope))).Disposition);
    }

    [Theory]
    [InlineData("mx\r\nBcc: x", "from mx??Bcc:?x ([")]
    [InlineData("", "from unknown ([")]
    [InlineData("(comment) <x>", "from ?comment???x? ([")]
    public void A_peer_cannot_write_into_our_Received_field(string helo, string expected)
    {
        string field = ReceivedField.Build("mx.example.jp", Message(To(null, "a@example.jp") with { PeerHelo = helo, PeerAddress = "::1" }));
        Assert.Contains(expected, field, StringComparison.Ordinal);
        Assert.Contains("[IPv6:::1]", field, StringComparison.Ordinal);
        Assert.Equal(3, field.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.EndsWith("Tue, 24 Nov 2026 00:00:00 +0000\r\n", field, StringComparison.Ordinal);
    }
}
