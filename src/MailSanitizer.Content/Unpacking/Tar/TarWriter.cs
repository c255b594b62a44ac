using System.Text;

namespace MailSanitizer.Content.Unpacking.Tar;

/// <summary>Writes one member of a tar file anew, with the header that it had.</summary>
internal static class TarWriter
{
    /// <summary>Writes the member with new content (null: its own) and under a new name (null: its own).</summary>
    public static void Write(PartBytes original, TarEntry entry, PartBytes? content, byte[]? name, IPartOutput output)
    {
        long length = content?.Length ?? entry.Length;
        byte[] header = new byte[TarHeader.Block];
        _ = original.Read(entry.Header, header);
        if (name is null && !entry.Pax.Any(record => record.Key == "size"))
        {
            output.Copy(entry.Start, entry.Header - entry.Start);
        }
        else
        {
            Extensions(entry, name, length, output);
        }

        output.Write(TarHeader.Rewrite(header, length, name));
        if (content is null)
        {
            output.Copy(entry.Content, entry.End - entry.Content);
            return;
        }

        PartOutputStream stream = new(output);
        using Stream source = content.OpenRead();
        source.CopyTo(stream);
        int over = (int)(length % TarHeader.Block);
        if (over > 0) output.Write(new byte[TarHeader.Block - over]);
    }

    private static void Extensions(TarEntry entry, byte[]? name, long size, IPartOutput output)
    {
        List<byte> pax = [];
        bool path = false;
        foreach ((string key, byte[] value) in entry.Pax)
        {
            if (key == "path" && name is not null)
            {
                path = true;
                pax.AddRange(PaxRecords.Write(key, name));
            }
            else
            {
                pax.AddRange(PaxRecords.Write(key, key == "size" ? Encoding.ASCII.GetBytes($"{size}") : value));
            }
        }

        if (pax.Count > 0) Extension("././@PaxHeader", (byte)'x', [.. pax], output);
        byte[] current = name ?? entry.Name;
        if (!path && (entry.LongName || current.Length > 100)) Extension("././@LongLink", (byte)'L', [.. current, 0], output);
    }

    private static void Extension(string label, byte type, byte[] data, IPartOutput output)
    {
        output.Write(TarHeader.Make(label, type, data.Length));
        output.Write(data);
        int over = data.Length % TarHeader.Block;
        if (over > 0) output.Write(new byte[TarHeader.Block - over]);
    }
}
