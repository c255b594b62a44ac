using System.Text;

namespace MailSanitizer.Content.Mime;

/// <summary>Writes a message anew: asks for each child, then splices. Bytes that no change concerns are copied as ranges.</summary>
internal sealed class MimeRebuild
{
    private static readonly string[] SignatureTypes = ["application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"];
    private readonly IRebuildContext _context;
    private readonly PartBytes _message;
    private readonly MimeStructure _structure;
    private readonly string _lineEnd;
    private readonly Dictionary<MimeEntity, NewLeaf> _replaced = [];
    private readonly HashSet<MimeEntity> _stripped = [];
    private readonly HashSet<MimeEntity> _headers = [];
    private readonly HashSet<MimeEntity> _closed = [];
    private readonly List<(long Start, long End)> _removed = [];
    private readonly Dictionary<MimeEntity, MimeChild> _leaves = [];

    public MimeRebuild(Part part, IRebuildContext context)
    {
        _context = context;
        _message = part.Bytes;
        _structure = MimeStructure.Read(part.Bytes, context.Limits, context.Cancellation);
        _lineEnd = LineEnd(part.Bytes);
    }

    private sealed record NewLeaf(PartBytes Content, string? Name, string? MediaType)
    {
        public string? Charset { get; init; }

        /// <summary>The header is written anew even if it would say the same.</summary>
        public bool FrameToo { get; init; }
    }

    public RebuildOutcome Write(IPartOutput output)
    {
        HashSet<MimeEntity> again = [];
        foreach (MimeChild child in new MimeChildren(_message, _structure, _context.Limits, _context.Cancellation).List())
        {
            ChildDecision decision = _context.Child(child.Description, child.Open);
            if (child.Role is MimeRole.Leaf) _leaves[child.Entity] = child;
            if (decision.Kind is ChildDecisionKind.Keep) continue;
            switch (child.Role)
            {
                case MimeRole.Leaf when decision.Kind is ChildDecisionKind.Strip:
                    _stripped.Add(child.Entity);
                    break;
                case MimeRole.Leaf:
                    _replaced[child.Entity] = new NewLeaf(decision.Content!, decision.Name, decision.MediaType);
                    break;
                case MimeRole.Preamble:
                    _removed.Add((child.Entity.BodyStart, child.Entity.PreambleEnd));
                    break;
                case MimeRole.Epilogue:
                    _removed.Add((child.Entity.EpilogueStart, child.Entity.BodyEnd));
                    break;
                case MimeRole.Reading when child.Entity.IsAlternative || child.Entity.IsMultipart:
                    // Two structures of one message: no way of writing it keeps one and loses the other for sure.
                    return RebuildOutcome.Failed("a second reading of the structure at " + child.Entity.Index);
                default:
                    again.Add(child.Entity);
                    break;
            }
        }

        foreach (MimeEntity entity in again)
        {
            if (_stripped.Contains(entity) || _replaced.ContainsKey(entity)) continue;
            if (Again(entity) is not { } content) return RebuildOutcome.Failed("too large to be encoded anew: " + entity.Index);
            _replaced.Add(entity, new NewLeaf(content, null, null) { FrameToo = true });
        }

        Structure();
        Banners();
        Signatures();
        KeepOnePart();
        if (_replaced.Count == 0 && _stripped.Count == 0 && _headers.Count == 0 && _closed.Count == 0 && _removed.Count == 0) return RebuildOutcome.Unchanged;
        Splice(output);
        return RebuildOutcome.Rewritten;
    }

    // Findings on multiparts that are to go: their header, or the final boundary they lack.
    private void Structure()
    {
        foreach (MimeEntity entity in Multiparts())
        {
            foreach (ChildFinding finding in entity.Findings)
            {
                if (finding.Kind.Class is not FindingClass.Active || !_context.Removes(finding.Kind)) continue;
                if (finding.Kind == MimeFindings.Unclosed) _closed.Add(entity);
                else _headers.Add(entity);
                _context.Done(finding.Kind, entity.Index, "written-anew");
            }
        }
    }

    private void Banners()
    {
        if (_context is not IMessageRebuildContext { Banners: { Count: > 0 } banners }) return;
        HashSet<string> done = new(StringComparer.Ordinal);
        foreach ((MimeEntity entity, MimeChild child) in _leaves)
        {
            // Signed mail is annotated in its header only: a banner would break the signature.
            bool takes = child.Description.IsBody && entity.Type is "text/plain" or "text/html" && entity.Signed is null && !_stripped.Contains(entity);
            if (!takes || !done.Add(entity.Type)) continue;
            NewLeaf? replaced = _replaced.GetValueOrDefault(entity);
            byte[]? content = replaced?.Content is { } already ? already.ToArray(_context.Limits.MimeText * 2L) : child.Decoded;
            if (content is null) continue;
            if (content.AsSpan().IndexOf("-----BEGIN PGP SIGNED MESSAGE-----"u8) >= 0) continue;
            string? charset = replaced?.MediaType is { } type && type.Contains("charset=utf-8", StringComparison.OrdinalIgnoreCase) ? "utf-8" : child.Description.DeclaredCharset;
            if (MimeBanner.Apply(content, charset, entity.Type == "text/html", banners, _lineEnd) is not { } made) continue;
            _replaced[entity] = new NewLeaf(new MemoryPartBytes(made.Content), replaced?.Name, replaced?.MediaType) { Charset = made.Charset };
            (_context as IMessageRebuildContext)!.Changed(entity.Index, "annotated", entity.Type);
        }
    }

    // What a signature covers changed: the signature would only be a false alarm, or worse, a reason to believe. It goes, and the multipart is a plain one.
    private void Signatures()
    {
        HashSet<MimeEntity> touched = [.. _replaced.Keys, .. _stripped, .. _headers, .. _closed];
        HashSet<MimeEntity> off = [];
        foreach (MimeEntity entity in touched)
            for (MimeEntity? at = entity; at is not null; at = at.Parent)
                if (at.IsMultipart && at.Type == "multipart/signed") off.Add(at);
        foreach (MimeEntity signed in off)
        {
            _headers.Add(signed);
            foreach (MimeEntity child in signed.Children.Skip(1))
                if (SignatureTypes.Contains(child.Type) && !_replaced.ContainsKey(child)) _stripped.Add(child);
            _context.Done(MimeFindings.SignatureTakenOff, signed.Index, "taken-off");
        }
    }

    // A multipart holds at least one part (RFC 2046 5.1): the first of those that all go leaves an empty text behind.
    private void KeepOnePart()
    {
        foreach (MimeEntity entity in Multiparts())
            if (entity.Children.Count > 0 && entity.Children.All(_stripped.Contains)) Empty(entity.Children[0]);
        if (_stripped.Contains(_structure.Root)) Empty(_structure.Root);

        void Empty(MimeEntity entity)
        {
            _stripped.Remove(entity);
            _replaced[entity] = new NewLeaf(new MemoryPartBytes(default), "", "text/plain; charset=us-ascii");
        }
    }

    private IEnumerable<MimeEntity> Multiparts()
    {
        Stack<MimeEntity> left = new([_structure.Root]);
        while (left.TryPop(out MimeEntity? entity))
        {
            if (entity.IsMultipart) yield return entity;
            foreach (MimeEntity child in entity.Children) left.Push(child);
        }
    }

    private void Splice(IPartOutput output)
    {
        List<(long Start, long End, int Order, Action Write)> edits = [];
        foreach (MimeEntity entity in _stripped) edits.Add((entity.DelimiterStart, entity.End, 0, static () => { }));
        foreach ((long start, long end) in _removed) edits.Add((start, end, 0, static () => { }));
        foreach (MimeEntity entity in _headers)
            edits.Add((entity.Start, entity.BodyStart, 0, () => MimeHeaderWriter.Write(entity, OfMultipart(entity), _lineEnd, output)));
        foreach (MimeEntity entity in _closed)
        {
            // Inner ones first where several end at one place.
            edits.Add((entity.BodyEnd, entity.BodyEnd, 1_000_000 - Depth(entity), () => Close(entity, output)));
        }

        foreach ((MimeEntity entity, NewLeaf leaf) in _replaced) Leaf(entity, leaf, output, edits);
        long at = 0;
        foreach ((long start, long end, int _, Action write) in edits.OrderBy(edit => edit.Start).ThenBy(edit => edit.Order).ThenBy(edit => edit.End))
        {
            if (start < at) continue;
            if (start > at) output.Copy(at, start - at);
            write();
            at = end;
        }

        if (at < _message.Length) output.Copy(at, _message.Length - at);
    }

    private static int Depth(MimeEntity entity)
    {
        int depth = 0;
        for (MimeEntity? at = entity.Parent; at is not null; at = at.Parent) depth++;
        return depth;
    }

    private void Close(MimeEntity entity, IPartOutput output)
    {
        string boundary = Encoding.Latin1.GetString(entity.Boundary!);
        StringBuilder text = new();
        if (entity.Children.Count == 0) text.Append(_lineEnd).Append("--").Append(boundary).Append(_lineEnd).Append(_lineEnd);
        text.Append(_lineEnd).Append("--").Append(boundary).Append("--");
        if (entity.BodyEnd == entity.End) text.Append(_lineEnd);
        output.Write(Encoding.Latin1.GetBytes(text.ToString()));
    }

    private void Leaf(MimeEntity entity, NewLeaf leaf, IPartOutput output, List<(long Start, long End, int Order, Action Write)> edits)
    {
        PartBytes content = leaf.Content;
        (string type, List<KeyValuePair<string, string>> parameters) = TypeOf(entity, leaf);
        bool isText = type.StartsWith("text/", StringComparison.Ordinal);
        bool wasEightBit = MimeEncoder.Inspect(new RangePartBytes(_message, entity.BodyStart, entity.BodyEnd - entity.BodyStart), _lineEnd).IsEightBit;
        MimeEncoding old = entity.Encoding;
        MimeEncoding encoding = type.StartsWith("message/", StringComparison.Ordinal) && old is MimeEncoding.Identity
            ? MimeEncoding.Identity
            : MimeEncoder.Choose(content, old, wasEightBit, isText, _lineEnd);
        if (type.StartsWith("message/", StringComparison.Ordinal) && old is not MimeEncoding.Identity)
        {
            // RFC 2046 5.2.1: no encoding around a message. Where its bytes cannot go without, base64 stays, as Exchange writes it.
            (bool plain, bool eightBit, _) = MimeEncoder.Inspect(content, _lineEnd);
            encoding = plain && !eightBit ? MimeEncoding.Identity : MimeEncoding.Base64;
        }

        string? name = leaf.Name ?? FirstName(entity);
        bool isNotice = leaf.MediaType is not null && !leaf.MediaType.StartsWith(entity.Type, StringComparison.OrdinalIgnoreCase);
        bool anew = leaf.Name is not null || leaf.MediaType is not null || leaf.Charset is not null || encoding != old || leaf.FrameToo
            || entity.Findings.Count > 0 || _leaves[entity].Description.Findings.Count > 0 || entity.Header.End is not Formats.HeaderFields.HeaderEnd.EmptyLine
            || entity.Header.First("Content-MD5") is not null || entity.Header.First("Content-Length") is not null || entity.Disposition?.Get("size") is not null;
        if (anew)
        {
            MimeContentFields fields = new(type, parameters)
            {
                Encoding = encoding,
                EightBit = encoding is MimeEncoding.Identity && MimeEncoder.Inspect(content, _lineEnd).IsEightBit,
                Name = name,
                Disposition = name is { Length: > 0 } ? entity.Disposition?.Value is "inline" ? "inline" : "attachment" : null,
                IsNotice = isNotice,
            };
            edits.Add((entity.Start, entity.BodyStart, 0, () => MimeHeaderWriter.Write(entity, fields, _lineEnd, output)));
        }

        edits.Add((entity.BodyStart, entity.BodyEnd, 1, () =>
        {
            MimeEncoder.Write(content, encoding, _lineEnd, output);

            // An empty part has lent its line end to the boundary behind it.
            if (entity.BodyEnd == entity.End && entity.End < _message.Length) output.Write(Encoding.ASCII.GetBytes(_lineEnd));
        }));
    }

    private (string Type, List<KeyValuePair<string, string>> Parameters) TypeOf(MimeEntity entity, NewLeaf leaf)
    {
        List<KeyValuePair<string, string>> parameters = [];
        string type = entity.Type;
        if (leaf.MediaType is { } media)
        {
            Formats.HeaderFields.ParameterField parsed = Formats.HeaderFields.ParameterField.Read(Encoding.ASCII.GetBytes(media), _context.Limits);
            type = parsed.Value;
            foreach (Formats.HeaderFields.FieldParameter parameter in parsed.Parameters) Add(parameter.Name, parsed.Get(parameter.Name));
            if (type != entity.Type) return (type, Charsets(parameters, leaf));
        }

        if (entity.ContentType is { } old)
            foreach (Formats.HeaderFields.FieldParameter parameter in old.Parameters)
                if (parameter.Name is not ("name" or "boundary")) Add(parameter.Name, old.Get(parameter.Name));
        return (type, Charsets(parameters, leaf));

        void Add(string name, string? value)
        {
            bool token = name.Length is > 0 and <= 60 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');
            if (token && value is not null && parameters.All(known => known.Key != name)) parameters.Add(new(name, value));
        }
    }

    private static List<KeyValuePair<string, string>> Charsets(List<KeyValuePair<string, string>> parameters, NewLeaf leaf)
    {
        if (leaf.Charset is null) return parameters;
        parameters.RemoveAll(parameter => parameter.Key == "charset");
        parameters.Insert(0, new("charset", leaf.Charset));
        return parameters;
    }

    private MimeContentFields OfMultipart(MimeEntity entity)
    {
        bool wasSigned = entity.Type == "multipart/signed";
        List<KeyValuePair<string, string>> parameters = [new("boundary", Encoding.Latin1.GetString(entity.Boundary!))];
        if (entity.ContentType is { } type && !wasSigned)
        {
            foreach (Formats.HeaderFields.FieldParameter parameter in type.Parameters)
                if (parameter.Name is "type" or "start" or "report-type" && type.Get(parameter.Name) is { } value && parameters.All(known => known.Key != parameter.Name))
                    parameters.Add(new(parameter.Name, value));
        }

        bool eightBit = entity.Header.First("Content-Transfer-Encoding")?.Value.Trim().ToLowerInvariant() is "8bit" or "binary";
        return new MimeContentFields(wasSigned ? "multipart/mixed" : entity.Type, parameters) { EightBit = eightBit };
    }

    // The content by the main reading, for a part of which only another reading was decided on.
    private MemoryPartBytes? Again(MimeEntity entity)
    {
        using Stream stream = _leaves[entity].Open();
        byte[] buffer = new byte[Math.Min(entity.BodyEnd - entity.BodyStart, _context.Limits.PartMemory) + 1];
        int got = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return got > _context.Limits.PartMemory ? null : new MemoryPartBytes(buffer.AsMemory(0, got));
    }

    private string? FirstName(MimeEntity entity) => _leaves[entity].Description.Names is [{ } first, ..] ? first.Text : null;

    private static string LineEnd(PartBytes message)
    {
        byte[] head = new byte[2_048];
        int got = message.Read(0, head);
        int newline = head.AsSpan(0, got).IndexOf((byte)'\n');
        return newline < 0 || (newline > 0 && head[newline - 1] == '\r') ? "\r\n" : "\n";
    }
}
