namespace MailSanitizer.Content.Tests;

public sealed class FindingKindsTests
{
    [Fact]
    public void Ids_are_unique_lower_case_and_titled()
    {
        Assert.NotEmpty(FindingKinds.All);
        Assert.All(FindingKinds.All.Values, kind =>
        {
            Assert.Matches("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", kind.Id);
            Assert.NotEmpty(kind.Title);
        });
    }
}
