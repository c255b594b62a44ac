using System.Text;
using MailSanitizer.Content;

namespace MailSanitizer.Tests.Isolation;

/// <summary>Frames, credit and shapes.</summary>
public sealed class ProtocolTests
{
    [Fact]
    public void Frames_come_back_as_they_went_whatever_their_sizes()
    {
        using MemoryStream stream = new();
        WorkerFrameWriter writer = new(stream);
        int[] sizes = [0, 1, 9, 65_520, 65_527, 65_528, 65_536, WorkerProtocol.MaximumPayload, 3, WorkerProtocol.MaximumPayload];
        foreach (int size in sizes) writer.Write(WorkerFrameType.LeafBytes, 7, Content(size));
        writer.Flush();
        stream.Position = 0;
        WorkerFrameReader reader = new(stream);
        foreach (int size in sizes)
        {
            WorkerFrame frame = reader.Read()!.Value;
            Assert.Equal((WorkerFrameType.LeafBytes, 7u), (frame.Type, frame.Job));
            Assert.True(frame.Payload.Span.SequenceEqual(Content(size)), $"{size} bytes");
        }

        Assert.Null(reader.Read());
        Assert.True(reader.Ended);
    }

    [Fact]
    public void A_longer_payload_is_refused_on_both_sides()
    {
        Assert.Throws<ArgumentException>(() => new WorkerFrameWriter(new MemoryStream()).Write(WorkerFrameType.LeafBytes, 1, new byte[WorkerProtocol.MaximumPayload + 1]));
        byte[] header = [0, 4, 0, 1, 37, 0, 0, 0, 1];
        Assert.Throws<WorkerProtocolException>(() => new WorkerFrameReader(new MemoryStream([.. header, .. new byte[300_000]])).Read());
        Assert.Throws<WorkerProtocolException>(() => new WorkerFrameReader(new MemoryStream([0xFF, 0xFF, 0xFF, 0xFF, 37, 0, 0, 0, 1])).Read());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(10)]
    public void An_end_within_a_frame_is_a_breach(int bytes) =>
        Assert.Throws<WorkerProtocolException>(() => new WorkerFrameReader(new MemoryStream([.. new byte[] { 0, 0, 0, 5, 37, 0, 0, 0, 1, 1, 1 }.Take(bytes)])).Read());

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("")]
    [InlineData("{\"kind\":\"a\",\"path\":\"b\",\"location\":\"c\",\"detail\":\"d\",\"sha256\":null,\"more\":1}")]
    [InlineData("{\"kind\":\"a\",\"kind\":\"b\",\"path\":\"b\",\"location\":\"c\",\"detail\":\"d\",\"sha256\":null}")]
    [InlineData("{\"kind\":null,\"path\":\"b\",\"location\":\"c\",\"detail\":\"d\",\"sha256\":null}")]
    [InlineData("{\"kind\":1,\"path\":\"b\",\"location\":\"c\",\"detail\":\"d\",\"sha256\":null}")]
    [InlineData("{\"kind\":\"a\",\"path\":\"b\",\"location\":\"c\",\"sha256\":null}")]
    [InlineData("{\"kind\":\"a\",\"path\":\"b\",\"location\":\"c\",\"detail\":\"d\",\"sha256\":null} x")]
    public void An_object_of_another_shape_is_a_breach_and_its_text_is_not_quoted(string json)
    {
        WorkerFrame frame = new(WorkerFrameType.Finding, 1, Encoding.UTF8.GetBytes(json));
        WorkerProtocolException breach = Assert.Throws<WorkerProtocolException>(() => WorkerShapes.Read(frame, WorkerShapes.Default.FindingFact));
        Assert.Null(breach.InnerException);
        Assert.Contains("Finding", breach.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_cross_whole()
    {
        Limits limits = new() { Parts = 17, JobCpuSeconds = 3, TotalBytes = 12345, RatioFloor = 9 };
        JobStart start = new() { Kind = JobKind.Walk, Length = 1, Sha256 = "", Limits = limits, Send = ["leaves"] };
        WorkerFrame frame = new(WorkerFrameType.JobStart, 1, WorkerShapes.Write(start, WorkerShapes.Default.JobStart));
        Assert.Equal(limits, WorkerShapes.Read(frame, WorkerShapes.Default.JobStart).Limits);
    }

    [Fact]
    public void Credit_cannot_be_overdrawn_or_inflated()
    {
        WorkerCredit credit = new();
        Assert.Throws<WorkerProtocolException>(() => credit.Granted(Credit(1)));
        credit.Spend(WorkerProtocol.Window);
        Assert.False(credit.MaySpend(1));
        credit.Granted(Credit(1000));
        Assert.True(credit.MaySpend(1000));
        Assert.Throws<WorkerProtocolException>(() => credit.Granted(Credit(0)));
        Assert.Throws<WorkerProtocolException>(() => credit.Granted(Credit(-1)));
        Assert.Throws<WorkerProtocolException>(() => credit.Granted(Credit(WorkerProtocol.Window)));

        WorkerCredit other = new();
        Assert.Equal(0, other.Received(WorkerProtocol.CreditStep - 1));
        Assert.Equal(WorkerProtocol.CreditStep, other.Received(1));
        Assert.Equal(WorkerProtocol.Window, other.Received(WorkerProtocol.Window));
        Assert.Throws<WorkerProtocolException>(() => other.Received(WorkerProtocol.Window + 1));
    }

    private static WorkerFrame Credit(int bytes) => new(WorkerFrameType.Credit, 1, BitConverter.GetBytes(System.Net.IPAddress.HostToNetworkOrder(bytes)));

    private static byte[] Content(int size)
    {
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        return content;
    }
}
