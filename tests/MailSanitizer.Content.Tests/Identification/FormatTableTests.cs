using MailSanitizer.Content.Identification;

namespace MailSanitizer.Content.Tests.Identification;

public sealed class FormatTableTests
{
    [Fact]
    public void Ids_are_unique_and_bases_exist()
    {
        Assert.True(FormatTable.All.Count >= 120);
        Assert.All(FormatTable.All, format =>
        {
            Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", format.Id);
            Assert.All(format.Bases, parent => Assert.NotNull(FormatTable.Find(parent)));
            Assert.All(format.MediaTypes, type => Assert.Matches("^[a-z]+/[a-z0-9.+-]+$", type));
            Assert.All(format.Extensions, extension => Assert.Matches("^[a-z0-9_-]+$", extension));
        });
    }

    [Fact]
    public void A_format_is_what_its_bases_are()
    {
        Assert.True(FormatTable.Is("docm", "zip"));
        Assert.True(FormatTable.Is("hta", "text"));
        Assert.False(FormatTable.Is("zip", "docm"));
        Assert.False(FormatTable.Is("no-such-format", "zip"));
    }

    // Issue "Disarm PDF, web content, calendars, images; refuse what has no passive form", its list, word for word.
    [Theory]
    [InlineData("exe dll scr com pif cpl msi msp msix appx appinstaller application appref-ms msc js jse vbs vbe wsf wsh wsb sct hta ps1 psc1 bat cmd reg inf lnk url website contact")]
    [InlineData("settingcontent-ms search-ms searchConnector-ms library-ms scf theme themepack diagcab rdp rdg ica jnlp jar iqy dqy oqy rqy odc udl slk xll wll xlam ppam accde mdb chm")]
    [InlineData("iso img udf vhd vhdx vmdk wim dmg pkg scpt terminal command webloc fileloc inetloc desktop apk xpi crx py pyz swf")]
    public void What_has_no_passive_form_is_typed_by_name(string extensions)
    {
        Assert.All(extensions.Split(' '), extension => Assert.Contains(FormatTable.OfExtension(extension), format => format.HasNoPassiveForm));
    }
}
