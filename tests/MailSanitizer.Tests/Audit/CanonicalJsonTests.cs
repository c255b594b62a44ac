using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Audit;

namespace MailSanitizer.Tests.Audit;

public sealed class CanonicalJsonTests
{
    // RFC 8785 3.2.2 and 3.2.3: the example of the RFC, and appendix B's numbers.
    [Fact]
    public void The_example_of_the_rfc()
    {
        JsonNode node = JsonNode.Parse("""{ "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] }""")!;
        Assert.Equal("""{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""", Encoding.UTF8.GetString(CanonicalJson.Write(node)));
    }

    [Fact]
    public void Names_are_sorted_by_utf16_units()
    {
        JsonObject node = new() { ["\u20ac"] = 1, ["\r"] = 2, ["\ufb33"] = 3, ["1"] = 4, ["\U0001F600"] = 5, ["\u0080"] = 6, ["\u00f6"] = 7 };
        byte[] line = CanonicalJson.Write(node);
        Assert.Equal("{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001F600\":5,\"\ufb33\":3}", Encoding.UTF8.GetString(line));
        Assert.True(new CanonicalLine(line).Check());
    }

    [Theory]
    [InlineData(0x0000000000000000UL, "0")]
    [InlineData(0x8000000000000000UL, "0")]
    [InlineData(0x0000000000000001UL, "5e-324")]
    [InlineData(0x8000000000000001UL, "-5e-324")]
    [InlineData(0x7fefffffffffffffUL, "1.7976931348623157e+308")]
    [InlineData(0x4340000000000000UL, "9007199254740992")]
    [InlineData(0x4430000000000000UL, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5UL, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6UL, "1e+23")]
    [InlineData(0x44b52d02c7e14af7UL, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4eUL, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4fUL, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50UL, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8cUL, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8dUL, "0.000001")]
    [InlineData(0x41b3de4355555553UL, "333333333.3333332")]
    [InlineData(0x41b3de4355555557UL, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696UL, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959UL, "1424953923781206.2")]
    public void Numbers_of_the_rfc(ulong bits, string text) => Assert.Equal(text, CanonicalJson.Number(BitConverter.UInt64BitsToDouble(bits)));

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"a":1,"b":[1,{"c":null}],"d":""}""", true)]
    [InlineData("""{"b":1,"a":1}""", false)]
    [InlineData("""{"a":1,"a":1}""", false)]
    [InlineData("""{"a": 1}""", false)]
    [InlineData("""{"a":1} """, false)]
    [InlineData("""{"a":1}}""", false)]
    [InlineData("""{"a":1.0}""", false)]
    [InlineData("""{"a":01}""", false)]
    [InlineData("""{"a":-0}""", false)]
    [InlineData("""{"a":1E3}""", false)]
    [InlineData("""{"a":9007199254740993}""", false)]
    [InlineData("""{"a":"\u0041"}""", false)]
    [InlineData("""{"a":"\u000A"}""", false)]
    [InlineData("""{"a":"\u000a"}""", false)]
    [InlineData("""{"a":"\u001f"}""", true)]
    [InlineData("""{"a":"\u001F"}""", false)]
    [InlineData("""{"a":"\/"}""", false)]
    [InlineData("""{"a":tru}""", false)]
    [InlineData("""{"a":[1,]}""", false)]
    [InlineData("""{"a":1,}""", false)]
    [InlineData("""{"a"}""", false)]
    [InlineData("""{"a":[}]""", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    [InlineData("{", false)]
    public void Only_the_canonical_form_passes(string line, bool canonical) => Assert.Equal(canonical, new CanonicalLine(Encoding.UTF8.GetBytes(line)).Check());

    [Fact]
    public void Too_deep_is_neither_written_nor_read()
    {
        JsonNode node = new JsonObject();
        for (int level = 0; level < 70; level++) node = new JsonObject { ["a"] = node };
        Assert.Throws<ArgumentException>(() => CanonicalJson.Write(node));
        string deep = string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000);
        Assert.False(new CanonicalLine(Encoding.UTF8.GetBytes(deep)).Check());
    }
}
