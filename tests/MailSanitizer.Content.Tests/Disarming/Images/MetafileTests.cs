namespace MailSanitizer.Content.Tests.Disarming.Images;

public sealed class MetafileTests
{
    // Header of 9 words ([MS-WMF] 2.3.2.2), then records: length in words, function, parameters.
    private static byte[] Wmf(bool placeable, params ushort[][] records)
    {
        List<byte> bytes = placeable ? [0xD7, 0xCD, 0xC6, 0x9A, .. new byte[18]] : [];
        bytes.AddRange([1, 0, 9, 0, 0, 3, .. new byte[12]]);
        foreach (ushort[] record in records) bytes.AddRange(record.SelectMany(BitConverter.GetBytes));
        return [.. bytes];
    }

    private static readonly ushort[] Line = [5, 0, 0x0213, 1, 1];
    private static readonly ushort[] Abort = [5, 0, 0x0626, 9, 0];
    private static readonly ushort[] AbortTooShort = [1, 0, 0x0626, 9, 0];
    private static readonly ushort[] Comment = [5, 0, 0x0626, 15, 0];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_call_into_the_printer_is_found_and_the_file_replaced(bool placeable)
    {
        foreach (ushort[] call in new[] { Abort, AbortTooShort })
        {
            Disarmed run = Disarmed.Run(new DisarmSample("a.wmf", Wmf(placeable, Line, call, [3, 0, 0])));
            Assert.Contains("metafile-escape", run.Before.Kinds);
            Assert.Equal("txt", run.After.Parts[0].Format);
        }
    }

    [Fact]
    public void A_metafile_that_draws_passes_and_is_noted()
    {
        Disarmed run = Disarmed.Run(new DisarmSample("a.wmf", Wmf(true, Line, Comment, [3, 0, 0])));
        Assert.Equal(["metafile"], run.Before.Kinds);
        Assert.True(run.IsUnchanged);
        byte[] emf = new byte[120];
        (emf[0], emf[4]) = (1, 108);
        " EMF"u8.CopyTo(emf.AsSpan(40));
        Assert.Equal(["metafile"], Disarmed.Walk(new DisarmSample("a.emf", emf)).Kinds);
    }

    [Fact]
    public void Records_are_limited() =>
        Assert.Contains("image-over-limit", Disarmed.Walk(new DisarmSample("a.wmf", Wmf(true, Line, Line, Line)), Limits.Default with { ImageSegments = 2 }).Kinds);
}
