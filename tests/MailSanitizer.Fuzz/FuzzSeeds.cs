using System.Formats.Tar;
using System.IO.Compression;
using System.IO.Hashing;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.Cfb;

namespace MailSanitizer.Fuzz;

/// <summary>Small good archives to mutate.</summary>
internal static class FuzzSeeds
{
    public static byte[] Content { get; } = "a small file, a small file, a small file\r\n"u8.ToArray();

    public static byte[] Tar()
    {
        MemoryStream stream = new();
        using (TarWriter writer = new(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a.txt") { DataStream = new MemoryStream(Content) });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "a.txt" });
            writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, new string('n', 120)) { DataStream = new MemoryStream(Content) });
        }

        return stream.ToArray();
    }

    public static byte[] Gzip()
    {
        MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(Content);
        return stream.ToArray();
    }

    /// <summary>RAR 4 with one stored file, by hand.</summary>
    public static byte[] Rar()
    {
        byte[] name = "a.txt"u8.ToArray();
        byte[] file = [0x74, 0, 0x80, (byte)(32 + name.Length), 0, .. BitConverter.GetBytes(Content.Length), .. BitConverter.GetBytes(Content.Length), 2, .. BitConverter.GetBytes(Crc32.HashToUInt32(Content)), 0, 0, 0x21, 0x58, 20, 0x30, (byte)name.Length, 0, 0x20, 0, 0, 0, .. name];
        return [.. "Rar!"u8, 0x1A, 7, 0, .. Sealed([0x73, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0]), .. Sealed(file), .. Content, .. Sealed([0x7B, 0, 0x40, 7, 0])];
    }

    /// <summary>ACE with one stored file, by hand.</summary>
    public static byte[] Ace()
    {
        byte[] main = [0, 0, 0, .. "**ACE**"u8, 20, 20, 2, 0, .. new byte[12], 0];
        byte[] file = [1, 1, 0, .. BitConverter.GetBytes(Content.Length), .. BitConverter.GetBytes(Content.Length), 0, 0, 0x21, 0x58, 0x20, 0, 0, 0, .. BitConverter.GetBytes(~Crc32.HashToUInt32(Content)), 0, 0, 0, 0, 0, 0, 5, 0, .. "a.txt"u8];
        return [.. Framed(main), .. Framed(file), .. Content];

        static byte[] Framed(byte[] header) => [.. BitConverter.GetBytes((ushort)~Crc32.HashToUInt32(header)), .. BitConverter.GetBytes((ushort)header.Length), .. header];
    }

    /// <summary>A .msg with a body and an attachment.</summary>
    public static byte[] Msg()
    {
        CfbNode root = CfbNode.Storage("Root Entry");
        root.Children.Add(CfbNode.Stream("__substg1.0_1000001F", new MemoryPartBytes(Content)));
        CfbNode attachment = CfbNode.Storage("__attach_version1.0_#00000000");
        attachment.Children.Add(CfbNode.Stream("__substg1.0_37010102", new MemoryPartBytes(Content)));
        root.Children.Add(attachment);
        Bytes bytes = new();
        _ = CfbWriter.Write(root, bytes);
        return bytes.Stream.ToArray();
    }

    private static byte[] Sealed(byte[] header) => [.. BitConverter.GetBytes((ushort)Crc32.HashToUInt32(header)), .. header];

    private sealed class Bytes : IPartOutput
    {
        public MemoryStream Stream { get; } = new();

        public void Copy(long offset, long length) => throw new NotSupportedException();

        public void Write(ReadOnlySpan<byte> bytes) => Stream.Write(bytes);
    }
}
