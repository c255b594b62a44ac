using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Content.Tests.Formats.HeaderFields;

public sealed class AddressListTests
{
    private static AddressList Read(string value) => AddressList.Read(Encoding.UTF8.GetBytes(value), Limits.Default);

    [Theory]
    [InlineData("a@b.example", "", "a@b.example")]
    [InlineData("<a@b.example>", "", "a@b.example")]
    [InlineData("Name <a@B.Example.>", "Name", "a@b.example")]
    [InlineData("\"Last, First\" <a@b.example>", "Last, First", "a@b.example")]
    [InlineData("a@b.example (Name)", "Name", "a@b.example")]
    [InlineData("=?UTF-8?B?5pel5pys?= <a@b.example>", "日本", "a@b.example")]
    [InlineData("\"=?UTF-8?B?5pel5pys?=\" <a@b.example>", "日本", "a@b.example")]
    [InlineData("a..b@docomo.ne.jp", "", "a..b@docomo.ne.jp")]
    [InlineData("a.@docomo.ne.jp", "", "a.@docomo.ne.jp")]
    [InlineData("<@relay.example,@x.example:a@b.example>", "", "a@b.example")]
    [InlineData("\"a b\"@c.example", "", "a b@c.example")]
    [InlineData("日本 <用户@例え.example>", "日本", "用户@例え.example")]
    public void Reads_one_address(string value, string display, string address)
    {
        AddressList list = Read(value);
        MailAddress one = Assert.Single(list.Addresses);
        Assert.Equal((display, address), (one.DisplayName, one.Address));
        Assert.False(list.IsOdd);
    }

    [Fact]
    public void Reads_lists_and_groups() =>
        Assert.Equal(["a@b.example", "c@d.example", "e@f.example"],
            Read("Friends: a@b.example, X <c@d.example>;, e@f.example").Addresses.Select(address => address.Address));

    [Theory]
    [InlineData("<a@b.example> <c@d.example>")]
    [InlineData("<a@b.example> c@d.example")]
    [InlineData("\"open <a@b.example>")]
    [InlineData("(open <a@b.example>")]
    [InlineData("<a@b.example")]
    [InlineData("a@b.example@c.example")]
    [InlineData("<a@b.example\0>")]
    [InlineData("some words without an address")]
    [InlineData("@b.example")]
    [InlineData("a@")]
    public void What_readers_could_read_otherwise_is_told(string value) => Assert.True(Read(value).IsOdd);

    [Fact]
    public void Two_hundred_thousand_addresses_end_at_the_limit()
    {
        AddressList list = Read(string.Concat(Enumerable.Repeat("a@b.example,", 200_000)));
        Assert.True(list.IsCut);
        Assert.Equal(Limits.Default.HeaderAddresses, list.Addresses.Count);
    }
}
