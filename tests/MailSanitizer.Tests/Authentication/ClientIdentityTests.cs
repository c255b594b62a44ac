using System.Net;
using MailSanitizer.Authentication;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Tests.Authentication;

public sealed class ClientIdentityTests
{
    private static readonly IPNetwork[] Hops = [IPNetwork.Parse("192.0.2.0/28"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("2001:db8:1::/48")];

    private static ClientIdentity Find(string header, string? xforward = null, string peer = "127.0.0.1", string? helo = "client.example") => ClientIdentity.Find(
        new Envelope { MailFrom = "", Recipients = [], PeerAddress = peer, Client = xforward is null ? ForwardedClient.Unknown : new(null, xforward, null, null, helo, null, null) },
        MessageHeader.Read(TestKey.Bytes(header + "From: a@b.example\r\n\r\n"))!, Hops);

    [Theory]
    [InlineData("from mail.x (mail.x [198.51.100.7]) by mx", "198.51.100.7", "mail.x")]
    [InlineData("from mail.x (unknown [IPv6:2001:db8::7]) by mx", "2001:db8::7", "mail.x")]
    [InlineData("from mail.x (mail.x [198.51.100.7]) (using TLSv1.3 with cipher X (256/256 bits)) (Client CN \"y\") by mx", "198.51.100.7", "mail.x")]
    [InlineData("from [10.1.1.1] (mail.x [198.51.100.7]) by mx", "198.51.100.7", "[10.1.1.1]")]
    [InlineData("from [198.51.100.7] (helo=x) by mx", "198.51.100.7", "[198.51.100.7]")]
    [InlineData("from A.example (198.51.100.7) by B.example", "198.51.100.7", "A.example")]
    [InlineData("from mail.x ([198.51.100.7] may be forged) by mx", "198.51.100.7", "mail.x")]
    // A HELO or certificate name that brings an address of its own: two could be meant, so none is.
    [InlineData("from x(y [10.1.1.1]) (mail.x [198.51.100.7]) by mx", null, null)]
    [InlineData("from x (y [10.1.1.1]) (mail.x [198.51.100.7]) by mx", null, null)]
    [InlineData("from mail.x (mail.x [198.51.100.7]) (Client CN \"evil [10.1.1.1]\") by mx", null, null)]
    [InlineData("from mail.x by mx", null, null)]
    [InlineData("by mx with local; now", null, null)]
    [InlineData("from mail.x (mail.x [999.1.1.1]) by mx", null, null)]
    [InlineData("from mail.x (mail.x [198.51.100.7])", null, null)]
    [InlineData("", null, null)]
    public void Received_fields_name_one_client_or_none(string value, string? address, string? helo) =>
        Assert.Equal((address is null ? null : IPAddress.Parse(address), helo), ClientIdentity.ReadReceived(value));

    [Fact]
    public void XFORWARD_is_believed_and_stops_at_the_first_stranger()
    {
        ClientIdentity client = Find("Received: from evil (evil [198.51.100.7]) by mx\r\nReceived: from fake (fake [192.0.2.1]) by evil\r\n", "198.51.100.7");
        Assert.Equal((IPAddress.Parse("198.51.100.7"), "client.example", 0), (client.Address, client.Helo, client.TrustedFields));
    }

    [Fact]
    public void A_trusted_hop_is_looked_through_by_what_it_wrote()
    {
        string header = "Received: from hop (hop [192.0.2.1]) by mx\r\nAuthentication-Results: mx.example.jp; spf=pass\r\nReceived: from hop2 (hop2 [IPv6:2001:db8:1::5]) by hop\r\n"
            + "Received: from sender.example (s [203.0.113.9]) by hop2\r\nReceived: from fake (fake [192.0.2.2]) by sender.example\r\n";
        ClientIdentity client = Find(header, "192.0.2.1");
        Assert.Equal((IPAddress.Parse("203.0.113.9"), "sender.example", 4), (client.Address, client.Helo, client.TrustedFields));
    }

    [Fact]
    public void A_trusted_hop_that_wrote_nothing_readable_leaves_the_client_unknown()
    {
        Assert.Null(Find("Received: from hop (hop [192.0.2.1]) by mx\r\nReceived: by hop with local\r\n", "192.0.2.1").Address);
        // Without a field of its own the hop is where the mail began.
        Assert.Equal(IPAddress.Parse("192.0.2.1"), Find("Received: from hop (hop [192.0.2.1]) by mx\r\n", "192.0.2.1").Address);
    }

    [Fact]
    public void Without_XFORWARD_only_a_trusted_peer_tells()
    {
        string header = "Received: from sender.example (s [203.0.113.9]) by mx\r\n";
        Assert.Equal(IPAddress.Parse("203.0.113.9"), Find(header).Address);
        Assert.Null(Find(header, peer: "198.51.100.1").Address);
        Assert.Null(Find(header, peer: "unix").Address);
        Assert.Null(Find("").Address);
    }

    [Fact]
    public void An_IPv4_address_in_IPv6_clothes_is_the_IPv4_address() => Assert.Equal(IPAddress.Parse("198.51.100.7"), Find("", "IPv6:::ffff:198.51.100.7").Address);
}
