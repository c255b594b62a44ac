namespace MailSanitizer.Content.Disarming.Calendar;

/// <summary>What can act in an iCalendar (RFC 5545, 7986) or vCard (RFC 2426, 6350) file.</summary>
public static class CalendarFindings
{
    /// <summary>A file written into an ATTACH.</summary>
    public static readonly FindingKind InlineFile = new("calendar-inline-file", FindingClass.Active, "A file inside a calendar entry");

    /// <summary>An ATTACH that is loaded from elsewhere.</summary>
    public static readonly FindingKind LinkedFile = new("calendar-linked-file", FindingClass.Active, "A calendar entry that loads a file from elsewhere");

    /// <summary>An IMAGE (RFC 7986 5.10).</summary>
    public static readonly FindingKind Image = new("calendar-image", FindingClass.Active, "A picture that a calendar entry loads");

    /// <summary>A CONFERENCE (RFC 7986 5.11).</summary>
    public static readonly FindingKind Conference = new("calendar-conference", FindingClass.Active, "A conference that a calendar joins by a click");

    /// <summary>An HTML form of a description: STYLED-DESCRIPTION (RFC 9073 6.5), X-ALT-DESC, an ALTREP parameter.</summary>
    public static readonly FindingKind Html = new("calendar-html", FindingClass.Active, "A calendar text in HTML");

    /// <summary>A SOURCE from which the whole is loaded again and again (RFC 7986 5.8, RFC 6350 6.1.3).</summary>
    public static readonly FindingKind Source = new("calendar-source", FindingClass.Active, "A calendar or card that reloads itself from elsewhere");

    /// <summary>An alarm that runs a program (RFC 2445 4.8.6.1) or sends mail.</summary>
    public static readonly FindingKind Alarm = new("calendar-alarm", FindingClass.Active, "An alarm that runs a program or sends mail");

    /// <summary>An extension property that holds a script or a URL that acts.</summary>
    public static readonly FindingKind Script = new("calendar-script", FindingClass.Active, "An extension that holds a script");

    /// <summary>A URL in any other property that is neither web nor mail nor telephone.</summary>
    public static readonly FindingKind ActiveUrl = new("calendar-active-url", FindingClass.Active, "A URL that opens a program, file or share");

    /// <summary>A recurrence that no calendar needs and that some cannot compute.</summary>
    public static readonly FindingKind Recurrence = new("calendar-recurrence", FindingClass.Active, "A recurrence of too many dates");

    /// <summary>A picture, sound or key of a card that is loaded from elsewhere.</summary>
    public static readonly FindingKind CardLink = new("card-linked-file", FindingClass.Active, "A card that loads a picture, sound or key from elsewhere");

    /// <summary>An inline value that is no base64 or no file.</summary>
    public static readonly FindingKind Damaged = new("calendar-damaged-file", FindingClass.Active, "An inline file that cannot be decoded");

    /// <summary>An ORGANIZER who is not whom the message says it is from.</summary>
    public static readonly FindingKind ForeignOrganizer = new("calendar-foreign-organizer", FindingClass.Note, "An invitation whose organizer is not the sender");

    /// <summary>Longer than the limits.</summary>
    public static readonly FindingKind OverLimit = new("calendar-over-limit", FindingClass.Limit, "More lines than the limit, or a longer one");
}
