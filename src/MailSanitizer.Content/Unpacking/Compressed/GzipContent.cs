using System.IO.Hashing;
using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Unpacking.Compressed;

/// <summary>The content of a gzip file: its members one behind the other, as gzip itself reads them. Length and CRC-32 of each are compared.</summary>
internal sealed class GzipContent(PartBytes bytes, GzipMember first, bool firstOnly) : ForwardStream
{
    private readonly Crc32 _crc = new();
    private Stream? _source;
    private InflateStream? _inflate;
    private GzipMember? _member = first;
    private uint _length;

    /// <summary>Members read to their end.</summary>
    public int Members { get; private set; }

    /// <summary>Names that members behind the first one give.</summary>
    public List<byte[]> FurtherNames { get; } = [];

    /// <summary>What does not fit, in order.</summary>
    public List<(FindingKind Kind, string Location, string Detail)> Problems { get; } = [];

    public override int Read(Span<byte> buffer)
    {
        while (_member is not null)
        {
            if (_inflate is null)
            {
                _source = bytes.OpenRead(_member.End, bytes.Length - _member.End);
                _inflate = new InflateStream(_source);
                _length = 0;
            }

            int got = _inflate.Read(buffer);
            if (got > 0 || buffer.IsEmpty)
            {
                _crc.Append(buffer[..got]);
                _length += (uint)got;
                return got;
            }

            Conclude(_member.End + _inflate.Consumed);
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inflate?.Dispose();
            _source?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Conclude(long trailer)
    {
        Members++;
        Span<byte> sums = stackalloc byte[8];
        if (bytes.Read(trailer, sums) < 8) throw new InvalidDataException("gzip: cut before its checksum");
        uint crc = _crc.GetCurrentHashAsUInt32();
        _crc.Reset();
        if (Le.U32(sums, 0) != crc) Problems.Add((ArchiveFindings.ChecksumMismatch, $"offset {trailer}", "the checksum does not fit the content"));
        if (Le.U32(sums, 4) != _length) Problems.Add((ArchiveFindings.SizeMismatch, $"offset {trailer + 4}", $"declares {Le.U32(sums, 4)} bytes, holds {_length}"));
        _inflate!.Dispose();
        _source!.Dispose();
        _inflate = null;
        long next = trailer + 8;
        _member = firstOnly ? null : GzipMember.Read(bytes, next);
        if (_member?.Name is { Length: > 0 } name && FurtherNames.Count < 16) FurtherNames.Add(name);
        if (_member is null && !firstOnly && Extra.Find(bytes, next) is { } extra) Problems.Add((ArchiveFindings.ExtraBytes, $"offset {extra}", "data behind the compressed stream"));
    }
}
