using MailSanitizer.Content.Unpacking;

namespace MailSanitizer.Content.Tests.Unpacking;

public sealed class MemberNamesTests
{
    [Theory]
    [InlineData("../x", "member-name-traversal")]
    [InlineData("a/..\\x", "member-name-traversal")]
    [InlineData("a/.. /x", "member-name-traversal")]
    [InlineData("a/.../x", "member-name-traversal")]
    [InlineData("/etc/passwd", "member-name-absolute")]
    [InlineData("\\\\host\\share", "member-name-absolute")]
    [InlineData("C:\\x", "member-name-absolute")]
    [InlineData("c:x", "member-name-absolute")]
    [InlineData("a/NUL", "member-name-device")]
    [InlineData("con.txt", "member-name-device")]
    [InlineData("aux .log", "member-name-device")]
    [InlineData("LPT¹", "member-name-device")]
    [InlineData("a\0.exe", "member-name-control")]
    [InlineData("a\u0085b", "member-name-control")]
    [InlineData("a\r\nb", "member-name-control")]
    [InlineData("gpj\u202Eexe.jpg", "member-name-bidi")]
    [InlineData("a.exe.", "member-name-trailing")]
    [InlineData("a.exe ", "member-name-trailing")]
    [InlineData("dir /a", "member-name-trailing")]
    [InlineData("a.txt:evil.exe", "member-name-stream")]
    [InlineData("", "member-name-empty")]
    [InlineData("///", "member-name-empty")]
    public void Dangerous_names_are_found_and_made_safe(string name, string kind)
    {
        Assert.Contains(MemberNames.Inspect(name), found => found.Id == kind);
        string safe = MemberNames.MakeSafe(name);
        Assert.Empty(MemberNames.Inspect(safe));
    }

    [Theory]
    [InlineData("a/b/c.txt")]
    [InlineData("./a")]
    [InlineData("a..b/.profile")]
    [InlineData("見積書（最終）.xlsx")]
    [InlineData("dir/")]
    [InlineData("console.txt")]
    [InlineData("a\\b.txt")]
    public void Common_names_are_not_found(string name) => Assert.Empty(MemberNames.Inspect(name));

    [Fact]
    public void Collision_key_joins_what_a_reader_would_join()
    {
        Assert.Equal(MemberNames.CollisionKey("a/B.txt"), MemberNames.CollisionKey("A\\b.TXT."));
        Assert.Equal(MemberNames.CollisionKey("ガ.txt"), MemberNames.CollisionKey("ｶﾞ.txt"));
        Assert.NotEqual(MemberNames.CollisionKey("a"), MemberNames.CollisionKey("b"));
        _ = MemberNames.CollisionKey("\uD800");
    }
}
