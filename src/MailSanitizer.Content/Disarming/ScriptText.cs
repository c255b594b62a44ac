namespace MailSanitizer.Content.Disarming;

/// <summary>What a script's text gives away, without running it.</summary>
internal static class ScriptText
{
    // A picture in a script is rarely longer; a file is.
    private const int LongBase64 = 8_192;

    /// <summary>True for a script that puts a file together and hands it to its reader (HTML smuggling), or carries one.</summary>
    public static bool Builds(ReadOnlySpan<byte> script)
    {
        bool hands = Has(script, "createObjectURL"u8) || Has(script, "msSaveOrOpenBlob"u8) || Has(script, "msSaveBlob"u8) || Has(script, ".download"u8) || Has(script, "new Blob"u8) || Has(script, "new File("u8)
            || Has(script, "showSaveFilePicker"u8) || Has(script, "data:application/"u8);
        bool makes = Has(script, "atob("u8) || Has(script, "Uint8Array"u8) || Has(script, "fromCharCode"u8) || Has(script, "charCodeAt"u8) || Has(script, "base64"u8);
        return (hands && makes) || LongestBase64(script) >= LongBase64;
    }

    private static bool Has(ReadOnlySpan<byte> script, ReadOnlySpan<byte> word) => script.IndexOf(word) >= 0;

    private static int LongestBase64(ReadOnlySpan<byte> script)
    {
        int longest = 0, run = 0;
        foreach (byte c in script)
        {
            bool base64 = c is >= (byte)'A' and <= (byte)'Z' or >= (byte)'a' and <= (byte)'z' or >= (byte)'0' and <= (byte)'9' or (byte)'+' or (byte)'/' or (byte)'=';
            run = base64 ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
