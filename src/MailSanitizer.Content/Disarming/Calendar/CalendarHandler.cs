using System.Buffers;
using System.Text;
using MailSanitizer.Content.Formats.ContentLines;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Content.Disarming.Calendar;

/// <summary>iCalendar, vCalendar and vCard: lines that act are cut out, all others stay byte for byte; files inside lines are walked and written back when they change.</summary>
public sealed class CalendarHandler : IPartHandler
{
    private const int LineLength = 75;
    private static readonly SearchValues<char> LinkEnds = SearchValues.Create(" \t\"<>\\");

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["ics", "vcf"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (Text(part, context.Limits) is not { } text)
        {
            context.Report(CalendarFindings.OverLimit, "", $"more than {context.Limits.CalendarBytes} bytes");
            return;
        }

        CalendarJudge judge = new(context.Limits);
        int count = 0;
        bool stopped = false;
        foreach (ContentLine line in ContentLines.Read(text.Content, context.Limits.CalendarLines + 1))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (++count > context.Limits.CalendarLines)
            {
                context.Report(CalendarFindings.OverLimit, "", $"more than {context.Limits.CalendarLines} lines");
                break;
            }

            foreach (CalendarMark mark in judge.Judge(line)) Report(mark, text.Content, context);
            if (CalendarJudge.FileIn(line, out bool damaged) is { } file && !stopped) stopped = context.Child(Describe(file), new MemoryStream(file.Bytes, writable: false)) is ChildResult.Stop;
            if (damaged) context.Report(CalendarFindings.Damaged, line.Name);
            Links(line, context);
        }

        foreach (CalendarMark mark in judge.Finish(text.Content.Length)) Report(mark, text.Content, context);
        if (judge.Method is not ("REPLY" or "COUNTER" or "REFRESH") && Sender(part, context.Limits) is { } sender)
        {
            foreach (string organizer in judge.Organizers.Where(organizer => !organizer.Equals(sender, StringComparison.OrdinalIgnoreCase))) context.Report(CalendarFindings.ForeignOrganizer, "ORGANIZER", organizer);
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        if (Text(part, context.Limits) is not { } text) return RebuildOutcome.Failed(CalendarFindings.OverLimit.Id);
        CalendarJudge judge = new(context.Limits);
        List<(int Start, int End, string New)> cuts = [];
        int count = 0;
        void Cut(CalendarMark mark)
        {
            if (!context.Removes(mark.Kind)) return;
            cuts.Add((mark.Start, mark.End, ""));
            context.Done(mark.Kind, mark.Location, "removed");
        }

        foreach (ContentLine line in ContentLines.Read(text.Content, context.Limits.CalendarLines + 1))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (++count > context.Limits.CalendarLines) return RebuildOutcome.Failed(CalendarFindings.OverLimit.Id);
            foreach (CalendarMark mark in judge.Judge(line)) Cut(mark);
            if (CalendarJudge.FileIn(line, out bool damaged) is { } file)
            {
                ChildDecision decision = context.Child(Describe(file), () => new MemoryStream(file.Bytes, writable: false));
                if (decision.Kind is ChildDecisionKind.Strip) cuts.Add((line.Start, line.End, ""));
                else if (decision.Kind is ChildDecisionKind.Replace) cuts.Add((line.Start, line.End, Written(line, decision)));
            }

            if (damaged) Cut(new CalendarMark(CalendarFindings.Damaged, line.Name, "", line.Start, line.End));
        }

        foreach (CalendarMark mark in judge.Finish(text.Content.Length)) Cut(mark);
        if (cuts.Count == 0) return RebuildOutcome.Unchanged;

        // A line inside an alarm that goes lies inside its range: the wider range comes first and takes it along.
        int done = 0;
        foreach ((int start, int end, string with) in cuts.OrderBy(cut => cut.Start).ThenByDescending(cut => cut.End))
        {
            if (start < done) continue;
            output.Copy(text.Offset(done), text.Offset(start) - text.Offset(done));
            output.Write(text.Encode(with));
            done = end;
        }

        output.Copy(text.Offset(done), part.Bytes.Length - text.Offset(done));
        return RebuildOutcome.Rewritten;
    }

    private static ChildDescription Describe(CalendarFile file) =>
        new(file.Name.Length > 0 ? [new PartName("parameter", file.Name)] : []) { DeclaredType = file.Type, PackedSize = file.Line.End - file.Line.Start };

    // The property and what kind of file it is stay; the encoding is ours.
    private static string Written(ContentLine line, ChildDecision decision)
    {
        using MemoryStream bytes = new();
        using (Stream content = decision.Content!.OpenRead()) content.CopyTo(bytes);
        string type = decision.MediaType ?? line.Parameter("FMTTYPE") ?? "";
        string head = line.Name + (type.Length > 0 && !type.AsSpan().ContainsAny(";:\"") ? ";FMTTYPE=" + type : "") + ";ENCODING=BASE64;VALUE=BINARY:";
        string all = head + Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length);
        StringBuilder folded = new(all.Length + (all.Length / LineLength * 3) + 2);
        for (int at = 0; at < all.Length; at += LineLength - 1) folded.Append(at == 0 ? "" : " ").Append(all, at, Math.Min(LineLength - 1, all.Length - at)).Append("\r\n");
        return folded.ToString();
    }

    private static void Report(CalendarMark mark, string text, IWalkContext context) =>
        context.Report(mark.Kind, mark.Location, mark.Detail, Encoding.Latin1.GetBytes(text, mark.Start, mark.End - mark.Start));

    // Links are written out in every text of a calendar.
    private static void Links(ContentLine line, IWalkContext context)
    {
        string value = line.Value;
        for (int at = 0; (at = value.IndexOf("http", at, StringComparison.OrdinalIgnoreCase)) >= 0; at += 4)
        {
            if (!value.AsSpan(at).StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !value.AsSpan(at).StartsWith("https://", StringComparison.OrdinalIgnoreCase)) continue;
            int end = value.AsSpan(at).IndexOfAny(LinkEnds);
            context.Link(end < 0 ? value[at..] : value.Substring(at, end), "calendar");
        }
    }

    // From of the message around it. Whether that From is true is for the rules to ask.
    private static string? Sender(Part part, Limits limits)
    {
        for (Part? above = part.Parent; above is not null; above = above.Parent)
        {
            if (above.Format != PartFormats.Message) continue;
            using Stream message = above.Bytes.OpenRead();
            return HeaderBlock.Read(message, limits).First("From") is { } from && AddressList.Read(from.RawValue.Span, limits).Addresses is [var one, ..] ? one.Address : null;
        }

        return null;
    }

    private static CalendarText? Text(Part part, Limits limits) => part.Bytes.ToArray(limits.CalendarBytes) is { } bytes ? new CalendarText(bytes) : null;

    /// <summary>The bytes as characters, one each; two bytes are one character in UTF-16 (what stands outside Latin-1 is of no interest here).</summary>
    private sealed class CalendarText
    {
        private readonly Encoding _encoding;
        private readonly int _unit = 1;

        public CalendarText(byte[] bytes)
        {
            bool little = bytes.Length > 1 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] != 0 && bytes[1] == 0));
            bool big = bytes.Length > 1 && ((bytes[0] == 0xFE && bytes[1] == 0xFF) || (bytes[0] == 0 && bytes[1] != 0));
            _encoding = little ? Encoding.Unicode : big ? Encoding.BigEndianUnicode : Encoding.Latin1;
            if (little || big) _unit = 2;
            StringBuilder content = new(bytes.Length / _unit);
            for (int at = 0; at + _unit <= bytes.Length; at += _unit)
                content.Append(_unit == 1 ? (char)bytes[at] : little ? (char)(bytes[at] | (bytes[at + 1] << 8)) : (char)(bytes[at + 1] | (bytes[at] << 8)));
            Content = content.ToString();
        }

        public string Content { get; }

        public long Offset(int place) => (long)place * _unit;

        public byte[] Encode(string text) => _encoding.GetBytes(text);
    }
}
