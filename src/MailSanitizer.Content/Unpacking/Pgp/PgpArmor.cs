namespace MailSanitizer.Content.Unpacking.Pgp;

/// <summary>Armoured OpenPGP (RFC 9580 6.2) and the cleartext signature framework (7): each block is a child of its own.</summary>
internal static class PgpArmor
{
    private const int MaxBlocks = 1000;

    /// <summary>The blocks of a text.</summary>
    public static IReadOnlyList<ArchiveMember> Blocks(ArchiveReading reading)
    {
        List<ArchiveMember> blocks = [];
        string? kind = null;
        long content = 0;
        bool headers = false;
        foreach (TextLine line in TextLines.From(reading.Bytes, 0))
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            if (blocks.Count > MaxBlocks) throw new InvalidDataException("more blocks than can be");
            ReadOnlySpan<byte> text = line.Text.AsSpan().TrimEnd((byte)' ');
            if (text.StartsWith("-----BEGIN PGP "u8) && text.EndsWith("-----"u8))
            {
                if (kind == "SIGNED MESSAGE") blocks.Add(Cleartext(reading, content, line.Offset, blocks.Count));
                kind = System.Text.Encoding.ASCII.GetString(text[15..^5]);
                content = line.End;
                headers = true;
            }
            else if (kind is not null && headers)
            {
                if (text.Length == 0 || kind != "SIGNED MESSAGE" && text.IndexOf(": "u8) < 0)
                {
                    headers = false;
                    content = text.Length == 0 ? line.End : line.Offset;
                }
            }
            else if (kind is not null && text.StartsWith("-----END PGP "u8))
            {
                if (kind == "MESSAGE" || kind.StartsWith("MESSAGE,", StringComparison.Ordinal)) blocks.Add(Armoured(reading, content, line.Offset, blocks.Count));
                kind = null;
            }
        }

        if (kind is not null)
        {
            reading.Report(ArchiveFindings.DamagedArchive, $"offset {content}", "armour without an end");
            if (kind == "MESSAGE") blocks.Add(Armoured(reading, content, reading.Bytes.Length, blocks.Count));
        }

        return blocks;
    }

    private static ArchiveMember Armoured(ArchiveReading reading, long start, long end, int number) =>
        new(new ChildDescription(new PartName("derived", $"message-{number + 1}.pgp")) { DeclaredType = "application/pgp", PackedSize = end - start }) { Open = () => new ArmorStream(reading.Bytes, start, end) };

    private static ArchiveMember Cleartext(ArchiveReading reading, long start, long end, int number) =>
        new(new ChildDescription(new PartName("derived", $"text-{number + 1}.txt")) { DeclaredType = "text/plain", PackedSize = end - start }) { Open = () => reading.Bytes.OpenRead(start, end - start) };

    /// <summary>Base64 lines up to the checksum line. The CRC-24 is checked where there is one.</summary>
    private sealed class ArmorStream(PartBytes bytes, long start, long end) : ForwardStream
    {
        private readonly IEnumerator<TextLine> _lines = TextLines.From(bytes, start).GetEnumerator();
        private readonly List<byte> _pending = [];
        private byte[] _decoded = [];
        private int _at;
        private uint _crc = 0xB704CE;
        private bool _done;

        public override int Read(Span<byte> buffer)
        {
            while (_at == _decoded.Length)
            {
                if (_done) return 0;
                Fill();
            }

            int count = Math.Min(buffer.Length, _decoded.Length - _at);
            _decoded.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        private void Fill()
        {
            (_decoded, _at) = ([], 0);
            if (!_lines.MoveNext() || _lines.Current.Offset >= end)
            {
                _done = true;
                Decode(final: true);
                return;
            }

            byte[] line = _lines.Current.Text;
            if (line.Length == 5 && line[0] == '=')
            {
                byte[] sum = Convert.FromBase64String(System.Text.Encoding.ASCII.GetString(line, 1, 4) is var text && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '+' or '/') ? text : "AAAA");
                Decode(final: true);
                _done = true;
                if ((uint)((sum[0] << 16) | (sum[1] << 8) | sum[2]) != (_crc & 0xFFFFFF)) throw new InvalidDataException("the armour's checksum does not fit");
                return;
            }

            foreach (byte value in line)
            {
                if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'+' or (byte)'/') _pending.Add(value);
            }

            Decode(final: false);
        }

        private void Decode(bool final)
        {
            int whole = _pending.Count / 4 * 4;
            if (final && _pending.Count > whole)
            {
                while (_pending.Count % 4 != 0) _pending.Add(_pending.Count % 4 == 1 ? (byte)'A' : (byte)'=');
                whole = _pending.Count;
            }

            if (whole == 0) return;
            byte[] output = new byte[whole];
            System.Buffers.Text.Base64.DecodeFromUtf8(_pending.GetRange(0, whole).ToArray(), output, out _, out int count);
            _pending.RemoveRange(0, whole);
            _decoded = output[..count];
            foreach (byte value in _decoded)
            {
                _crc ^= (uint)value << 16;
                for (int bit = 0; bit < 8; bit++) _crc = (_crc & 0x800000) != 0 ? (_crc << 1) ^ 0x864CFB : _crc << 1;
            }
        }
    }
}
