using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace MailSanitizer.Tests.Servers;

public sealed class ClamdServerTests
{
    [Fact]
    public void The_shared_clamd_finds_the_test_viruses()
    {
        ClamdServer clamd = ClamdServer.Shared;
        Assert.Contains("MS.Test.Eicar", Scan(clamd, ClamdServer.Eicar));
        Assert.Contains("MS.Test.Marker", Scan(clamd, "text before " + ClamdServer.Marker + " text behind"));
        Assert.Equal("stream: OK", Scan(clamd, "harmless"));
    }

    [Fact]
    public void It_can_be_stopped_and_started_again()
    {
        Assert.SkipUnless(ClamdServer.IsInstalled, "clamd is not installed");
        using ClamdServer clamd = ClamdServer.Start("StreamMaxLength 1M");
        clamd.Down();
        Assert.ThrowsAny<SocketException>(() => Scan(clamd, "harmless"));
        clamd.Up();
        Assert.Equal("stream: OK", Scan(clamd, "harmless"));
    }

    private static string Scan(ClamdServer clamd, string content)
    {
        using TcpClient client = new("127.0.0.1", clamd.Port);
        using NetworkStream stream = client.GetStream();
        stream.Write("zINSTREAM\0"u8);
        byte[] size = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size, content.Length);
        stream.Write(size);
        stream.Write(Encoding.Latin1.GetBytes(content));
        stream.Write(new byte[4]);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().TrimEnd('\0');
    }
}
