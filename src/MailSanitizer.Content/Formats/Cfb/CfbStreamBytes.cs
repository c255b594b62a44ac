namespace MailSanitizer.Content.Formats.Cfb;

/// <summary>A stream's bytes: its sectors in the order of its chain. The last sector of a file may be short: what is missing reads as zeros.</summary>
internal sealed class CfbStreamBytes(PartBytes file, uint[] sectors, int shift, long origin, long length) : PartBytes
{
    public override long Length => length;

    public override int Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset >= length) return 0;
        int total = 0;
        while (total < buffer.Length && offset < length)
        {
            int index = (int)(offset >> shift);
            int inside = (int)(offset & ((1L << shift) - 1));

            // Neighbouring sectors are read in one go.
            long run = (1L << shift) - inside;
            for (int i = index; run < buffer.Length - total && i + 1 < sectors.Length && sectors[i + 1] == sectors[i] + 1; i++) run += 1L << shift;
            int want = (int)Math.Min(Math.Min(run, buffer.Length - total), length - offset);
            int got = file.Read(origin + ((long)sectors[index] << shift) + inside, buffer.Slice(total, want));
            buffer.Slice(total + got, want - got).Clear();
            total += want;
            offset += want;
        }

        return total;
    }
}
