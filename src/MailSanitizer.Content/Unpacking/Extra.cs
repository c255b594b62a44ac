namespace MailSanitizer.Content.Unpacking;

/// <summary>Looks for bytes behind the end of a container. Zeros are padding that tapes, mailers and tools add, and no reader takes them for content.</summary>
internal static class Extra
{
    /// <summary>Offset of the first byte that is not zero at or behind <paramref name="at"/>, or null.</summary>
    public static long? Find(PartBytes bytes, long at)
    {
        byte[] buffer = new byte[16 * 1024];
        for (int got; (got = bytes.Read(at, buffer)) > 0; at += got)
        {
            int other = buffer.AsSpan(0, got).IndexOfAnyExcept((byte)0);
            if (other >= 0) return at + other;
        }

        return null;
    }
}
