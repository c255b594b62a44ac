namespace MailSanitizer.Tests.Servers;

/// <summary>The test server itself: what it captures must be trustworthy before anything is proven with it.</summary>
public sealed class ReceivingServerTests
{
    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task It_keeps_the_exact_bytes_of_DATA(WireMode mode)
    {
        await using ReceivingServer server = ReceivingServer.Start();
        await using WireClient client = await WireClient.ConnectAsync(server.Port, mode);
        await client.ExpectAsync(220);
        await client.CommandAsync("EHLO test", 250);
        await client.SendAsync("MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        await client.SendAsync("Subject: x\r\n\r\n..\r\n.\n.\r\r\n\xE9 ..a\r\n...b\r\n.\r\n");
        await client.ExpectAsync(250);
        Delivery delivery = Assert.Single(server.Deliveries);
        Assert.Equal("Subject: x\r\n\r\n.\r\n\n.\r\r\n\xE9 ..a\r\n..b\r\n", delivery.Text);
        Assert.Equal(["b@b.example"], delivery.Recipients);
    }

    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task It_keeps_the_exact_bytes_of_BDAT_and_answers_each_recipient_over_LMTP(WireMode mode)
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { Message = recipient => recipient.StartsWith('c') ? "451 4.2.0 later" : null });
        await using WireClient client = await WireClient.ConnectAsync(server.Port, mode);
        await client.ExpectAsync(220);
        await client.SendAsync("LHLO test\r\nMAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nRCPT TO:<c@b.example>\r\nBDAT 6\r\n.\r\n.\r\nBDAT 3 LAST\r\nx\r\n");
        foreach (int code in new[] { 250, 250, 250, 250, 250, 250, 451 }) await client.ExpectAsync(code);
        Delivery delivery = Assert.Single(server.Deliveries);
        Assert.Equal(".\r\n.\r\nx\r\n", delivery.Text);
        Assert.True(delivery.Chunked);
        Assert.Equal(["b@b.example"], delivery.Recipients);
    }
}
